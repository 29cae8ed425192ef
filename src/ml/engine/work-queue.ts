import { QUEUE_BYTES, ROUND } from './memory-layout.ts';

/** What a round of shards computes: gradients or forecasts. */
export type JobMode = 'train' | 'predict';

/** One round of shards: up to 16 shards of 32 windows. */
export interface Job {
  readonly mode: JobMode;
  readonly shards: number;
  /** Windows of the round. */
  readonly windows: number;
  /** Place of the round's first shard within its batch. */
  readonly firstShard: number;
  /** Batches done before this one; part of the dropout's seed. */
  readonly step: number;
  /** Whether dropout is on. */
  readonly dropout: boolean;
  readonly scale: number;
  readonly auxiliaryScale: number;
}

const TICKET = 0;
const COMPLETED = 1;
const STOPPED = 2;
const FAILED = 3;
const STARTED = 4;
const FIELDS = 8;
const SPINS = 20_000;
const NUMBERS_AT = 128;
const LOSSES_AT = 256;
const ERROR_AT = 1024;

/**
 * A queue of shards in shared memory, from which threads take their work.
 *
 * One word, the ticket, holds the number of the round (high 24 bits) and how many of its shards are still unclaimed (low 8).
 * A thread claims a shard by lowering it with compare-and-exchange, so no round waits for a thread that has not started or is delayed:
 * the others, the calling thread among them, run its shards. An idle thread spins for some microseconds and then sleeps. The result
 * does not depend on which thread ran a shard.
 */
export class WorkQueue {
  readonly memory: SharedArrayBuffer;
  /** Address of the queue in the memory. */
  readonly at: number;
  readonly #ints: Int32Array;
  readonly #numbers: Float64Array;
  readonly #losses: Float64Array;
  readonly #error: Uint8Array;

  constructor(memory: SharedArrayBuffer, at: number) {
    this.memory = memory;
    this.at = at;
    this.#ints = new Int32Array(memory, at, 32);
    this.#numbers = new Float64Array(memory, at + NUMBERS_AT, 2);
    this.#losses = new Float64Array(memory, at + LOSSES_AT, ROUND);
    this.#error = new Uint8Array(memory, at + ERROR_AT, QUEUE_BYTES - ERROR_AT);
  }

  /** Offers a round to all threads. Only the calling thread does this, and only when the last round is completed. */
  publish(job: Job): void {
    const ints = this.#ints;
    ints.set(
      [job.mode === 'train' ? 1 : 0, job.shards, job.windows, job.firstShard, job.step, job.dropout ? 1 : 0],
      FIELDS,
    );
    this.#numbers.set([job.scale, job.auxiliaryScale]);
    Atomics.store(ints, COMPLETED, 0);
    this.#startRound(job.shards);
  }

  /** Claims a shard of the current round; null when none is left. */
  claim(): { readonly job: Job; readonly shard: number } | null {
    const ints = this.#ints;
    for (;;) {
      const ticket = Atomics.load(ints, TICKET);
      const left = ticket & 0xff;
      if (left === 0) return null;
      if (Atomics.compareExchange(ints, TICKET, ticket, ticket - 1) !== ticket) continue;
      const job = this.#job();
      return { job, shard: job.shards - left };
    }
  }

  /** Reports a claimed shard as done. */
  complete(shard: number, loss: number): void {
    this.#losses[shard] = loss;
    Atomics.add(this.#ints, COMPLETED, 1);
    Atomics.notify(this.#ints, COMPLETED);
  }

  /** Reports that a thread failed or ended; the calling thread, waiting or not, throws an error with this reason. The first report counts. */
  fail(reason: string): void {
    if (Atomics.compareExchange(this.#ints, FAILED, 0, -1) !== 0) return;
    const bytes = new TextEncoder().encode(reason).subarray(0, this.#error.length - 4);
    this.#error.set(bytes);
    Atomics.store(this.#ints, FAILED, bytes.length + 1);
    // Ends the calling thread's wait, for shards or for threads to start; it then finds the failure.
    for (const word of [COMPLETED, STARTED]) {
      Atomics.add(this.#ints, word, 1 << 20);
      Atomics.notify(this.#ints, word);
    }
  }

  /** Whether {@link stop} was called. */
  get stopped(): boolean {
    return Atomics.load(this.#ints, STOPPED) === 1;
  }

  /** What a thread reported as its failure, or null. */
  failure(): string | null {
    const length = Atomics.load(this.#ints, FAILED);
    return length > 0 ? new TextDecoder().decode(this.#error.slice(0, length - 1)) : null;
  }

  /** Sum of the shards' losses, in their order. */
  loss(shards: number): number {
    let sum = 0;
    for (let i = 0; i < shards; i++) sum += this.#losses[i]!;
    return sum;
  }

  /** Waits until `shards` shards are done or one failed. Returns false when none was finished for `stalledMs`. */
  awaitCompletion(shards: number, stalledMs: number): boolean {
    let idle = 0;
    for (;;) {
      const done = Atomics.load(this.#ints, COMPLETED);
      if (done >= shards) return true;
      if (this.#spin(COMPLETED, done)) continue;
      const outcome = Atomics.wait(this.#ints, COMPLETED, done, stalledMs / 2);
      // Two waits in a row, so that a process that was merely suspended gets its threads' answer.
      if (outcome !== 'timed-out') idle = 0;
      else if (++idle === 2) return false;
    }
  }

  /** Reports that a helping thread has started. */
  reportStarted(): void {
    Atomics.add(this.#ints, STARTED, 1);
    Atomics.notify(this.#ints, STARTED);
  }

  /** Waits until `threads` helping threads have started or one has failed; false when none starts for `timeoutMs`. */
  awaitStarted(threads: number, timeoutMs: number): boolean {
    for (;;) {
      const started = Atomics.load(this.#ints, STARTED);
      if (started >= threads) return true;
      if (Atomics.wait(this.#ints, STARTED, started, timeoutMs) === 'timed-out') return false;
    }
  }

  /** Waits for another round; false once the session has stopped. */
  awaitRound(): boolean {
    for (;;) {
      if (this.stopped) return false;
      const ticket = Atomics.load(this.#ints, TICKET);
      if ((ticket & 0xff) > 0) return true;
      if (!this.#spin(TICKET, ticket)) Atomics.wait(this.#ints, TICKET, ticket);
    }
  }

  /** Tells all threads to end. */
  stop(): void {
    Atomics.store(this.#ints, STOPPED, 1);
    this.#startRound(0);
  }

  /** Writes the next round's ticket and wakes the threads that wait for one. */
  #startRound(shards: number): void {
    const round = (Atomics.load(this.#ints, TICKET) >>> 8) + 1;
    Atomics.store(this.#ints, TICKET, (round << 8) | shards);
    Atomics.notify(this.#ints, TICKET);
  }

  #spin(word: number, value: number): boolean {
    for (let i = 0; i < SPINS; i++) if (Atomics.load(this.#ints, word) !== value) return true;
    return false;
  }

  #job(): Job {
    const [train, shards, windows, firstShard, step, dropout] = this.#ints.subarray(FIELDS);
    return {
      mode: train === 1 ? 'train' : 'predict',
      shards: shards!,
      windows: windows!,
      firstShard: firstShard!,
      step: step!,
      dropout: dropout === 1,
      scale: this.#numbers[0]!,
      auxiliaryScale: this.#numbers[1]!,
    };
  }
}
