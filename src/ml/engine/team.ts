import { Worker } from 'node:worker_threads';
import { CandlecastError } from '../../core/errors.ts';
import type { JobBoard } from './job-board.ts';

/**
 * Without a start or a finished shard for so long, a thread is taken for dead: both are a matter of milliseconds. While the calling
 * thread trains it cannot receive a thread's last words, so silence is all there is to go by.
 */
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

  /** Waits until every thread has started; throws `CC_WORKER_DIED` with the cause if one did not, or has ended by itself. */
  check(startMs = STALLED_MS): void {
    if (this.#cause === null && !this.#board.awaitJoined(this.#workers.length, startMs)) {
      throw this.#died(new Error(`It has not started within ${startMs} ms.`));
    }
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
