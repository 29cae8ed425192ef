import type { Interval } from '../../core/candle.ts';
import type { RollingForecaster } from '../forecast/rolling-forecaster.ts';
import { CLIMATOLOGY_ROWS } from './climatology.ts';
import { fillEmpirical } from './empirical.ts';
import { emptyForecasts, forecastPlace } from './forecast-grid.ts';
import { fitHar, harForecast, harInputs, harTargets } from './har-regression.ts';

/** Candles the regressors average over: day, week and month; hour, six hours, day and week. */
export const HAR_SCALES: Readonly<Record<Interval, readonly number[]>> = { '1d': [1, 7, 30], '1h': [1, 6, 24, 168] };
/** Rows between fits, and rows a fit looks back over. */
const REFIT_ROWS: Readonly<Record<Interval, number>> = { '1d': 30, '1h': 168 };
const FIT_ROWS: Readonly<Record<Interval, number>> = { '1d': 1_000, '1h': 4_320 };

/**
 * HAR on range volatility (Corsi 2009), per coin and horizon: the log of the range volatility over the next candles is regressed on
 * those of the past day, week and month, on trailing rows whose targets are complete, refitted every 30 days or 168
 * hours. Logs and winsorised ranges keep one crash from ruling the fit. The distribution is that of the trailing returns, each
 * divided by what the newest fit gives for its origin, times today's volatility √steps. NaN before the first fit (sixty
 * complete targets) and where the row has no close.
 */
export const harBaseline: RollingForecaster = {
  name: 'HAR',
  forecast(coin, steps, rows) {
    const { columns, range } = coin.series;
    const { close, interval } = columns;
    const out = emptyForecasts(rows, steps);
    const scales = HAR_SCALES[interval];
    const refitRows = REFIT_ROWS[interval];
    const windowRows = CLIMATOLOGY_ROWS[interval];
    const inputs = harInputs(range, scales);
    steps.forEach((ahead, at) => {
      const targets = harTargets(range, ahead);
      for (let from = 0; from < rows.length; ) {
        // All wanted rows between two fits share the coefficients of the first.
        const refit = Math.floor(rows[from]! / refitRows) * refitRows;
        let to = from + 1;
        while (to < rows.length && rows[to]! < refit + refitRows) to++;
        const coefficients = fitHar(inputs, targets, scales.length, refit - FIT_ROWS[interval], refit - ahead);
        if (coefficients) {
          const sigma = new Float64Array(columns.rows).fill(Number.NaN);
          for (let row = Math.max(0, refit - windowRows - ahead); row <= rows[to - 1]!; row++)
            sigma[row] = Math.exp(harForecast(coefficients, inputs, row));
          const begin = from;
          fillEmpirical({
            close,
            steps: ahead,
            windowRows,
            sigma,
            rows: rows.subarray(from, to),
            out,
            place: (index) => forecastPlace(begin + index, at, steps.length),
          });
        }
        from = to;
      }
    });
    return out;
  },
};
