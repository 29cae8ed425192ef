import type { BreakerName } from '../../core/backtest.ts';
import { INTERVAL_MS, type Interval } from '../../core/candle.ts';
import { deviationOf, probabilityAbove, QUANTILE_LEVELS } from '../../core/quantiles.ts';
import { DAY_MS } from '../../core/time.ts';
import type { BacktestSpan, CoinTrack } from './coin-track.ts';

/**
 * The inputs of a rule from one forecast, all known when the candle at `originMs` closed. Returns and volatilities are for the
 * whole horizon unless the name says otherwise.
 */
export interface ForecastView {
  /** Close time of the last candle used. */
  readonly originMs: number;
  /** Candles the forecast looks ahead, and how many of them make a year. */
  readonly steps: number;
  readonly candlesPerYear: number;
  /** Log returns at QUANTILE_LEVELS, ascending. */
  readonly quantiles: ArrayLike<number>;
  readonly pUp: number;
  /** Mean simple return. */
  readonly expectedReturn: number;
  /** Standard deviation of the log return, and the same scaled to one candle by √time. */
  readonly volatility: number;
  readonly candleVolatility: number;
  /** Dollars usually traded in one candle; 0 where unknown. */
  readonly dollarVolume: number;
  /** What forbids new positions whatever the forecast says: an alarm of drift, or no measurable edge. */
  readonly blocked: BreakerName | null;
}

/** Probability mass of each of QUANTILE_LEVELS: half the distance to its neighbours, with the tails at both ends. Adds up to 1. */
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

/** A forecast distribution with the facts a rule's inputs are computed from. */
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

/** Computes a rule's inputs from a distribution. */
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

const LEVELS = QUANTILE_LEVELS.length;

/** The rules' inputs of a coin at each row; null where there is no forecast. Computed once for all rules. */
export function trackViews(
  track: CoinTrack,
  { interval, steps, fromMs }: BacktestSpan,
  health: readonly (BreakerName | null)[],
): readonly (ForecastView | null)[] {
  return Array.from({ length: track.rows }, (_, row) => {
    const quantiles = track.quantiles.subarray(row * LEVELS, (row + 1) * LEVELS);
    if (Number.isNaN(quantiles[0]!)) return null;
    return forecastView({
      originMs: fromMs + row * INTERVAL_MS[interval],
      interval,
      steps,
      quantiles,
      dollarVolume: track.dollarVolume[row]!,
      blocked: health[row] ?? null,
    });
  });
}

/**
 * The inputs a rule uses at a row: those of the newest forecast up to it, so that a missing forecast does not close a position before the
 * breaker `stale-data` does. The model's health is that of the row itself. Null before the first forecast.
 */
export function viewAt(
  views: readonly (ForecastView | null)[],
  row: number,
  health: readonly (BreakerName | null)[],
): ForecastView | null {
  for (let at = row; at >= 0; at--) {
    const view = views[at];
    if (view) return at === row ? view : { ...view, blocked: health[row] ?? null };
  }
  return null;
}
