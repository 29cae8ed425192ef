import type { Interval } from '../../core/candle.ts';
import { emptyForecasts, forecastPlace, type RollingForecaster } from '../forecast/rolling-forecaster.ts';
import { fitGarch, type GarchParameters, nextVariance } from './garch-fit.ts';
import { drawOrders, type GarchShape, garchShape } from './garch-horizon.ts';

/** Rows between fits: a month of days, a week of hours. */
export const GARCH_REFIT_ROWS: Readonly<Record<Interval, number>> = { '1d': 30, '1h': 168 };
/** Returns a fit looks back over. */
export const GARCH_WINDOW: Readonly<Record<Interval, number>> = { '1d': 1_000, '1h': 1_500 };
/** Minimum number of returns for a fit. */
export const GARCH_MIN_RETURNS = 120;
/**
 * Fits between two searches that do not start from the previous fit. It bounds how long a bad fit can influence later ones, and makes
 * the forecast at a row depend on a bounded number of fits, whichever rows are requested.
 */
const FITS_PER_START = 12;
/** Parameters where no search converges: typical values of liquid assets, scaled to the sample variance. */
const USUAL: GarchParameters = { omega: 0.03, alpha: 0.08, beta: 0.89, freedom: 4 };

/** The known returns, and the number of them up to each row. */
function compact(returns: Float64Array): { values: Float64Array; seen: Int32Array } {
  const seen = new Int32Array(returns.length);
  let count = 0;
  returns.forEach((value, row) => {
    if (!Number.isNaN(value)) count++;
    seen[row] = count;
  });
  return { values: returns.filter((value) => !Number.isNaN(value)), seen };
}

/** The model between two fits. */
class GarchState {
  parameters: GarchParameters | null = null;
  variance = Number.NaN;
  shape: GarchShape | null = null;
  #scaled: GarchParameters | null = null;

  /** Fits to the window. A search that fails keeps the parameters of before; where there are none, the usual ones are taken. */
  fit(window: Float64Array, fresh: boolean): void {
    const fit = fitGarch(window, fresh ? null : this.#scaled);
    const square = window.reduce((sum, value) => sum + value * value, 0) / window.length;
    if (fit) [this.parameters, this.#scaled] = [fit.parameters, fit.scaled];
    else if (fresh || !this.parameters) {
      this.parameters = { ...USUAL, omega: USUAL.omega * Math.max(square, 1e-10) };
      this.#scaled = USUAL;
    }
    this.shape = null;
    this.variance = nextVariance(window, this.parameters!);
  }

  /** Updates the variance with one return. */
  observe(value: number): void {
    const { omega, alpha, beta } = this.parameters!;
    this.variance = omega + alpha * value * value + beta * this.variance;
  }
}

/**
 * GARCH(1,1) with Student-t errors and zero mean, per coin: fitted by maximum likelihood on the trailing returns known at the
 * refit row, refitted every 30 days or 168 hours; the variance follows each return in between. For the distribution
 * over several candles see garch-horizon.ts. NaN before 120 returns and where the row has no close.
 */
export const garchBaseline: RollingForecaster = {
  name: 'GARCH-t',
  forecast(coin, steps, rows) {
    const { columns, returns } = coin.series;
    const out = emptyForecasts(rows, steps);
    const { values, seen } = compact(returns);
    const refitRows = GARCH_REFIT_ROWS[columns.interval];
    const startRows = refitRows * FITS_PER_START;
    const orders = drawOrders(Math.max(1, ...steps));
    const first = seen.findIndex((count) => count >= GARCH_MIN_RETURNS);
    if (first < 0 || rows.length === 0) return out;
    const state = new GarchState();
    let row = Math.max(first, Math.floor(rows[0]! / startRows) * startRows);
    rows.forEach((wanted, index) => {
      for (; row <= wanted; row++) {
        const count = seen[row]!;
        if (row % refitRows === 0 || !state.parameters) {
          const window = values.subarray(Math.max(0, count - GARCH_WINDOW[columns.interval]), count);
          state.fit(window, row % startRows === 0 || !state.parameters);
        } else if (!Number.isNaN(returns[row]!)) state.observe(returns[row]!);
      }
      if (!state.parameters || Number.isNaN(columns.close[wanted]!)) return;
      state.shape ??= garchShape(state.parameters, steps, orders);
      for (let at = 0; at < steps.length; at++)
        state.shape.fill(at, state.variance, out, forecastPlace(index, at, steps.length));
    });
    return out;
  },
};
