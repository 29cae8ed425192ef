/** Milliseconds in the units this project speaks of. */
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** The present moment in ms since the epoch. Passed in, so that tests and the demo own the clock. */
export type Clock = () => number;

/** Waits; passed in, so that no test sleeps. Rejects with the signal's reason when aborted. */
export type Sleep = (ms: number, signal?: AbortSignal) => Promise<void>;
