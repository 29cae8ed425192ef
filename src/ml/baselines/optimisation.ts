/** A smooth function: returns its value at `x` and writes its gradient into `gradient`. */
export type SmoothFunction = (x: Float64Array, gradient: Float64Array) => number;

/** Where a minimisation ended. */
export interface Minimum {
  readonly x: Float64Array;
  readonly value: number;
  /** Whether the gradient or the progress became negligible, rather than the iterations running out. */
  readonly converged: boolean;
}

const ITERATIONS = 100;
const GRADIENT_TOLERANCE = 1e-6;
const PROGRESS_TOLERANCE = 1e-9;
/** No coordinate moves farther than this in one step: the transforms in use are exponential. */
const MAX_STEP = 2;
const SUFFICIENT_DECREASE = 1e-4;
const HALVINGS = 30;

const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

/**
 * Minimises a smooth function of a few unbounded variables by BFGS with a backtracking line search (Nocedal & Wright 2006,
 * algorithm 6.1). Coordinates are expected to be of order one. A value that is not a number counts as infinitely bad.
 */
export function minimise(objective: SmoothFunction, start: Float64Array): Minimum {
  const n = start.length;
  let x = start.slice();
  let gradient = new Float64Array(n);
  let value = objective(x, gradient);
  const inverse = identity(n);
  let scaled = false;
  let stalled = 0;
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    if (!Number.isFinite(value) || !gradient.every(Number.isFinite)) return { x, value, converged: false };
    if (Math.max(...gradient.map(Math.abs)) < GRADIENT_TOLERANCE) return { x, value, converged: true };
    const direction = times(inverse, gradient).map((v) => -v);
    let slope = dot(direction, gradient);
    if (!(slope < 0)) {
      inverse.set(identity(n));
      gradient.forEach((v, i) => {
        direction[i] = -v;
      });
      slope = -dot(gradient, gradient);
    }
    let step = Math.min(1, MAX_STEP / Math.max(...direction.map(Math.abs)));
    const nextGradient = new Float64Array(n);
    let next = x;
    let nextValue = Number.NaN;
    for (let halving = 0; halving < HALVINGS; halving++) {
      next = x.map((v, i) => v + step * direction[i]!);
      nextValue = objective(next, nextGradient);
      if (nextValue <= value + SUFFICIENT_DECREASE * step * slope) break;
      step /= 2;
      nextValue = Number.NaN;
    }
    // No step goes down any more: as good as it gets in floating point, if the slope is small.
    if (Number.isNaN(nextValue)) return { x, value, converged: -slope < 1e-6 };
    stalled = value - nextValue < PROGRESS_TOLERANCE ? stalled + 1 : 0;
    const moved = next.map((v, i) => v - x[i]!);
    const change = nextGradient.map((v, i) => v - gradient[i]!);
    scaled = update(inverse, moved, change, scaled);
    x = next;
    gradient = nextGradient;
    value = nextValue;
    if (stalled >= 2) return { x, value, converged: true };
  }
  return { x, value, converged: false };
}

function identity(n: number): Float64Array {
  return Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));
}

function times(matrix: Float64Array, vector: Float64Array): Float64Array {
  const n = vector.length;
  return vector.map((_, i) => dot(matrix.subarray(i * n, (i + 1) * n), vector));
}

/** BFGS update of the inverse Hessian; the first one sets its scale. Skipped where the curvature is not positive. */
function update(inverse: Float64Array, moved: Float64Array, change: Float64Array, scaled: boolean): boolean {
  const n = moved.length;
  const curvature = dot(moved, change);
  if (curvature <= 1e-14) return scaled;
  if (!scaled) {
    const size = curvature / dot(change, change);
    inverse.set(identity(n).map((v) => v * size));
  }
  const product = times(inverse, change);
  const outer = (1 + dot(change, product) / curvature) / curvature;
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++)
      inverse[i * n + j]! +=
        outer * moved[i]! * moved[j]! - (product[i]! * moved[j]! + moved[i]! * product[j]!) / curvature;
  return true;
}

/**
 * Ordinary least squares of `targets` on an intercept and the columns of `inputs` (row-major, `width` wide; both hold as many rows
 * as there are targets). Returns the intercept, then one coefficient a column. Solved by Cholesky on centred columns; where
 * they are collinear, a ridge of a millionth of their variance is added.
 */
export function leastSquares(inputs: Float64Array, targets: Float64Array, width: number): Float64Array {
  const n = targets.length;
  const means = new Float64Array(width);
  for (let i = 0; i < inputs.length; i++) means[i % width]! += inputs[i]! / n;
  const targetMean = targets.reduce((sum, value) => sum + value, 0) / n;
  const moments = new Float64Array(width * width);
  const cross = new Float64Array(width);
  for (let row = 0; row < n; row++) {
    for (let i = 0; i < width; i++) {
      const value = inputs[row * width + i]! - means[i]!;
      cross[i]! += value * (targets[row]! - targetMean);
      for (let j = 0; j <= i; j++) moments[i * width + j]! += value * (inputs[row * width + j]! - means[j]!);
    }
  }
  let largest = 0;
  for (let i = 0; i < width; i++) largest = Math.max(largest, moments[i * width + i]!);
  const slopes =
    solve(moments, cross, largest * 1e-12) ?? solve(withRidge(moments, width, largest * 1e-6 + 1e-12), cross, 0);
  const out = new Float64Array(width + 1);
  if (slopes) out.set(slopes, 1);
  out[0] = targetMean - means.reduce((sum, mean, i) => sum + mean * out[i + 1]!, 0);
  return out;
}

function withRidge(moments: Float64Array, width: number, ridge: number): Float64Array {
  return moments.map((value, i) => (i % (width + 1) === 0 ? value + ridge : value));
}

/** Solves the symmetric system whose lower triangle is given; null where a pivot is not above `least`. */
function solve(matrix: Float64Array, right: Float64Array, least: number): Float64Array | null {
  const n = right.length;
  const factor = matrix.slice();
  const x = right.slice();
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = factor[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= factor[i * n + k]! * factor[j * n + k]!;
      if (i !== j) factor[i * n + j] = sum / factor[j * n + j]!;
      else if (!(sum > least)) return null;
      else factor[i * n + i] = Math.sqrt(sum);
    }
    for (let k = 0; k < i; k++) x[i]! -= factor[i * n + k]! * x[k]!;
    x[i]! /= factor[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i]! -= factor[k * n + i]! * x[k]!;
    x[i]! /= factor[i * n + i]!;
  }
  return x;
}
