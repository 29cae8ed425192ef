import type { Clock, Sleep } from '../core/time.ts';

/** Lets so many starts a second through, evenly; rejects with the signal's reason when it is aborted. */
export type Pace = (signal: AbortSignal) => Promise<void>;

/** Waits shorter than this are not worth a timer: a few starts may come at once. */
const LEAST_WAIT_MS = 5;

/** Builds a pace. After a pause nothing is made up for: no burst follows. */
export function createPace(perSecond: number, now: Clock, sleep: Sleep): Pace {
  const gapMs = 1_000 / perSecond;
  let nextMs = Number.NEGATIVE_INFINITY;
  return async (signal) => {
    signal.throwIfAborted();
    const nowMs = now();
    const startMs = Math.max(nowMs, nextMs);
    nextMs = startMs + gapMs;
    if (startMs - nowMs >= LEAST_WAIT_MS) await sleep(startMs - nowMs, signal);
  };
}
