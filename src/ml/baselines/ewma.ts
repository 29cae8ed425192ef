import type { Interval } from '../../core/candle.ts';
import { QUANTILE_LEVELS } from '../../core/quantiles.ts';
import type { PreparedSeries } from '../features/step-features.ts';
import { SortedWindow } from '../rolling.ts';
import { horizonReturn } from '../targets.ts';
import { CLIMATOLOGY_ROWS } from './climatology.ts';

const FEWEST_RESIDUALS = 20;

/**
 * EWMA volatility (decay 0.94) with empirical residuals: quantiles of the trailing scaled returns that were complete at
 * the row's close, times today's σ √steps. Calls `visit` as `climatology` does.
 */
export function ewmaQuantiles(
  series: PreparedSeries,
  interval: Interval,
  steps: number,
  wanted: (row: number) => boolean,
  visit: (row: number, quantiles: Float64Array) => void,
): void {
  const { close } = series.columns;
  const window = new SortedWindow(CLIMATOLOGY_ROWS[interval]);
  const quantiles = new Float64Array(QUANTILE_LEVELS.length);
  const root = Math.sqrt(steps);
  for (let row = 0; row < close.length; row++) {
    const issued = row - steps;
    window.push(issued >= 0 ? horizonReturn(close, issued, steps) / (series.sigma[issued]! * root) : Number.NaN);
    if (!wanted(row)) continue;
    QUANTILE_LEVELS.forEach((level, k) => {
      quantiles[k] = window.size < FEWEST_RESIDUALS ? Number.NaN : window.quantile(level) * series.sigma[row]! * root;
    });
    visit(row, quantiles);
  }
}
