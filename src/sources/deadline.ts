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

/** Settles like the promise, or rejects with the signal's reason as soon as it fires, even if the promise ignores it. */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
