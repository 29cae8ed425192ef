import { QUANTILE_LEVELS } from '../../core/quantiles.ts';
import type { CoinFeatures } from '../features/build.ts';

/**
 * A way of forecasting that can be scored at many origins: the net, and every baseline beside it.
 * What is asked at a row may use candles up to and including that row and nothing later.
 */
export interface RollingForecaster {
  /** As it stands in tables: `climatology`, `EWMA`, `GARCH-t` … */
  readonly name: string;
  /**
   * Log-return quantiles at QUANTILE_LEVELS for every wanted origin row (ascending) and every horizon in candles, laid out
   * rows × steps × levels; NaN for a row and horizon that cannot be forecast.
   */
  forecast(coin: CoinFeatures, steps: readonly number[], rows: Int32Array): Float64Array;
}

const LEVELS = QUANTILE_LEVELS.length;

/** The array a rolling forecaster returns, rows × steps × levels, all NaN at first. */
export function emptyForecasts(rows: Int32Array, steps: readonly number[]): Float64Array {
  return new Float64Array(rows.length * steps.length * LEVELS).fill(Number.NaN);
}

/** Where the quantiles of the row and horizon with these indices begin. */
export function forecastPlace(rowIndex: number, stepIndex: number, stepCount: number): number {
  return (rowIndex * stepCount + stepIndex) * LEVELS;
}
