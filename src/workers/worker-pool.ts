import { CandlecastError } from '../core/errors.ts';
import { startProcess, startThread, type WorkerChannel, type WorkerKind } from './worker-channel.ts';
import { type Call, type FromWorker, unpackError, type WorkerTask } from './worker-messages.ts';

/** How a pool's workers are started and how long a call may take. */
export interface WorkerPoolOptions<Task extends WorkerTask> {
  /** The argument of the task's factory, sent once to every worker. */
  readonly setup: Parameters<Task>[0];
  /** What a call makes, for error messages: "forecast". */
  readonly noun: string;
  /** Most workers at a time; one by default. Each is started when a call needs it, and again after it ended. */
  readonly workers?: number;
  readonly kind?: WorkerKind;
  /** Environment of the workers; empty by default. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Memory for new objects of each thread, MB; the engine's 48 by default. */
  readonly youngMb?: number;
  /** Whether one worker is started at once, so that the first call finds it ready. */
  readonly warm?: boolean;
  /** Calls that may wait for a worker; the next is refused with `CC_BUSY`. No limit by default. */
  readonly maxWaiting?: number;
  /** Time limit of a call, waiting included, ms. No limit by default. */
  readonly timeoutMs?: number;
  /**
   * What an aborted signal does to a call under way: `terminate` ends its worker, `cancel` sets the flag that its function reads, and
   * `abandon`, for short calls of a worker that others need, only drops the answer: the call rejects with the signal's reason.
   */
  readonly onAbort?: 'terminate' | 'cancel' | 'abandon';
  /** Code of the error after an abort by `terminate`. */
  readonly abortCode?: 'CC_STOPPING' | 'CC_TRAINING_CANCELLED';
}

type Functions<Task extends WorkerTask> = ReturnType<Task>;
type Request<Fn> = Fn extends (request: infer R, call: never) => unknown ? R : never;
type Answer<Fn> = Fn extends (request: never, call: never) => infer A ? Awaited<A> : never;
type Progress<Fn> = Fn extends (request: never, call: Call<infer P>) => unknown ? P : never;

/** Options of one call. */
export interface RunOptions<P> {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: P) => void) | undefined;
}

/** Workers that run a task's functions, each one call at a time. */
export interface WorkerPool<Task extends WorkerTask> {
  /** Process id of the first worker, if that is a process. */
  readonly pid: number | undefined;
  /**
   * Runs a function in a worker. Throws what the function throws, `CC_WORKER_DIED` when the worker ends, `CC_TIMEOUT`, `CC_BUSY`, the code
   * chosen for aborts, and `CC_STOPPING` once the pool is closed.
   */
  run<Name extends keyof Functions<Task> & string>(
    name: Name,
    request: Request<Functions<Task>[Name]>,
    options?: RunOptions<Progress<Functions<Task>[Name]>>,
  ): Promise<Answer<Functions<Task>[Name]>>;
  /** Rejects running calls and ends the workers, each once it is ready; resolves when all have ended. */
  close(): Promise<void>;
}

interface Job {
  readonly name: string;
  readonly request: unknown;
  readonly onProgress: ((progress: never) => void) | undefined;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

interface Slot {
  readonly channel: WorkerChannel;
  /** Whether the worker has imported its module. */
  ready: boolean;
  /** Whether it is to end as soon as it is ready. */
  ending: boolean;
  job: Job | null;
}

/**
 * Makes a pool of workers for the task that `module` exports. A thread is never terminated while it imports its module: Node may abort the
 * whole process then. A call that is aborted meanwhile fails at once, and the worker serves the next one.
 */
export function createWorkerPool<Task extends WorkerTask>(
  module: URL,
  options: WorkerPoolOptions<Task>,
): WorkerPool<Task> {
  const { setup, noun, workers = 1, kind = 'thread', environment = {}, youngMb, warm = false } = options;
  const {
    maxWaiting = Number.POSITIVE_INFINITY,
    timeoutMs,
    onAbort = 'terminate',
    abortCode = 'CC_STOPPING',
  } = options;
  const startWorker = kind === 'thread' ? startThread : startProcess;
  const slots = new Set<Slot>();
  const queue: Job[] = [];
  const waitingForEnd: (() => void)[] = [];
  let closed = false;

  const usable = () => [...slots].filter((slot) => !slot.ending);

  function startSlot(): void {
    const channel = startWorker(
      { module, setup, noun, environment, youngMb },
      { onMessage: (message) => onMessage(slot, message), onEnd: (error) => onEnd(slot, error) },
    );
    const slot: Slot = { channel, ready: false, ending: false, job: null };
    slots.add(slot);
  }

  function onMessage(slot: Slot, message: FromWorker): void {
    if (message.kind === 'ready') {
      slot.ready = true;
      if (slot.ending) slot.channel.terminate();
      else dispatch();
      return;
    }
    const { job } = slot;
    if (!job) return;
    if (message.kind === 'progress') {
      job.onProgress?.(message.progress as never);
      return;
    }
    slot.job = null;
    if (message.kind === 'answer') job.resolve(message.answer);
    else job.reject(unpackError(message.error));
    dispatch();
  }

  function onEnd(slot: Slot, error: CandlecastError): void {
    slots.delete(slot);
    // When a worker could not even start, the call that waited for it fails. Otherwise the next worker would be started, without end.
    const job = slot.job ?? (slot.ready || slot.ending ? undefined : queue.shift());
    job?.reject(error);
    dispatch();
    if (slots.size === 0) for (const resolve of waitingForEnd.splice(0)) resolve();
  }

  /** Gives waiting calls to idle workers, and starts workers for the rest. */
  function dispatch(): void {
    for (const slot of usable()) {
      if (!slot.ready || slot.job) continue;
      const job = queue.shift();
      // An idle worker must not keep the program from ending.
      slot.channel.keepAlive(job !== undefined);
      if (!job) continue;
      slot.job = job;
      send(slot, job);
    }
    const starting = usable().filter((slot) => !slot.ready).length;
    for (let more = queue.length - starting; more > 0 && usable().length < workers; more--) startSlot();
  }

  function send(slot: Slot, job: Job): void {
    try {
      slot.channel.run(job.name, job.request);
    } catch (error) {
      // A request that cannot be cloned fails here.
      slot.job = null;
      job.reject(error);
      dispatch();
    }
  }

  function end(slot: Slot): void {
    slot.ending = true;
    slot.channel.keepAlive(true);
    if (slot.ready || slot.channel.endsAnytime) slot.channel.terminate();
  }

  /** Withdraws a call: from the queue, or from its worker, which ends. */
  function withdraw(job: Job, error: unknown): void {
    const place = queue.indexOf(job);
    if (place >= 0) queue.splice(place, 1);
    const slot = [...slots].find((one) => one.job === job);
    job.reject(error);
    if (!slot) return;
    slot.job = null;
    end(slot);
    dispatch();
  }

  function onAborted(job: Job, reason: unknown): void {
    const slot = [...slots].find((one) => one.job === job);
    if (slot && onAbort === 'cancel') slot.channel.cancel();
    else if (slot && onAbort === 'abandon') job.reject(reason);
    else if (onAbort === 'abandon') withdraw(job, reason);
    else withdraw(job, new CandlecastError(abortCode, `The ${noun} was stopped.`));
  }

  async function run(name: string, request: unknown, { signal, onProgress }: RunOptions<never> = {}): Promise<unknown> {
    if (closed) throw new CandlecastError('CC_STOPPING', `The ${noun} was stopped.`, { retryable: true });
    if (signal?.aborted && onAbort === 'abandon') throw signal.reason;
    if (signal?.aborted) throw new CandlecastError(abortCode, `The ${noun} was stopped.`);
    const free = workers - [...slots].filter((slot) => slot.job).length;
    if (queue.length >= maxWaiting + Math.max(0, free)) {
      throw new CandlecastError('CC_BUSY', `Too many ${noun}s are waiting.`, {
        retryable: true,
        said: { key: 'errors.busyWithAll' },
      });
    }
    let timer: NodeJS.Timeout | undefined;
    let abort: (() => void) | undefined;
    let asked: Job | undefined;
    try {
      return await new Promise<unknown>((resolve, reject) => {
        const job: Job = { name, request, onProgress, resolve, reject };
        asked = job;
        if (timeoutMs !== undefined) {
          const message = `The ${noun} took longer than ${timeoutMs / 1000} seconds.`;
          timer = setTimeout(
            () => withdraw(job, new CandlecastError('CC_TIMEOUT', message, { retryable: true })),
            timeoutMs,
          );
        }
        abort = () => onAborted(job, signal?.reason);
        signal?.addEventListener('abort', abort, { once: true });
        queue.push(job);
        dispatch();
      });
    } finally {
      // An abandoned call goes on in its worker, which must not hang for those that come after it.
      if ([...slots].some(({ job }) => job !== null && job === asked)) timer?.unref();
      else clearTimeout(timer);
      if (abort) signal?.removeEventListener('abort', abort);
    }
  }

  if (warm) startSlot();
  return {
    get pid() {
      return usable()[0]?.channel.pid;
    },
    run: run as WorkerPool<Task>['run'],
    async close() {
      closed = true;
      const error = new CandlecastError('CC_STOPPING', `The ${noun} was stopped.`, { retryable: true });
      for (const job of queue.splice(0)) job.reject(error);
      for (const slot of slots) {
        slot.job?.reject(error);
        slot.job = null;
        end(slot);
      }
      if (slots.size > 0) await new Promise<void>((resolve) => waitingForEnd.push(resolve));
    },
  };
}
