import { deviationOf, type HorizonDistribution } from './forecaster.ts';

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
