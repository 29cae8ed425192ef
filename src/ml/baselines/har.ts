import type { Interval } from '../../core/candle.ts';
import { rollingMean } from '../features/rolling.ts';
import { emptyForecasts, forecastPlace, type RollingForecaster } from '../forecast/rolling-forecaster.ts';
import { CLIMATOLOGY_ROWS, fillEmpirical } from './climatology.ts';
import { leastSquares } from './optimisation.ts';

/** Minimum number of complete targets for a regression. */
const MIN_TARGETS = 60;

/**
 * Log of the root mean square of the last n ranges at every row, one column a scale, row-major. NaN where fewer than half of
 * them are known.
 */
export function harInputs(range: Float64Array, scales: readonly number[]): Float64Array {
  const squares = range.map((value) => value * value);
  const out = new Float64Array(range.length * scales.length);
  scales.forEach((n, column) => {
    rollingMean(squares, n, Math.ceil(n / 2)).forEach((mean, row) => {
      out[row * scales.length + column] = 0.5 * Math.log(mean);
    });
  });
  return out;
}

/** Log of the root mean square of the next `steps` ranges at every row; NaN where one of them is missing or not yet there. */
export function harTargets(range: Float64Array, steps: number): Float64Array {
  const out = new Float64Array(range.length).fill(Number.NaN);
  for (let row = 0; row + steps < range.length; row++) {
    let sum = 0;
    for (let i = row + 1; i <= row + steps; i++) sum += range[i]! * range[i]!;
    out[row] = 0.5 * Math.log(sum / steps);
  }
  return out;
}

/**
 * Coefficients (intercept first) of the regression on the rows from `from` to `to`, both included; rows with something missing
 * are left out. Null where fewer than sixty rows are left.
 */
export function fitHar(
  inputs: Float64Array,
  targets: Float64Array,
  width: number,
  from: number,
  to: number,
): Float64Array | null {
  const first = Math.max(from, 0);
  const usedInputs = new Float64Array(Math.max(to - first + 1, 0) * width);
  const usedTargets = new Float64Array(Math.max(to - first + 1, 0));
  let used = 0;
  for (let row = first; row <= to; row++) {
    let known = Number.isFinite(targets[row]!);
    for (let i = 0; i < width; i++) {
      const value = inputs[row * width + i]!;
      usedInputs[used * width + i] = value;
      known &&= Number.isFinite(value);
    }
    if (known) usedTargets[used++] = targets[row]!;
  }
  if (used < MIN_TARGETS) return null;
  return leastSquares(usedInputs.subarray(0, used * width), usedTargets.subarray(0, used), width);
}

/** The forecast log volatility at one row; NaN where an input is missing. */
export function harForecast(coefficients: Float64Array, inputs: Float64Array, row: number): number {
  const width = coefficients.length - 1;
  let sum = coefficients[0]!;
  for (let i = 0; i < width; i++) sum += coefficients[i + 1]! * inputs[row * width + i]!;
  return sum;
}

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
