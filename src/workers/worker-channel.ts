import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { builtUrl } from '../core/build-path.ts';
import { CandlecastError } from '../core/errors.ts';
import type { FromWorker, ToWorker } from './worker-messages.ts';

/** How much of a process's standard error is kept for the error that reports its end, in characters. */
const STDERR_KEPT = 4_096;

/** Where a worker runs: `process` for code that may crash the whole process. */
export type WorkerKind = 'thread' | 'process';

/** The module to start, and its start data. */
export interface WorkerStart {
  /** Module that exports a `WorkerTask` as `task`. */
  readonly module: URL;
  readonly setup: unknown;
  /** What the worker makes, for error messages. */
  readonly noun: string;
  /** Environment of the worker: nothing else, so that no setting or secret reaches it. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Called with what a worker sends, and when it ends. */
export interface WorkerEvents {
  onMessage(message: FromWorker): void;
  /** Called once when the worker has ended, with `CC_WORKER_DIED`, also after `terminate`. */
  onEnd(error: CandlecastError): void;
}

/** A worker that has been started. */
export interface WorkerChannel {
  /** Process id of a process; undefined for a thread, or when the process could not be started. */
  readonly pid: number | undefined;
  run(name: string, request: unknown): void;
  /** Sets the flag that the running function may read. */
  cancel(): void;
  /** Whether the worker keeps this process alive; at first it does. */
  keepAlive(alive: boolean): void;
  /** Ends it at once; `onEnd` follows. Only for a worker that has sent `ready`: Node may abort the whole process when a thread is terminated during an import. */
  terminate(): void;
}

const entry = () => builtUrl('./worker-entry.js', import.meta.url);

const died = (noun: string, kind: WorkerKind, how: string, cause: unknown) =>
  new CandlecastError('CC_WORKER_DIED', `The worker ${kind} of a ${noun} ${how}.`, { cause, retryable: true });

/** Starts a worker thread. */
export function startThread({ module, setup, noun, environment }: WorkerStart, events: WorkerEvents): WorkerChannel {
  const cancel = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(entry(), { env: { ...environment } });
  let failure: unknown;
  worker.on('message', events.onMessage);
  worker.on('error', (error) => {
    failure = error;
  });
  worker.on('exit', (code) => events.onEnd(died(noun, 'thread', `ended with code ${code}`, failure)));
  const post = (message: ToWorker) => worker.postMessage(message);
  post({ kind: 'start', module: module.href, setup, cancel });
  return {
    pid: undefined,
    run(name, request) {
      Atomics.store(cancel, 0, 0);
      post({ kind: 'run', name, request });
    },
    cancel: () => void Atomics.store(cancel, 0, 1),
    keepAlive: (alive) => (alive ? worker.ref() : worker.unref()),
    terminate: () => void worker.terminate(),
  };
}

/** Starts a child process; it ends with this one, however that ends. */
export function startProcess({ module, setup, noun, environment }: WorkerStart, events: WorkerEvents): WorkerChannel {
  const child = fork(fileURLToPath(entry()), [], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: [],
    env: { ...environment },
  });
  let stderr = '';
  let ended = false;
  const end = (how: string, cause: unknown) => {
    if (ended) return;
    ended = true;
    events.onEnd(died(noun, 'process', how, cause));
  };
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_KEPT);
  });
  child.on('message', (message) => events.onMessage(message as FromWorker));
  child.on('error', (cause) => end('could not be started or reached', cause));
  child.on('close', (code, signal) =>
    end(
      signal ? `was ended by ${signal}` : `ended with code ${code}`,
      new Error(stderr.trim() || 'It wrote nothing to standard error.'),
    ),
  );
  const post = (message: ToWorker) => {
    // Sending fails when the process has ended; the event that follows gives the reason.
    child.send(message, () => {});
  };
  post({ kind: 'start', module: module.href, setup, cancel: null });
  return {
    pid: child.pid,
    run: (name, request) => post({ kind: 'run', name, request }),
    cancel: () => post({ kind: 'cancel' }),
    keepAlive: () => {},
    terminate: () => void child.kill('SIGKILL'),
  };
}
