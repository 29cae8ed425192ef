import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lossGradient } from '../../../src/ml/engine/loss-gradient.ts';
import type { DenseLayer, HeadSpec, NetworkSpec, TrunkLayer } from '../../../src/ml/engine/types.ts';
import { noisyWeights, randomDataset, relativeDifference, windowsFrom } from './support/synthetic.ts';
import { tensorflowGradient } from './support/tensorflow.ts';

const size = (max: number) => fc.integer({ min: 1, max });
const activation = fc.constantFrom('relu', 'linear');

const sequenceLayer: fc.Arbitrary<TrunkLayer> = fc.oneof(
  fc.record({ type: fc.constant('conv1d'), filters: size(20), kernel: size(6), activation }),
  fc.record({ type: fc.constant('maxPool'), size: size(3) }),
  fc.constant({ type: 'dropout', rate: 0.3 } as const),
);
const lastLayer: fc.Arbitrary<TrunkLayer> = fc.oneof(
  fc.record({ type: fc.constantFrom('lstm', 'gru'), units: size(20) }),
  fc.constant({ type: 'flatten' } as const),
);
const denseLayer: fc.Arbitrary<DenseLayer> = fc.record({
  type: fc.constant('dense'),
  units: size(20),
  activation: fc.constantFrom('tanh', 'linear'),
});
const head: fc.Arbitrary<HeadSpec> = fc.oneof(
  fc.record({ type: fc.constant('linear'), levels: fc.constant([0.2, 0.5, 0.6]) }),
  fc.record({
    type: fc.constant('quantile'),
    horizons: size(4),
    levels: fc.constantFrom([0.1, 0.5], [0.5, 0.9], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95]),
    auxiliary: fc.boolean(),
    auxiliaryWeight: fc.constantFrom(0, 0.5),
  }),
);
const network: fc.Arbitrary<NetworkSpec> = fc
  .record({
    window: fc.integer({ min: 1, max: 20 }),
    features: size(18),
    context: fc.integer({ min: 0, max: 9 }),
    trunk: fc.tuple(fc.array(sequenceLayer, { maxLength: 3 }), lastLayer).map(([layers, last]) => [...layers, last]),
    dense: fc.array(denseLayer, { maxLength: 2 }),
    head,
  })
  // TensorFlow.js cannot differentiate an LSTM over a single step (its `unstack` of one tensor has no list to stack again).
  .filter(
    ({ window, trunk }) => stepsLeft(window, trunk) > (['lstm', 'gru'].includes(trunk.at(-1)?.type ?? '') ? 1 : 0),
  );

/** Steps of the sequence after its pools. */
const stepsLeft = (window: number, trunk: readonly TrunkLayer[]) =>
  trunk.reduce((steps, layer) => (layer.type === 'maxPool' ? Math.floor(steps / layer.size) : steps), window);

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
      fc.asyncProperty(network, size(70), fc.nat(), async (spec, count, seed) => {
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
