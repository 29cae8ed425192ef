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
