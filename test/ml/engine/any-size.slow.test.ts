import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lossGradient } from '../../../src/ml/engine/gradient.ts';
import type { NetworkSpec } from '../../../src/ml/engine/types.ts';
import { anyNetwork } from './support/any-network.ts';
import { noisyWeights, randomDataset, relativeDifference, windowsFrom } from './support/synthetic.ts';
import { tensorflowGradient } from './support/tensorflow.ts';

describe('a network of any size', () => {
  it('has the right gradient for an LSTM over a single step', () => {
    const spec: NetworkSpec = {
      window: 1,
      features: 3,
      context: 0,
      trunk: [{ type: 'lstm', units: 5 }],
      dense: [],
      head: { type: 'linear', levels: [0.5] },
    };
    const dataset = randomDataset(spec, 10, 1);
    const weights = noisyWeights(spec, 1);
    const windows = windowsFrom(1, 9);
    const { gradient } = lossGradient(spec, weights, dataset, windows);
    for (const [i, { name, data }] of gradient.entries()) {
      const expected = Math.hypot(...data);
      const along = (step: number) =>
        weights.map((tensor, j) =>
          i === j
            ? { ...tensor, data: tensor.data.map((value, k) => value + (data[k]! * step) / (expected || 1)) }
            : tensor,
        );
      const [up, down] = [1e-3, -1e-3].map((step) => lossGradient(spec, along(step), dataset, windows).loss);
      // There is no hidden state before the first step, so nothing is learnt about it.
      if (name === 'lstm_1/recurrent_kernel') expect(expected).toBe(0);
      else expect((up! - down!) / 2e-3).toBeCloseTo(expected, 3);
    }
  });

  it("has TensorFlow.js's loss and gradient, for any number of windows", async () => {
    await fc.assert(
      fc.asyncProperty(anyNetwork, fc.integer({ min: 1, max: 70 }), fc.nat(), async (spec, count, seed) => {
        const dataset = randomDataset(spec, count + spec.window, seed);
        const weights = noisyWeights(spec, seed);
        // At least one known target and auxiliary value, or TensorFlow.js's side divides by zero.
        dataset.targets[dataset.targets.length - 1] = 0.5;
        if (dataset.auxiliary.length > 0) dataset.auxiliary[dataset.auxiliary.length - 1] = 0.5;
        const windows = windowsFrom(spec.window, count);
        const ours = lossGradient(spec, weights, dataset, windows);
        const theirs = await tensorflowGradient(spec, weights, dataset, windows);
        expect(Math.abs(ours.loss - theirs.loss)).toBeLessThan(1e-5 * Math.max(1, theirs.loss));
        const flat = (part: (name: string, data: Float32Array) => Float32Array) =>
          ours.gradient.flatMap(({ name, data }) => [...part(name, data)]);
        const difference = relativeDifference(
          flat((_, data) => data),
          flat((name) => theirs.gradient.get(name)!),
        );
        expect(difference).toBeLessThan(1e-4);
      }),
      { numRuns: 40, seed: 20_261 },
    );
  });
});
