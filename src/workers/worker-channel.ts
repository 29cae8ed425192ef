import { type ChildProcess, fork } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { CandlecastError } from '../core/errors.ts';
import type { HeldMemory } from './held-memory.ts';
import type { FromWorker, MemoryMessage, ToWorker } from './worker-messages.ts';

/** How much of a process's standard error is kept for the error that reports its end, in characters. */
const STDERR_KEPT = 4_096;

/** The kernel ends a process with the largest value first when memory runs out: a worker before the program. */
const OOM_SCORE = '1000';

/** Lets a process that computes free its large memories at once, which V8 would keep for long; see `collectGarbage` of the engine. */
const PROCESS_FLAGS = ['--expose-gc'] as const;

/** Where a worker runs: `process` for code that may crash the whole process, or take more memory than there is. */
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
  /** Memory for new objects of a thread, MB; by default the engine's 48. */
  readonly youngMb?: number | undefined;
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
  /** Whether it may be terminated before it has sent `ready`: not a thread, since Node may abort the whole process when one is terminated during an import. */
  readonly endsAnytime: boolean;
  /** Ends it at once; `onEnd` follows. */
  terminate(): void;
}

const entry = () => builtUrl('./worker-entry.js', import.meta.url);

const died = (noun: string, kind: WorkerKind, how: string, cause: unknown, signal: string | null = null) =>
  new CandlecastError('CC_WORKER_DIED', `The worker ${kind} of a ${noun} ${how}.`, {
    cause,
    retryable: true,
    ...(signal ? { context: { signal } } : {}),
  });

/** Lets a process have the processor only when nobody else wants it: people wait for this one. */
function giveWay(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch {
    // It has ended already, or the system does not allow it; then it computes as fast as this one.
  }
}

/** Processes that are running; when this one ends, however it does, they must too. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** The nouns of running threads, by the function that asks one for its memory; it gives null where the thread ends meanwhile. */
const threads = new Map<() => Promise<HeldMemory | null>, string>();

/** Memory of every thread started here, with the noun of its work, after a garbage collection of each. */
export async function memoryOfThreads(): Promise<readonly { readonly noun: string; readonly held: HeldMemory }[]> {
  const asked = await Promise.all([...threads].map(async ([measure, noun]) => ({ noun, held: await measure() })));
  return asked.flatMap(({ noun, held }) => (held ? [{ noun, held }] : []));
}

/** Starts a worker thread. */
export function startThread(
  { module, setup, noun, environment, youngMb }: WorkerStart,
  events: WorkerEvents,
): WorkerChannel {
  const cancel = new Int32Array(new SharedArrayBuffer(4));
  const resourceLimits = youngMb === undefined ? {} : { maxYoungGenerationSizeMb: youngMb };
  const worker = new Worker(entry(), { env: { ...environment }, execArgv: [], resourceLimits });
  let failure: unknown;
  const measuring: ((memory: HeldMemory | null) => void)[] = [];
  worker.on('message', (message: FromWorker | MemoryMessage) => {
    if (message.kind === 'memory') measuring.shift()?.(message.memory);
    else events.onMessage(message);
  });
  worker.on('error', (error) => {
    failure = error;
  });
  const post = (message: ToWorker) => worker.postMessage(message);
  const measure = () =>
    new Promise<HeldMemory | null>((resolve) => {
      measuring.push(resolve);
      post({ kind: 'measure' });
    });
  threads.set(measure, noun);
  worker.on('exit', (code) => {
    threads.delete(measure);
    for (const resolve of measuring.splice(0)) resolve(null);
    events.onEnd(died(noun, 'thread', `ended with code ${code}`, failure));
  });
  post({ kind: 'start', module: module.href, setup, cancel });
  return {
    pid: undefined,
    run(name, request) {
      Atomics.store(cancel, 0, 0);
      post({ kind: 'run', name, request });
    },
    cancel: () => void Atomics.store(cancel, 0, 1),
    keepAlive: (alive) => (alive ? worker.ref() : worker.unref()),
    endsAnytime: false,
    terminate: () => void worker.terminate(),
  };
}

/**
 * Starts a child process; it ends with this one, however that ends. It computes with what this one leaves of the processor, and where memory runs
 * out, the kernel ends it first.
 */
export function startProcess({ module, setup, noun, environment }: WorkerStart, events: WorkerEvents): WorkerChannel {
  // The name is for whoever looks at the list of processes.
  const child = fork(fileURLToPath(entry()), [noun], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: [...PROCESS_FLAGS],
    env: { ...environment },
  });
  running.add(child);
  if (child.pid !== undefined) giveWay(child.pid);
  // Only Linux has the file; elsewhere the system chooses.
  if (child.pid !== undefined) writeFile(`/proc/${child.pid}/oom_score_adj`, OOM_SCORE).catch(() => undefined);
  let stderr = '';
  let ended = false;
  const end = (how: string, cause: unknown, signal: string | null = null) => {
    running.delete(child);
    if (ended) return;
    ended = true;
    events.onEnd(died(noun, 'process', how, cause, signal));
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
      signal,
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
    endsAnytime: true,
    terminate: () => void child.kill('SIGKILL'),
  };
}

/**
 * URL of something the build makes (a worker's JavaScript, a `.wasm`), named relative to the calling module.
 * From `dist/` it is a sibling file. Tests run the sources themselves, and worker threads cannot load
 * TypeScript on Node 20; there the same path under `dist/` is meant, so tests need a build first (`npm test` makes it).
 */
export function builtUrl(relative: string, moduleUrl: string): URL {
  const neighbour = new URL(relative, moduleUrl);
  if (!moduleUrl.endsWith('.ts')) return neighbour;
  const at = neighbour.pathname.lastIndexOf('/src/');
  neighbour.pathname = `${neighbour.pathname.slice(0, at)}/dist/${neighbour.pathname.slice(at + 5)}`;
  return neighbour;
}
