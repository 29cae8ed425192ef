import { INTERVAL_MS } from '../../core/candle.ts';
import { QUANTILE_LEVELS } from '../../core/quantiles.ts';
import type { CoinFeatures } from '../features/build.ts';
import { rowOpenMs } from '../features/columns.ts';

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

/** A way of forecasting that needs a coin's prepared candles alone. */
export interface SeriesForecaster extends RollingForecaster {
  forecast(coin: Pick<CoinFeatures, 'series'>, steps: readonly number[], rows: Int32Array): Float64Array;
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

/** A forecaster that serves at origins from `fromMs` on, until the next one does. */
export interface Serving {
  readonly fromMs: number;
  readonly forecaster: RollingForecaster;
}

/** Forecasters that serve one after the other (ascending, the first from the first origin on) as one, with the name of the first. */
export function createSuccession(serving: readonly [Serving, ...Serving[]]): RollingForecaster {
  const [{ forecaster: first }] = serving;
  if (serving.length === 1) return first;
  return {
    name: first.name,
    forecast(coin, steps, rows) {
      const { columns } = coin.series;
      const out = emptyForecasts(rows, steps);
      serving.forEach(({ fromMs, forecaster }, i) => {
        const untilMs = serving[i + 1]?.fromMs ?? Number.POSITIVE_INFINITY;
        const indexes = rows
          .map((_, index) => index)
          .filter((index) => {
            const originMs = rowOpenMs(columns, rows[index]!) + INTERVAL_MS[columns.interval];
            return (i === 0 || originMs >= fromMs) && originMs < untilMs;
          });
        if (indexes.length === 0) return;
        const own = forecaster.forecast(
          coin,
          steps,
          indexes.map((index) => rows[index]!),
        );
        const width = steps.length * LEVELS;
        indexes.forEach((index, at) => {
          out.set(own.subarray(at * width, (at + 1) * width), index * width);
        });
      });
      return out;
    },
  };
}
