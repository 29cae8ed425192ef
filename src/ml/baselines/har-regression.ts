import { rollingMean } from '../forecast/rolling.ts';
import { leastSquares } from './least-squares.ts';

/** Fewer complete targets than this do not make a regression. */
const FEWEST_TARGETS = 60;

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
  if (used < FEWEST_TARGETS) return null;
  return leastSquares(usedInputs.subarray(0, used * width), usedTargets.subarray(0, used), width);
}

/** The forecast log volatility at one row; NaN where an input is missing. */
export function harForecast(coefficients: Float64Array, inputs: Float64Array, row: number): number {
  const width = coefficients.length - 1;
  let sum = coefficients[0]!;
  for (let i = 0; i < width; i++) sum += coefficients[i + 1]! * inputs[row * width + i]!;
  return sum;
}
