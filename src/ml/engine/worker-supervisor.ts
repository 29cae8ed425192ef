/**
 * Entry of the thread that starts the helping threads and is notified when one ends. The calling thread cannot do that: it blocks while it
 * trains and receives no events. The supervisor reports an end through the queue, which wakes the calling thread at once. When it ends, its helpers end too.
 */
import { type ResourceLimits, Worker, workerData } from 'node:worker_threads';
import { WorkQueue } from './work-queue.ts';

/** What the supervisor is started with. */
export interface SupervisorData {
  readonly memory: SharedArrayBuffer;
  readonly queueAt: number;
  /** URL of the helpers' entry, and what each is started with. */
  readonly entry: string;
  readonly helpers: readonly unknown[];
  readonly limits: ResourceLimits;
}

const { memory, queueAt, entry, helpers, limits } = workerData as SupervisorData;
const queue = new WorkQueue(memory, queueAt);
for (const helper of helpers) {
  const options = { workerData: helper, name: 'candlecast-training', resourceLimits: limits };
  const worker = new Worker(new URL(entry), options);
  worker.on('error', (error: unknown) => queue.fail(error instanceof Error ? error.message : String(error)));
  worker.on('exit', (code) => {
    if (!queue.stopped) queue.fail(`The thread ended with code ${code}.`);
  });
}
