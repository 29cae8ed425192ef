import type { Variable } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { REFERENCE_SPEC } from '../../../src/ml/engine/benchmark.ts';
import { lossGradient } from '../../../src/ml/engine/gradient.ts';
import { createPredictor } from '../../../src/ml/engine/predictor.ts';
import { createTrainingSession } from '../../../src/ml/engine/session.ts';
import type { NetworkSpec, SessionOptions } from '../../../src/ml/engine/types.ts';
import { networkSpec } from '../../../src/ml/model/recipes.ts';
import type { TensorFlow } from '../../../src/ml/tensorflow/load-tensorflow.ts';
import { batchLossGradient } from '../../../src/ml/tensorflow/loss.ts';
import { createTensorflowSession } from '../../../src/ml/tensorflow/tensorflow-engine.ts';
import { createTensorflowPredictor } from '../../../src/ml/tensorflow/tensorflow-predictor.ts';
import { NETWORKS, SMALL_SENTIMENT } from '../engine/support/networks.ts';
import {
  noisyWeights,
  randomDataset,
  relativeDifference,
  windowInputs,
  windowsFrom,
} from '../engine/support/synthetic.ts';

const WINDOWS = 39;
const whole: Readonly<Record<string, NetworkSpec>> = {
  'the reference network': REFERENCE_SPEC,
  'the shipped recipe': networkSpec('cnn-lstm', 20, 3),
  'the recipe with sentiment': { ...networkSpec('cnn-lstm', 20, 3), sentiment: { inputs: 18, masks: 4, dropout: 0.4 } },
};
const cases = Object.entries({ ...NETWORKS, ...whole }).map(([name, spec]) => {
  const dataset = randomDataset(spec, WINDOWS + spec.window, 11);
  return { name, spec, dataset, weights: noisyWeights(spec, 7), windows: windowsFrom(spec.window, WINDOWS) };
});

/** The largest difference between two lists of numbers of the same length. */
function furthest(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), 0);
}

/** That a TensorFlow gives the built-in engine's numbers; every test is skipped where it is not installed. */
export function describeSameNumbers(name: string, installed: boolean, load: () => Promise<TensorFlow>): void {
  describe(`TensorFlow (${name})`, () => {
    it.skipIf(!installed).each(cases)('has the gradient of the built-in engine for $name', async (one) => {
      const tf = await load();
      const { spec, dataset, weights, windows } = one;
      const ours = lossGradient(spec, weights, dataset, windows);
      const variables = new Map<string, Variable>(
        weights.map(({ name, shape, data }) => [name, tf.variable(tf.tensor(data, [...shape]))]),
      );
      const theirs = batchLossGradient(tf, spec, variables, dataset, windows, null);
      expect(theirs.loss).toBeCloseTo(ours.loss, 5);
      expect([...theirs.gradient.keys()]).toEqual(ours.gradient.map(({ name }) => name));
      for (const { name, data } of ours.gradient) {
        expect(relativeDifference(theirs.gradient.get(name)!, data), name).toBeLessThan(1e-4);
      }
    });

    it.skipIf(!installed).each(cases)('forecasts what the built-in engine forecasts for $name', async (one) => {
      const tf = await load();
      const { spec, dataset, weights, windows } = one;
      const { steps, contexts } = windowInputs(spec, dataset, windows);
      const width = spec.sentiment?.inputs ?? 0;
      const sentiments = Float32Array.from({ length: windows.length * width }, (_, i) => {
        return dataset.sentiment![windows[Math.floor(i / width)]! * width + (i % width)]!;
      });
      const [ours, theirs] = [createPredictor(spec, weights), createTensorflowPredictor(tf, spec, weights)];
      for (const sentiment of width > 0 ? [sentiments, undefined] : [undefined]) {
        const given = [windows.length, steps, contexts, sentiment] as const;
        expect(furthest(theirs.predict(...given), ours.predict(...given))).toBeLessThan(1e-4);
      }
    });

    it.skipIf(!installed)(
      'takes the same steps in training: loss, weights and forecasts after two epochs',
      async () => {
        const tf = await load();
        // Without dropout, whose masks differ.
        const keep = <T extends { type: string }>(layers: readonly T[]) =>
          layers.filter(({ type }) => type !== 'dropout');
        const { trunk, dense } = SMALL_SENTIMENT;
        const spec = {
          ...SMALL_SENTIMENT,
          trunk: keep(trunk),
          dense: keep(dense),
          sentiment: { inputs: 11, masks: 2, dropout: 0 },
        };
        const dataset = randomDataset(spec, 300, 3);
        const options: SessionOptions = { spec, dataset, threads: 1, seed: 4, build: 'simd' };
        const windows = windowsFrom(20, 250);
        const learningRates = Float32Array.from({ length: 4 }, (_, i) => 4e-3 - i * 1e-3);
        const plan = { windows, batch: 64, learningRates, weightDecay: 0.1, clipNorm: 0.2 };
        const ours = createTrainingSession(options);
        const theirs = createTensorflowSession(tf, options);
        try {
          for (let epoch = 0; epoch < 2; epoch++) {
            const expected = ours.epoch(plan).meanLoss;
            expect((await theirs.epoch(plan)).meanLoss).toBeCloseTo(expected, 5);
          }
          const expected = ours.weights();
          for (const [i, { name, data }] of theirs.weights().entries()) {
            expect(relativeDifference(data, expected[i]!.data), name).toBeLessThan(1e-3);
          }
          expect(furthest(theirs.predict(windows), ours.predict(windows))).toBeLessThan(1e-3);
        } finally {
          await Promise.all([ours.close(), theirs.close()]);
        }
      },
    );
  });
}
