/**
 * Entry of every worker thread and process: imports the module named by the first message, sends `ready`, and then runs the
 * module's functions one call at a time. Errors go back as data.
 */
import { isMainThread, parentPort } from 'node:worker_threads';
import type { Clock } from '../core/time.ts';
import { heldMemory } from './held-memory.ts';
import {
  type Call,
  type FromWorker,
  type MemoryMessage,
  packError,
  type ToWorker,
  type WorkerFunctions,
  type WorkerTask,
} from './worker-messages.ts';

/** The worker's end of the channel to its starter. */
interface Channel {
  post(message: FromWorker | MemoryMessage): void;
  onMessage(handle: (message: ToWorker) => void): void;
}

/** The channel of a thread, or that of a child process, which ends when its parent does. */
function openChannel(): Channel {
  if (!isMainThread && parentPort) {
    const port = parentPort;
    return { post: (message) => port.postMessage(message), onMessage: (handle) => void port.on('message', handle) };
  }
  if (!process.send) throw new Error('This file is started by Candlecast, not by hand.');
  // When the channel has closed, there is no receiver for an answer.
  process.on('disconnect', () => process.exit());
  // Ctrl+C reaches the whole group; the parent decides whether the work goes on.
  process.on('SIGINT', () => {});
  const parent = process.ppid;
  return {
    post(message) {
      // A long computation that never returns to the event loop, which hears of a disconnection, reports its progress.
      if (process.ppid !== parent) process.exit();
      process.send?.(message);
    },
    onMessage: (handle) => void process.on('message', (message) => handle(message as ToWorker)),
  };
}

// The worker's clock is read here, as app.ts does for the main thread.
const clock: Clock = Date.now;
const channel = openChannel();
let cancel: Int32Array = new Int32Array(1);
let makeFunctions: (() => WorkerFunctions) | null = null;
let functions: WorkerFunctions | null = null;

async function start({ module, setup, cancel: shared }: ToWorker & { kind: 'start' }): Promise<void> {
  const { task } = (await import(module)) as { readonly task: WorkerTask };
  cancel = shared ?? cancel;
  makeFunctions = () => task(setup as never);
  channel.post({ kind: 'ready' });
}

async function run({ name, request }: ToWorker & { kind: 'run' }): Promise<void> {
  const call: Call<unknown> = { cancel, clock, report: (progress) => channel.post({ kind: 'progress', progress }) };
  try {
    functions ??= makeFunctions!();
    channel.post({ kind: 'answer', answer: await functions[name]!(request as never, call) });
  } catch (error) {
    channel.post({ kind: 'error', error: packError(error) });
  }
}

channel.onMessage((message) => {
  if (message.kind === 'start') void start(message);
  else if (message.kind === 'cancel') cancel[0] = 1;
  else if (message.kind === 'measure') channel.post({ kind: 'memory', memory: heldMemory() });
  else {
    if (isMainThread) cancel[0] = 0;
    void run(message);
  }
});
