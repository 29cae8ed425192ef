import type { Interval } from '../../core/candle.ts';
import { QUANTILE_LEVELS } from '../../core/quantiles.ts';
import { SortedWindow } from '../rolling.ts';
import { horizonReturn } from '../targets.ts';

/** Trailing candles that climatology looks back over: a year of days, sixty days of hours. */
export const CLIMATOLOGY_ROWS: Readonly<Record<Interval, number>> = { '1d': 365, '1h': 1_440 };
/** Fewer past returns than this say nothing about a distribution. */
const FEWEST_RETURNS = 20;

/**
 * Calls `visit` with each wanted row and the climatology there: quantiles of the coin's own log returns over `steps`
 * candles that were complete at that row's close, over the trailing year (or 1,440 hours). Rows ascend; the array is reused; NaN
 * where fewer than twenty returns are known.
 */
export function climatology(
  close: Float64Array,
  interval: Interval,
  steps: number,
  wanted: (row: number) => boolean,
  visit: (row: number, quantiles: Float64Array) => void,
): void {
  const window = new SortedWindow(CLIMATOLOGY_ROWS[interval]);
  const quantiles = new Float64Array(QUANTILE_LEVELS.length);
  for (let row = 0; row < close.length; row++) {
    window.push(horizonReturn(close, row - steps, steps));
    if (!wanted(row)) continue;
    QUANTILE_LEVELS.forEach((level, k) => {
      quantiles[k] = window.size < FEWEST_RETURNS ? Number.NaN : window.quantile(level);
    });
    visit(row, quantiles);
  }
}
