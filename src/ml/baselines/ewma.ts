import { emptyForecasts, forecastPlace, type SeriesForecaster } from '../forecast/rolling-forecaster.ts';
import { CLIMATOLOGY_ROWS, fillEmpirical } from './climatology.ts';

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
