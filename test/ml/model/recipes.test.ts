import type * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { createPredictor } from '../../../src/ml/engine/predictor.ts';
import { createTrainingSession } from '../../../src/ml/engine/session.ts';
import { fromTfjs, toTfjs } from '../../../src/ml/engine/tfjs-format.ts';
import { parameterCount } from '../../../src/ml/engine/weights.ts';
import { contextNames } from '../../../src/ml/features/build.ts';
import { DEFAULT_SIZE, FAMILIES, networkSpec } from '../../../src/ml/model/recipes.ts';
import { randomDataset, windowsFrom } from '../engine/support/synthetic.ts';
import { inputsOf, openInTensorflow } from '../engine/support/tensorflow.ts';

const context = contextNames('1d').length;

describe('the families of networks', () => {
  it('have about the same number of parameters', () => {
    const counts = FAMILIES.map((family) => parameterCount(networkSpec(family, context, 3)));
    expect(Math.min(...counts)).toBeGreaterThan(12_000);
    expect(Math.max(...counts) / Math.min(...counts)).toBeLessThan(1.1);
  });

  it.each(FAMILIES)(
    'of which %s learns, is saved, opens in plain TensorFlow.js and forecasts the same',
    async (family) => {
      const spec = networkSpec(family, 5, 2, { ...DEFAULT_SIZE, filters: 9, units: 11, dense: 13 });
      const random = randomDataset(spec, 400, 3);
      const targets = random.targets.map((_, i) => random.steps[(i >> 1) * spec.features]! * 2);
      const dataset = { ...random, targets };
      const session = createTrainingSession({ spec, dataset, threads: 1, seed: 2, build: 'simd' });
      try {
        const windows = windowsFrom(80, 256);
        const plan = { windows, batch: 32, learningRates: new Float32Array(8).fill(1e-2), weightDecay: 0, clipNorm: 1 };
        const losses = Array.from({ length: 12 }, () => session.epoch(plan).meanLoss);
        expect(losses.at(-1)!).toBeLessThan(0.8 * losses[0]!);
        const saved = toTfjs(spec, [session.weights()], {});
        const loaded = fromTfjs(JSON.parse(JSON.stringify(saved.modelJson)), saved.weightData);
        const inputs = inputsOf(spec, dataset, windowsFrom(350, 6));
        const [steps, contexts] = inputs.map((input) => input.dataSync() as Float32Array);
        const ours = createPredictor(loaded.spec, loaded.members[0]!).predict(6, steps!, contexts!);
        const theirs = ((await openInTensorflow(saved)).predict(inputs) as tf.Tensor).dataSync();
        expect(theirs.length).toBe(ours.length);
        for (const [i, value] of theirs.entries()) expect(value).toBeCloseTo(ours[i]!, 4);
      } finally {
        await session.close();
      }
    },
  );

  it.each(FAMILIES)('of which %s can be built for a short window and a single unit', (family) => {
    expect(() => parameterCount(networkSpec(family, 5, 2, { ...DEFAULT_SIZE, window: 12 }))).not.toThrow();
    expect(() => parameterCount(networkSpec(family, 5, 2, { ...DEFAULT_SIZE, units: 1, filters: 1 }))).not.toThrow();
  });
});
