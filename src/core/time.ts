/** Milliseconds per unit of time. */
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** The day of a moment in UTC, as `2024-01-31`. Throws `RangeError` for what is no time, as the three below do. */
export const utcDay = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** The month of a moment in UTC, as `2024-01`. */
export const utcMonth = (ms: number): string => new Date(ms).toISOString().slice(0, 7);

/** The time of day of a moment in UTC, as `14:05`. */
export const utcTime = (ms: number): string => new Date(ms).toISOString().slice(11, 16);

/** A moment in ISO 8601, as `2024-01-31T14:05:00Z`; milliseconds only where it has some. */
export const utcIso = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z');

/** The present moment in ms since the epoch. Passed in, so that tests and the demo own the clock. */
export type Clock = () => number;

/**
 * How far the clocks of two machines on one database may lie apart. A stored moment that is further ahead than its rule allows was written
 * by a clock that was wrong, and is worked out anew.
 */
export const CLOCK_TOLERANCE_MS = MINUTE_MS;

/**
 * A clock for durations: ms since it was made, from 1 on, because lru-cache takes the time 0 for none at all. It goes forward with `now`, and stands where that is set back, so that nothing that was to
 * last for a while lasts for as long as a clock was wrong.
 */
export function steadyClock(now: Clock): Clock {
  let seenMs = now();
  let passedMs = 1;
  return () => {
    const nowMs = now();
    passedMs += Math.max(0, nowMs - seenMs);
    seenMs = nowMs;
    return passedMs;
  };
}

/** Waits; passed in, so that no test sleeps. Rejects with the signal's reason when aborted. */
export type Sleep = (ms: number, signal?: AbortSignal) => Promise<void>;

/** Moves the demo's clock forward. */
export interface TimeMachine {
  /**
   * Goes forward by `ms`, running on the way what falls due; `onStep` gets the clock and the share that is done. Throws `CC_BUSY` while
   * it is moving, and `CC_USAGE` for more than a month.
   */
  forward(ms: number, onStep: (step: { readonly nowMs: number; readonly share: number }) => void): Promise<void>;
}
