import { describe, expect, it } from 'vitest';
import { lossGradient } from '../../../src/ml/engine/gradient.ts';
import type { Weights } from '../../../src/ml/engine/types.ts';
import { NETWORKS } from './support/networks.ts';
import { noisyWeights, randomDataset, relativeDifference, windowsFrom } from './support/synthetic.ts';
import { tensorflowGradient } from './support/tensorflow.ts';

const WINDOWS = 39;
const cases = Object.entries(NETWORKS).map(([name, spec]) => {
  const dataset = randomDataset(spec, WINDOWS + spec.window, 11);
  return { name, spec, dataset, weights: noisyWeights(spec, 7), windows: windowsFrom(spec.window, WINDOWS) };
});

describe('the gradient of the loss', () => {
  it.each(cases)('agrees with TensorFlow.js for $name', async ({ spec, weights, dataset, windows }) => {
    const ours = lossGradient(spec, weights, dataset, windows);
    const theirs = await tensorflowGradient(spec, weights, dataset, windows);
    expect(ours.loss).toBeCloseTo(theirs.loss, 5);
    expect(ours.gradient.map(({ name }) => name).sort()).toEqual([...theirs.gradient.keys()].sort());
    for (const { name, data } of ours.gradient) {
      expect(relativeDifference(data, theirs.gradient.get(name)!), name).toBeLessThan(2e-5);
    }
  });

  it.each(cases)('agrees with finite differences for $name', ({ spec, weights, dataset, windows }) => {
    const { gradient } = lossGradient(spec, weights, dataset, windows);
    for (const [tensor, { name, data }] of gradient.entries()) {
      const expected = Math.hypot(...data);
      const direction = data.map((value) => value / Math.max(expected, 1e-12));
      const step = 2e-3;
      const up = lossGradient(spec, moved(weights, tensor, direction, step), dataset, windows).loss;
      const down = lossGradient(spec, moved(weights, tensor, direction, -step), dataset, windows).loss;
      const measured = (up - down) / (2 * step);
      // Float32 losses are good to about 1e-7, so the difference quotient to about 5e-5; kinks add some.
      expect(Math.abs(measured - expected), name).toBeLessThan(0.02 * expected + 2e-4);
    }
  });

  it('is the same in the relaxed build up to rounding', () => {
    for (const { spec, weights, dataset, windows } of cases) {
      const simd = lossGradient(spec, weights, dataset, windows, 'simd');
      const relaxed = lossGradient(spec, weights, dataset, windows, 'relaxed');
      for (const [i, { name, data }] of relaxed.gradient.entries()) {
        expect(relativeDifference(data, simd.gradient[i]!.data), name).toBeLessThan(1e-4);
      }
    }
  });
});

/** The weights with one tensor moved along a direction. */
function moved(weights: Weights, tensor: number, direction: Float32Array, step: number): Weights {
  return weights.map((weight, i) =>
    i === tensor ? { ...weight, data: weight.data.map((value, j) => value + direction[j]! * step) } : weight,
  );
}
