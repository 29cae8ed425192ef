import { setImmediate as nextTurn } from 'node:timers/promises';

/** Work under way that any number of callers may wait for. */
export interface SharedWork<T> {
  /**
   * Settles as the work does, or rejects with the reason of the signal. Once all that joined have given up, the work itself is
   * aborted; one that joined without a signal never gives up.
   */
  join(signal?: AbortSignal): Promise<T>;
}

/** Starts work; `onEnd` is called once, when it has settled or was aborted, so that nobody joins it any more. */
export function shareWork<T>(work: (signal: AbortSignal) => Promise<T>, onEnd: () => void): SharedWork<T> {
  const controller = new AbortController();
  let waiting = 0;
  let ended = false;
  const end = () => {
    if (!ended) onEnd();
    ended = true;
  };
  const promise = work(controller.signal).finally(end);
  // Where everybody has given up, nobody looks at how the work ended.
  promise.catch(() => undefined);
  return {
    async join(signal) {
      waiting++;
      try {
        return await (signal ? orAborted(promise, signal) : promise);
      } finally {
        if (--waiting === 0 && !ended && signal?.aborted) {
          end();
          controller.abort(signal.reason);
        }
      }
    },
  };
}

/** Work by key: equal calls at the same time are one. */
export interface SharedCalls<T> {
  /** Joins the work of that key, or starts it. See {@link SharedWork.join}. */
  run(key: string, signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

/** Makes an empty set of shared calls. */
export function createSharedCalls<T>(): SharedCalls<T> {
  const running = new Map<string, SharedWork<T>>();
  return {
    async run(key, signal, work) {
      signal?.throwIfAborted();
      let current = running.get(key);
      if (!current) {
        const started = shareWork(work, () => {
          if (running.get(key) === started) running.delete(key);
        });
        running.set(key, started);
        current = started;
      }
      return current.join(signal);
    },
  };
}

/** Settles like the promise, or rejects with the signal's reason as soon as it fires, even if the promise ignores it. */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** Runs the job on every item, at most `limit` at a time; results in the order of the items; the first failure rejects. */
export async function mapLimited<T, R>(items: readonly T[], limit: number, job: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const waiting = items.entries();
  let failed = false;
  const worker = async () => {
    for (const [index, item] of waiting) {
      if (failed) return;
      try {
        results[index] = await job(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}

/** A signal that fires when its parent does or when the time is up, whichever is first. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Stops the timer and forgets the parent; call it in `finally`. */
  dispose(): void;
}

/**
 * Starts a deadline of `ms` under an optional parent signal. `AbortSignal.any` is not used: on Node 20 a combined signal
 * can be garbage-collected before it fires.
 *
 * @param reason what the signal is aborted with when the time is up
 */
export function startDeadline(ms: number, reason: () => Error, parent?: AbortSignal): Deadline {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(reason()), Math.max(0, ms));
  const follow = () => controller.abort(parent?.reason);
  if (parent?.aborted) follow();
  else parent?.addEventListener('abort', follow, { once: true });
  return {
    signal: controller.signal,
    dispose() {
      clearTimeout(timer);
      parent?.removeEventListener('abort', follow);
    },
  };
}

/**
 * Makes a function that asks for one thing at a time and puts the questions of one turn of the event loop together: `ask` gets each key once, after
 * the calls it answers, and gives what it has found. The function resolves to undefined for what was not found, and rejects with what `ask` rejects with.
 */
export function askedTogether<Key, Value>(
  ask: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Value>>,
): (key: Key) => Promise<Value | undefined> {
  let waiting: { readonly keys: Set<Key>; readonly found: Promise<ReadonlyMap<Key, Value>> } | null = null;
  return async (key) => {
    if (!waiting) {
      const keys = new Set<Key>();
      const found = nextTurn().then(() => {
        waiting = null;
        return ask([...keys]);
      });
      waiting = { keys, found };
    }
    waiting.keys.add(key);
    return (await waiting.found).get(key);
  };
}
