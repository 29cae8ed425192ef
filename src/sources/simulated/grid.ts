import { HOUR_MS } from '../../core/time.ts';

/** The first moment of the simulated market: 2021-01-01 00:00 UTC. Nothing exists before it. */
export const EPOCH_MS = Date.UTC(2021, 0, 1);

/** Steps inside an hour; the path of a price is known at their ends, that is every five minutes. */
export const STEPS_PER_HOUR = 12;

export const STEP_MS = HOUR_MS / STEPS_PER_HOUR;

/** Hours in a Julian year, the unit in which volatilities are given. */
export const HOURS_PER_YEAR = 8_766;

/**
 * The hour (2026-01-01 00:00 UTC) whose price is the one in the table of coins. A path is determined up to a constant
 * factor; fixing it near the present keeps prices familiar, and changes no return.
 */
export const ANCHOR_HOUR = (Date.UTC(2026, 0, 1) - EPOCH_MS) / HOUR_MS - 1;

/** Index of the hour that contains the moment, counted from the epoch; negative before it. */
export function hourOf(timeMs: number): number {
  return Math.floor((timeMs - EPOCH_MS) / HOUR_MS);
}

/** The moment the hour with that index begins. */
export function hourStartMs(hour: number): number {
  return EPOCH_MS + hour * HOUR_MS;
}
