import type { Interval } from '../../core/candle.ts';
import { QUANTILE_LEVELS } from '../../core/quantiles.ts';
import { horizonReturn } from '../data/targets.ts';
import { SortedWindow } from '../features/rolling.ts';
import { emptyForecasts, forecastPlace, type RollingForecaster } from '../forecast/rolling-forecaster.ts';

/** Minimum number of past returns for an empirical distribution. */
const MIN_RETURNS = 20;
const LEVELS = QUANTILE_LEVELS.length;

/** Which forecasts `fillEmpirical` makes and where they go. */
export interface EmpiricalTask {
  readonly close: Float64Array;
  /** Horizon in candles. */
  readonly steps: number;
  /** Trailing rows whose returns make up the distribution. */
  readonly windowRows: number;
  /** Volatility per candle known at each row's close, by which returns are divided before and multiplied after; null for none. */
  readonly sigma: Float64Array | null;
  /** Origin rows, ascending. */
  readonly rows: Int32Array;
  /** Receives the quantiles of `rows[i]` from `place(i)` on; a row that cannot be forecast is left as it is. */
  readonly out: Float64Array;
  readonly place: (index: number) => number;
}

/**
 * Fills in quantiles of the coin's own log returns over `steps` candles that were complete at each row's close, over the trailing
 * window: as they are, or each divided by σ √steps of its own origin and multiplied by today's. Only the rows that some wanted
 * row looks back on are read, so one row costs one window.
 */
export function fillEmpirical(task: EmpiricalTask): void {
  const { close, steps, windowRows, sigma, rows, out, place } = task;
  const window = new SortedWindow(windowRows);
  const root = Math.sqrt(steps);
  let next = Math.max(0, (rows[0] ?? 0) - windowRows + 1);
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index]!;
    for (; next <= row; next++) {
      const issued = next - steps;
      const move = horizonReturn(close, issued, steps);
      window.push(sigma ? move / ((sigma[issued] ?? Number.NaN) * root) : move);
    }
    if (window.size < MIN_RETURNS || Number.isNaN(close[row]!) || (sigma && Number.isNaN(sigma[row]!))) continue;
    const at = place(index);
    for (let k = 0; k < LEVELS; k++) {
      const quantile = window.quantile(QUANTILE_LEVELS[k]!);
      out[at + k] = sigma ? quantile * sigma[row]! * root : quantile;
    }
  }
}

/**
 * Calls `visit` with each wanted row, ascending, and its empirical quantiles (see `fillEmpirical`); the array is reused, and NaN
 * where the row cannot be forecast.
 */
export function visitEmpirical(
  task: Omit<EmpiricalTask, 'rows' | 'out' | 'place'>,
  wanted: (row: number) => boolean,
  visit: (row: number, quantiles: Float64Array) => void,
): void {
  const rows = Int32Array.from(task.close.keys()).filter(wanted);
  const out = new Float64Array(rows.length * LEVELS).fill(Number.NaN);
  fillEmpirical({ ...task, rows, out, place: (index) => index * LEVELS });
  const quantiles = new Float64Array(LEVELS);
  rows.forEach((row, index) => {
    quantiles.set(out.subarray(index * LEVELS, (index + 1) * LEVELS));
    visit(row, quantiles);
  });
}

/** Trailing candles that climatology looks back over: a year of days, sixty days of hours. */
export const CLIMATOLOGY_ROWS: Readonly<Record<Interval, number>> = { '1d': 365, '1h': 1_440 };

/**
 * Climatology: quantiles of the coin's own log returns over the horizon that were complete at the row's close, over the
 * trailing year (or 1,440 hours). NaN where fewer than twenty returns are known or the row has no close.
 */
export const climatologyBaseline: RollingForecaster = {
  name: 'climatology',
  forecast(coin, steps, rows) {
    const { close, interval } = coin.series.columns;
    const out = emptyForecasts(rows, steps);
    steps.forEach((ahead, at) => {
      const place = (index: number) => forecastPlace(index, at, steps.length);
      fillEmpirical({ close, steps: ahead, windowRows: CLIMATOLOGY_ROWS[interval], sigma: null, rows, out, place });
    });
    return out;
  },
};

/** The same for one horizon of a close column: calls `visit` with each wanted row, ascending, and its quantiles (reused). */
export function visitClimatology(
  close: Float64Array,
  interval: Interval,
  steps: number,
  wanted: (row: number) => boolean,
  visit: (row: number, quantiles: Float64Array) => void,
): void {
  visitEmpirical({ close, steps, windowRows: CLIMATOLOGY_ROWS[interval], sigma: null }, wanted, visit);
}
