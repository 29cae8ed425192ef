import { Worker } from 'node:worker_threads';
import { CandlecastError } from '../../core/errors.ts';
import type { JobBoard } from './job-board.ts';

/** Without a finished shard for so long, a thread is taken for dead: a shard is a matter of milliseconds. */
const STALLED_MS = 30_000;

/** The threads that help the calling one, from start to stop. */
export class Team {
  readonly #board: JobBoard;
  readonly #workers: Worker[];
  #cause: unknown = null;
  #stopped = false;

  constructor(board: JobBoard, entry: URL, workerData: readonly unknown[]) {
    this.#board = board;
    this.#workers = workerData.map((data) => {
      const worker = new Worker(entry, { workerData: data, name: 'candlecast-training' });
      worker.unref();
      worker.on('error', (error) => {
        this.#cause ??= error;
      });
      worker.on('exit', (code) => {
        if (!this.#stopped) this.#cause ??= new Error(`The thread ended with code ${code}.`);
      });
      return worker;
    });
  }

  /** Throws `CC_WORKER_DIED` with its cause if a thread has ended by itself. */
  check(): void {
    const reported = this.#board.failure();
    if (reported !== null) throw this.#died(new Error(reported));
    if (this.#cause !== null) throw this.#died(this.#cause);
  }

  /** Waits for the shards that other threads have claimed; throws `CC_WORKER_DIED` when they do not come. */
  await(shards: number, stalledMs = STALLED_MS): void {
    if (!this.#board.awaitCompletion(shards, stalledMs)) {
      throw this.#died(new Error(`A thread has not finished its shard within ${stalledMs} ms.`));
    }
    const reported = this.#board.failure();
    if (reported !== null) throw this.#died(new Error(reported));
  }

  /** Tells the threads to end, without waiting for them. */
  stop(): void {
    this.#stopped = true;
    this.#board.stop();
  }

  /** Ends the threads and waits until they are gone. */
  async close(): Promise<void> {
    this.stop();
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #died(cause: unknown): CandlecastError {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new CandlecastError('CC_WORKER_DIED', `A training thread ended unexpectedly: ${reason}`, { cause });
  }
}
