import { type ResourceLimits, Worker } from 'node:worker_threads';
import { builtUrl } from '../../core/build-path.ts';
import { CandlecastError } from '../../core/errors.ts';
import type { JobBoard } from './job-board.ts';
import type { WardenData } from './team-warden.ts';

/**
 * Without a start or a finished shard for so long, a thread is taken for dead: both are a matter of milliseconds. Only threads that hang are
 * found out this way; one that ends is reported by the warden at once.
 */
const STALLED_MS = 30_000;

/** The threads that help the calling one, from start to stop; a warden's thread starts them and hears of their ends. */
export class Team {
  readonly #board: JobBoard;
  readonly #size: number;
  readonly #warden: Worker | null;
  #cause: unknown = null;
  #stopped = false;

  /** `limits` bounds each helper's memory; V8's defaults without it. */
  constructor(board: JobBoard, entry: URL, helpers: readonly unknown[], limits: ResourceLimits = {}) {
    this.#board = board;
    this.#size = helpers.length;
    if (helpers.length === 0) {
      this.#warden = null;
      return;
    }
    const workerData: WardenData = { memory: board.memory, boardAt: board.at, entry: entry.href, helpers, limits };
    const warden = new Worker(builtUrl('./team-warden.js', import.meta.url), { workerData, name: 'candlecast-warden' });
    warden.unref();
    warden.on('error', (error) => {
      this.#cause ??= error;
    });
    warden.on('exit', (code) => {
      if (!this.#stopped) this.#cause ??= new Error(`The thread ended with code ${code}.`);
    });
    this.#warden = warden;
  }

  /** Waits until every thread has started; throws `CC_WORKER_DIED` with the cause if one did not, or has ended by itself. */
  check(startMs = STALLED_MS): void {
    // First what a helper said: the warden's own end, which follows, tells less.
    this.#throwFailure();
    if (this.#cause !== null) throw this.#died(this.#cause);
    const started = this.#board.awaitJoined(this.#size, startMs);
    this.#throwFailure();
    if (!started) throw this.#died(new Error(`It has not started within ${startMs} ms.`));
  }

  /** Waits for the shards that other threads have claimed; throws `CC_WORKER_DIED` when one of them ends or they do not come. */
  await(shards: number, stalledMs = STALLED_MS): void {
    const finished = this.#board.awaitCompletion(shards, stalledMs);
    this.#throwFailure();
    if (!finished) throw this.#died(new Error(`A thread has not finished its shard within ${stalledMs} ms.`));
  }

  /** Tells the threads to end, without waiting for them. */
  stop(): void {
    this.#stopped = true;
    this.#board.stop();
  }

  /** Ends the threads and waits until they are gone. */
  async close(): Promise<void> {
    this.stop();
    await this.#warden?.terminate();
  }

  #throwFailure(): void {
    const reported = this.#board.failure();
    if (reported !== null && !this.#stopped) throw this.#died(new Error(reported));
  }

  #died(cause: unknown): CandlecastError {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new CandlecastError('CC_WORKER_DIED', `A training thread ended unexpectedly: ${reason}`, { cause });
  }
}
