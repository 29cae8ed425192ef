import type { BoostOptions } from '../../../../src/ml/trees/boost.ts';

/** Numbers in [0, 1) of 24 bits, from a generator that is a line long in any language. */
export function congruential(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) / 2 ** 24;
  };
}

/** Nearly normal numbers: mean 0, variance 1. */
export const noiseOf = (uniform: () => number) => () =>
  (uniform() + uniform() + uniform() + uniform() - 2) * Math.sqrt(3);

/** Returns whose scale depends on three inputs and whose sign leans with a fourth; two inputs say nothing. */
export function makeReturns(rows: number, lean: number) {
  const uniform = congruential(12345);
  const noise = noiseOf(uniform);
  const width = 6;
  const inputs = new Float32Array(rows * width);
  const returns = new Float32Array(rows);
  const ranges = new Float32Array(rows);
  const logScale = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const x = inputs.subarray(row * width, (row + 1) * width);
    for (let i = 0; i < width; i++) x[i] = 2 * uniform() - 1;
    logScale[row] = 0.5 * x[0]! + 0.6 * x[1]! * x[2]!;
    returns[row] = Math.exp(logScale[row]!) * (noise() + lean * x[3]!);
    ranges[row] = logScale[row]! + 0.2 + 0.3 * noise();
  }
  return { rows, width, inputs, returns, ranges, logScale };
}

/** The rows from `from` to `to`. */
export const rowsBetween = (from: number, to: number) => Int32Array.from({ length: to - from }, (_, i) => from + i);

/** Boosting without any sampling. */
export const WHOLE: BoostOptions = {
  rounds: 60,
  leaves: 15,
  learningRate: 0.1,
  minimumRows: 40,
  l2: 1,
  columnShare: 1,
  rowShare: 1,
  seed: 1,
};

/** Half squared error: gradient raw − target, hessian 1. */
export function squaredLoss(targets: ArrayLike<number>, start = 0) {
  return {
    start,
    derivatives(raw: Float64Array, gradient: Float64Array, hessian: Float64Array) {
      for (let i = 0; i < raw.length; i++) {
        gradient[i] = raw[i]! - targets[i]!;
        hessian[i] = 1;
      }
    },
  };
}
