/** Milliseconds in the units this project speaks of. */
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** The present moment in ms since the epoch. Passed in, so that tests and the demo own the clock. */
export type Clock = () => number;

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
