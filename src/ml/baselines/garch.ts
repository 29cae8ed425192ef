import type { Interval } from '../../core/candle.ts';
import { MEDIAN_INDEX, QUANTILE_LEVELS } from '../../core/quantiles.ts';
import { seededRandom, shuffle } from '../../core/random.ts';
import { emptyForecasts, forecastPlace, type RollingForecaster } from '../forecast/rolling-forecaster.ts';
import { approximateStudentTQuantile, studentTQuantile } from './distributions.ts';
import { fitGarch, type GarchParameters, nextVariance } from './garch-fit.ts';

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
 * over several candles see `garchShape`. NaN before 120 returns and where the row has no close.
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

/** Simulated paths per starting variance; each counts twice, as itself and mirrored. */
const PATHS = 4_096;
const SEED = 1_986;
/** Starting variances, from the lowest to the highest, at which the shape is simulated. */
const GRID = 3;
/** Bins of the histogram quantiles are read from. No distribution of unit variance has 5 % of it beyond 4.5 σ (Chebyshev). */
const BINS = 2_048;
const MAX_SIGMA = 8;
const LEVELS = QUANTILE_LEVELS.length;

/**
 * Orders in which the errors' strata are drawn at each step, the same for every simulation: every step then draws each
 * stratum of the distribution exactly once (Latin hypercube; McKay, Beckman & Conover 1979).
 */
export function drawOrders(steps: number): readonly Int32Array[] {
  const random = seededRandom(SEED);
  return Array.from({ length: steps }, () =>
    shuffle(
      Int32Array.from({ length: PATHS }, (_, i) => i),
      random,
    ),
  );
}

/** Expected variance of the sum of the next returns, for 1 … `steps` of them, when the next one's is `variance`. */
export function summedVariances(parameters: GarchParameters, variance: number, steps: number): Float64Array {
  const out = new Float64Array(steps);
  let expected = variance;
  let sum = 0;
  for (let i = 0; i < steps; i++) {
    sum += expected;
    out[i] = sum;
    expected = parameters.omega + (parameters.alpha + parameters.beta) * expected;
  }
  return out;
}

/** Quantiles of the sum of the next returns under one set of parameters, for any variance to begin from. */
interface GarchShape {
  /** Writes quantiles at QUANTILE_LEVELS of the horizon with the given index to `out` from `at` on. `variance` is the next candle's. */
  fill(stepIndex: number, variance: number, out: Float64Array, at: number): void;
}

/** Quantiles of the unit-variance errors at the middles of equally likely strata, exactly mirrored. */
function strata(freedom: number): Float64Array {
  const unit = Math.sqrt((freedom - 2) / freedom);
  const out = new Float64Array(PATHS);
  for (let i = 0; i < PATHS / 2; i++) {
    const quantile = unit * approximateStudentTQuantile((i + 0.5) / PATHS, freedom);
    out[i] = quantile;
    out[PATHS - 1 - i] = -quantile;
  }
  return out;
}

/**
 * Quantiles at QUANTILE_LEVELS of a unit-variance distribution symmetric about zero, from `sums` ÷ `deviation` with either sign:
 * counted in fine bins, which is far faster than sorting and exact to a fraction of a bin.
 */
function mirroredQuantiles(sums: Float64Array, deviation: number): number[] {
  const counts = new Int32Array(BINS + 1);
  const perUnit = BINS / (MAX_SIGMA * deviation);
  for (let i = 0; i < sums.length; i++) counts[Math.min(Math.abs(sums[i]!) * perUnit, BINS) | 0]!++;
  const upper: number[] = [];
  let [bin, below] = [0, 0];
  for (let k = MEDIAN_INDEX; k < LEVELS; k++) {
    const wanted = (2 * QUANTILE_LEVELS[k]! - 1) * sums.length;
    while (below + counts[bin]! < wanted) below += counts[bin++]!;
    const share = wanted > below ? (wanted - below) / counts[bin]! : 0;
    upper.push(((bin + share) * MAX_SIGMA) / BINS);
  }
  return QUANTILE_LEVELS.map((_, k) => (k < MEDIAN_INDEX ? -upper[MEDIAN_INDEX - k]! : upper[k - MEDIAN_INDEX]!));
}

/**
 * The multi-step distribution. One candle ahead it is Student's t to the last digit. Further ahead the sum has no closed form
 * (returns share their variance, so its tails are not t): the variance follows the recursion, and the shape, which depends
 * only on the starting variance relative to ω / (1 − β), is simulated with mirrored, stratified t errors at three such
 * starts and interpolated between them. Deterministic; `orders` come from `drawOrders(largest horizon)`.
 */
export function garchShape(
  parameters: GarchParameters,
  steps: readonly number[],
  orders: readonly Int32Array[],
): GarchShape {
  const { alpha, beta, omega, freedom } = parameters;
  const farthest = Math.max(...steps);
  const unit = Math.sqrt((freedom - 2) / freedom);
  const exact = QUANTILE_LEVELS.map((level) => unit * studentTQuantile(level, freedom));
  const tables = farthest > 1 ? simulate() : [];

  function simulate(): number[][][] {
    const errors = strata(freedom);
    return Array.from({ length: GRID }, (_, place) => {
      // The next variance is one; ω relative to it runs from nothing up to where the variance is at its least.
      const relativeOmega = (place / (GRID - 1)) * (1 - beta);
      const sums = new Float64Array(PATHS);
      const variances = new Float64Array(PATHS).fill(1);
      const usual = summedVariances({ ...parameters, omega: relativeOmega }, 1, farthest);
      const quantiles: number[][] = steps.map(() => []);
      for (let step = 0; step < farthest; step++) {
        const order = orders[step]!;
        for (let i = 0; i < PATHS; i++) {
          const variance = variances[i]!;
          const error = errors[order[i]!]!;
          sums[i]! += Math.sqrt(variance) * error;
          variances[i] = relativeOmega + variance * (alpha * error * error + beta);
        }
        steps.forEach((ahead, at) => {
          if (ahead !== step + 1 || ahead === 1) return;
          const deviation = Math.sqrt(usual[step]!);
          quantiles[at] = mirroredQuantiles(sums, deviation);
        });
      }
      return quantiles;
    });
  }

  return {
    fill(stepIndex, variance, out, at) {
      const ahead = steps[stepIndex]!;
      const deviation = Math.sqrt(summedVariances(parameters, variance, ahead)[ahead - 1]!);
      const position = Math.min(omega / (variance * Math.max(1 - beta, 1e-12)), 1) * (GRID - 1);
      const below = Math.min(Math.floor(position), GRID - 2);
      const share = position - below;
      for (let k = 0; k < LEVELS; k++) {
        const shape =
          ahead === 1
            ? exact[k]!
            : (1 - share) * tables[below]![stepIndex]![k]! + share * tables[below + 1]![stepIndex]![k]!;
        out[at + k] = shape * deviation;
      }
    },
  };
}
