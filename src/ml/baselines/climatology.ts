import type { Interval } from '../../core/candle.ts';
import type { RollingForecaster } from '../forecast/rolling-forecaster.ts';
import { fillEmpirical, visitEmpirical } from './empirical.ts';
import { emptyForecasts, forecastPlace } from './forecast-grid.ts';

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
export function climatology(
  close: Float64Array,
  interval: Interval,
  steps: number,
  wanted: (row: number) => boolean,
  visit: (row: number, quantiles: Float64Array) => void,
): void {
  visitEmpirical({ close, steps, windowRows: CLIMATOLOGY_ROWS[interval], sigma: null }, wanted, visit);
}
