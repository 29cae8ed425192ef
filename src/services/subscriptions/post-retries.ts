import { MINUTE_MS } from '../../core/time.ts';

/** Discord's documentation says that it keeps a nonce for "a few minutes"; this is well within them. */
export const NONCE_KEPT_MS = 2 * MINUTE_MS;

const RETRY_MS = [5_000, 15_000, 60_000, 5 * MINUTE_MS, 15 * MINUTE_MS] as const;
/** Waits between attempts that are refused until people put something right. */
const REFUSED_RETRY_MS = [15 * MINUTE_MS, 30 * MINUTE_MS, 60 * MINUTE_MS, 120 * MINUTE_MS] as const;

/** Wait before the next attempt after so many that may succeed by themselves. */
export const firstRetryMs = (attempts: number): number => RETRY_MS[Math.min(attempts, RETRY_MS.length - 1)]!;

/** Wait before the next attempt after so many that people have to put something right for. */
export const refusedRetryMs = (attempts: number): number =>
  REFUSED_RETRY_MS[Math.min(attempts, REFUSED_RETRY_MS.length - 1)]!;
