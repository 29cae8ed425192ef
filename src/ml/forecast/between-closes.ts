import { INTERVAL_MS } from '../../core/candle.ts';
import type { Horizon } from '../../core/horizon.ts';
import { MEDIAN_INDEX } from '../../core/quantiles.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../core/time.ts';

/** Levels 0.15 and 0.85, and how many standard deviations a normal distribution has between them: a width that outliers do not move. */
const LOWER = 3;
const UPPER = 17;
const DEVIATIONS_BETWEEN = 2.0728668;

/** Most weight of the move since the close in the variance. This and what follows was chosen on 2022, see docs/recipe.md. */
const MOST_WEIGHT = 0.05;
/** How long the close lies back until the move has that weight: forecasts of hours, and of a day and more, for which an hour says less. */
const FULL_WEIGHT_MS = { hours: HOUR_MS, days: 3 * HOUR_MS } as const;
/** A squared move counts at most this many times the expected one, so that one bad print does not blow the bands up. */
const MOST_SQUARES = 25;
/** Beyond this the last hour says nothing about the width. */
const LONGEST_MS = 3 * DAY_MS;

/**
 * Carries a forecast made at the last close to a moment after it: the quantiles of the return over the same length of time, wider after a
 * move that was large for the minutes since, a little narrower after a small one. The variance is updated as an exponentially weighted one:
 * factor² = 1 + w · (min(z², 25) − 1), where z is the move in units of what the quantiles themselves expect of so many minutes. w grows to 0.05 in
 * the first hour, or in three for a day and more, and stays there: where days end at midnight, a close may be most of a day old. The median
 * stays. Forecasts of more than three days stay as they are.
 *
 * @param quantiles Log-return quantiles at QUANTILE_LEVELS, ascending.
 * @param moveSinceClose Log of the price now over that close.
 * @param minutesSinceClose From that close to now; at or below 0, and without any width, the quantiles come back unchanged.
 */
export function sinceClose(
  quantiles: readonly number[],
  moveSinceClose: number,
  minutesSinceClose: number,
  horizon: Pick<Horizon, 'interval' | 'steps'>,
): readonly number[] {
  const horizonMs = horizon.steps * INTERVAL_MS[horizon.interval];
  const sinceMs = minutesSinceClose * MINUTE_MS;
  const deviation = (quantiles[UPPER]! - quantiles[LOWER]!) / DEVIATIONS_BETWEEN;
  if (!(sinceMs > 0) || !(deviation > 0) || horizonMs > LONGEST_MS || !Number.isFinite(moveSinceClose))
    return quantiles;
  const expectedSquare = (deviation * deviation * sinceMs) / horizonMs;
  const square = Math.min((moveSinceClose * moveSinceClose) / expectedSquare, MOST_SQUARES);
  const fullMs = FULL_WEIGHT_MS[horizonMs < DAY_MS ? 'hours' : 'days'];
  const weight = MOST_WEIGHT * Math.min(sinceMs / fullMs, 1);
  const factor = Math.sqrt(1 + weight * (square - 1));
  const median = quantiles[MEDIAN_INDEX]!;
  return quantiles.map((value) => median + factor * (value - median));
}
