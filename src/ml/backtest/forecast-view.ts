import type { BreakerName } from '../../core/backtest.ts';
import { INTERVAL_MS, type Interval } from '../../core/candle.ts';
import { probabilityAbove, QUANTILE_LEVELS } from '../../core/quantiles.ts';
import { DAY_MS } from '../../core/time.ts';
import { deviationOf } from '../forecast/forecaster.ts';
import type { ForecastView } from './decision.ts';

/** Probability that each of QUANTILE_LEVELS stands for: half the way to its neighbours, the tails with the outermost. Adds up to 1. */
export const LEVEL_WEIGHTS: readonly number[] = QUANTILE_LEVELS.map((level, k) => {
  const below = k === 0 ? 0 : (QUANTILE_LEVELS[k - 1]! + level) / 2;
  const above = k === QUANTILE_LEVELS.length - 1 ? 1 : (QUANTILE_LEVELS[k + 1]! + level) / 2;
  return above - below;
});

/** Mean simple return of a distribution given by its log-return quantiles. */
export function expectedReturn(quantiles: ArrayLike<number>): number {
  let mean = 0;
  for (let k = 0; k < LEVEL_WEIGHTS.length; k++) mean += LEVEL_WEIGHTS[k]! * Math.expm1(quantiles[k]!);
  return mean;
}

/** Candles in a year of 365 days. */
export const candlesPerYear = (interval: Interval): number => (365 * DAY_MS) / INTERVAL_MS[interval];

/** What a forecast is made into for a rule. */
export interface ForecastFacts {
  readonly originMs: number;
  readonly interval: Interval;
  readonly steps: number;
  /** Log returns at QUANTILE_LEVELS, ascending. */
  readonly quantiles: ArrayLike<number>;
  /** Dollars usually traded in one candle; 0 where unknown. */
  readonly dollarVolume: number;
  readonly blocked: BreakerName | null;
}

/** Reads off a distribution what rules look at. */
export function forecastView(facts: ForecastFacts): ForecastView {
  const { originMs, interval, steps, quantiles, dollarVolume, blocked } = facts;
  const volatility = deviationOf(quantiles);
  return {
    originMs,
    steps,
    candlesPerYear: candlesPerYear(interval),
    quantiles,
    pUp: probabilityAbove(quantiles, 0),
    expectedReturn: expectedReturn(quantiles),
    volatility,
    candleVolatility: volatility / Math.sqrt(steps),
    dollarVolume,
    blocked,
  };
}
