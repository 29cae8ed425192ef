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
