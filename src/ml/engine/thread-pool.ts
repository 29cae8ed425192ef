import { once } from 'node:events';
import { type ResourceLimits, Worker } from 'node:worker_threads';
import { CandlecastError } from '../../core/errors.ts';
import { builtUrl } from '../../workers/worker-channel.ts';
import type { WorkQueue } from './work-queue.ts';
import type { SupervisorData } from './worker-supervisor.ts';

/**
 * Time without a started thread or a finished shard after which threads are taken to hang; both usually take milliseconds. A thread that ends
 * is reported by the supervisor at once.
 */
const STALLED_MS = 30_000;

/** The threads that run shards beside the calling one. A supervisor thread starts them and reports when one ends. */
export class ThreadPool {
  readonly #queue: WorkQueue;
  readonly #size: number;
  readonly #supervisor: Worker | null;
  #cause: unknown = null;
  #stopped = false;
  #gone = false;

  /** `limits` bounds each helper's memory; V8's defaults without it. */
  constructor(queue: WorkQueue, entry: URL, helpers: readonly unknown[], limits: ResourceLimits = {}) {
    this.#queue = queue;
    this.#size = helpers.length;
    if (helpers.length === 0) {
      this.#supervisor = null;
      return;
    }
    const workerData: SupervisorData = { memory: queue.memory, queueAt: queue.at, entry: entry.href, helpers, limits };
    const supervisor = new Worker(builtUrl('./worker-supervisor.js', import.meta.url), {
      workerData,
      name: 'candlecast-supervisor',
    });
    supervisor.unref();
    supervisor.on('error', (error) => {
      this.#cause ??= error;
    });
    supervisor.on('exit', (code) => {
      this.#gone = true;
      if (!this.#stopped) this.#cause ??= new Error(`The thread ended with code ${code}.`);
    });
    this.#supervisor = supervisor;
  }

  /** Waits until every thread has started; throws `CC_WORKER_DIED` with the cause if one did not, or has ended by itself. */
  check(startMs = STALLED_MS): void {
    // First what a helper reported: it says more than the supervisor's own end, which follows.
    this.#throwFailure();
    if (this.#cause !== null) throw this.#died(this.#cause);
    const started = this.#queue.awaitStarted(this.#size, startMs);
    this.#throwFailure();
    if (!started) throw this.#died(new Error(`It has not started within ${startMs} ms.`));
  }

  /** Waits for the shards that other threads have claimed; throws `CC_WORKER_DIED` when one of them ends or they do not come. */
  await(shards: number, stalledMs = STALLED_MS): void {
    const finished = this.#queue.awaitCompletion(shards, stalledMs);
    this.#throwFailure();
    if (!finished) throw this.#died(new Error(`A thread has not finished its shard within ${stalledMs} ms.`));
  }

  /** Tells the threads to end, without waiting for them. */
  stop(): void {
    this.#stopped = true;
    this.#queue.stop();
  }

  /**
   * Tells the threads to end and waits until they are gone. They end by themselves, also one that is still starting: Node may abort when a
   * thread is terminated while it imports its module. Only a thread that has not ended after `stalledMs` is terminated.
   */
  async close(stalledMs = STALLED_MS): Promise<void> {
    this.stop();
    const supervisor = this.#supervisor;
    if (!supervisor || this.#gone) return;
    supervisor.ref();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, stalledMs);
    });
    await Promise.race([once(supervisor, 'exit'), late]);
    clearTimeout(timer);
    await supervisor.terminate();
  }

  #throwFailure(): void {
    const reported = this.#queue.failure();
    if (reported !== null && !this.#stopped) throw this.#died(new Error(reported));
  }

  #died(cause: unknown): CandlecastError {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new CandlecastError('CC_WORKER_DIED', `A training thread ended unexpectedly: ${reason}`, { cause });
  }
}
