import { INTERVAL_MS } from '../../core/candle.ts';
import type { Horizon } from '../../core/horizon.ts';
import { deviationOf, MEDIAN_INDEX } from '../../core/quantiles.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../core/time.ts';
import type { HorizonDistribution } from './forecaster.ts';

/**
 * Share of the hourly model in the combined day, 0 … 1; the daily model has the rest. Chosen on 2022 with models fitted before: 0.3 to 0.6 are alike, and
 * nothing more elaborate was better (docs/recipe.md).
 */
export const HOURS_SHARE = 0.5;

/**
 * Averages two ascending quantile curves of the same target, level by level (log returns, one entry a level): `share` of `hours`, the rest
 * of `days`. Returns a curve that ascends as both do.
 */
export function combineQuantiles(
  hours: ArrayLike<number>,
  days: ArrayLike<number>,
  share: number = HOURS_SHARE,
): number[] {
  return Array.from(days, (value, k) => (1 - share) * value + share * hours[k]!);
}

/**
 * Combines what the hourly model says about its 24 hours with what the daily model says about its one day from the same origin, so that
 * both mean the same target. Quantiles and the share of sentiment are averaged (a model that took no sentiment in counts as 0); the expected
 * volatility is that of the averaged quantiles. What is usual is the daily model's climatology, the past year of days that end at this
 * hour, and the hourly model's (60 days of hours) where that is not known. `steps` stays that of the day.
 */
export function combineDays(hours: HorizonDistribution, days: HorizonDistribution): HorizonDistribution {
  const quantiles = combineQuantiles(hours.quantiles, days.quantiles);
  const usual = days.climatology ? days : hours;
  return {
    steps: days.steps,
    quantiles,
    expectedVolatility: deviationOf(quantiles),
    usualVolatility: usual.usualVolatility,
    climatology: usual.climatology,
    sentimentShare: combineSentiment(hours.sentimentShare ?? null, days.sentimentShare ?? null),
  };
}

function combineSentiment(hours: number | null, days: number | null): number | null {
  if (hours === null && days === null) return null;
  return HOURS_SHARE * (hours ?? 0) + (1 - HOURS_SHARE) * (days ?? 0);
}

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
