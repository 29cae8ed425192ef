/**
 * Entry of the thread that starts the helping threads and hears of their ends. The calling thread cannot: while it trains it blocks,
 * and events wait. What the warden hears it puts on the board, which wakes the calling thread at once. Its end is the helpers' end.
 */
import { type ResourceLimits, Worker, workerData } from 'node:worker_threads';
import { JobBoard } from './job-board.ts';

/** What the warden is started with. */
export interface WardenData {
  readonly memory: SharedArrayBuffer;
  readonly boardAt: number;
  /** URL of the helpers' entry, and what each is started with. */
  readonly entry: string;
  readonly helpers: readonly unknown[];
  readonly limits: ResourceLimits;
}

const { memory, boardAt, entry, helpers, limits } = workerData as WardenData;
const board = new JobBoard(memory, boardAt);
for (const helper of helpers) {
  const options = { workerData: helper, name: 'candlecast-training', resourceLimits: limits };
  const worker = new Worker(new URL(entry), options);
  worker.on('error', (error: unknown) => board.fail(error instanceof Error ? error.message : String(error)));
  worker.on('exit', (code) => {
    if (!board.stopped) board.fail(`The thread ended with code ${code}.`);
  });
}
