import { QUANTILE_LEVELS } from '../../core/quantiles.ts';
import { rollingMean } from '../features/rolling.ts';
import { emptyForecasts, forecastPlace, type SeriesForecaster } from '../forecast/rolling-forecaster.ts';
import { CLIMATOLOGY_ROWS, fillEmpirical } from './climatology.ts';
import { normalQuantile } from './distributions.ts';

/** Minimum number of returns for a volatility. */
const MIN_RETURNS = 20;
/** Standard normal quantiles; exactly zero in the middle, so that the median is the last price to the bit. */
const NORMAL = QUANTILE_LEVELS.map(normalQuantile);

/**
 * The random walk without drift: the median is the last price. A random walk alone names no distribution; the plainest is
 * taken, Gaussian, with the root mean square of the candle returns over climatology's window times √steps. NaN where fewer
 * than twenty returns are known or the row has no close.
 */
export const randomWalkBaseline: SeriesForecaster = {
  name: 'random walk',
  forecast(coin, steps, rows) {
    const { columns, returns } = coin.series;
    const squares = returns.map((value) => value * value);
    const variance = rollingMean(squares, CLIMATOLOGY_ROWS[columns.interval], MIN_RETURNS);
    const out = emptyForecasts(rows, steps);
    rows.forEach((row, index) => {
      if (Number.isNaN(columns.close[row]!) || Number.isNaN(variance[row]!)) return;
      steps.forEach((ahead, at) => {
        const deviation = Math.sqrt(Math.max(variance[row]!, 0) * ahead);
        const place = forecastPlace(index, at, steps.length);
        for (let k = 0; k < NORMAL.length; k++) out[place + k] = NORMAL[k]! * deviation;
      });
    });
    return out;
  },
};

/**
 * EWMA volatility (decay 0.94) with empirical residuals: quantiles of the trailing returns that were complete at the row's
 * close, each scaled by the volatility known when it began, times today's σ √steps. NaN where fewer than twenty scaled returns
 * are known or the row has no close.
 */
export const ewmaBaseline: SeriesForecaster = {
  name: 'EWMA',
  forecast(coin, steps, rows) {
    const { columns, sigma } = coin.series;
    const { close, interval } = columns;
    const out = emptyForecasts(rows, steps);
    steps.forEach((ahead, at) => {
      const place = (index: number) => forecastPlace(index, at, steps.length);
      fillEmpirical({ close, steps: ahead, windowRows: CLIMATOLOGY_ROWS[interval], sigma, rows, out, place });
    });
    return out;
  },
};
