import type * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPredictor } from '../../../src/ml/engine/predictor.ts';
import { toTfjs } from '../../../src/ml/engine/tfjs-format.ts';
import type { NetworkSpec } from '../../../src/ml/engine/types.ts';
import { initialWeights } from '../../../src/ml/engine/weights.ts';
import { FAMILIES, QUANTILE_HEAD, SMALL_CNN_LSTM } from './support/networks.ts';
import { noisyWeights, randomDataset, windowsFrom } from './support/synthetic.ts';
import { inputsOf, openInTensorflow } from './support/tensorflow.ts';

const shapeError = expect.objectContaining({ code: 'CC_ENGINE_SHAPE' });

describe('a predictor', () => {
  it.each(FAMILIES)('forecasts with %s what TensorFlow.js forecasts with the saved model', async (_, spec) => {
    const weights = noisyWeights(spec, 3);
    const model = await openInTensorflow(toTfjs(spec, [weights], {}));
    const dataset = randomDataset(spec, 60, 4);
    const inputs = inputsOf(spec, dataset, windowsFrom(20, 37));
    const theirs = model.predict(inputs) as tf.Tensor;
    const [steps, context = new Float32Array(0)] = inputs.map((input) => input.dataSync() as Float32Array);
    const width = spec.sentiment?.inputs ?? 0;
    const sentiment = dataset.sentiment?.slice(20 * width, 57 * width);
    const ours = createPredictor(spec, weights).predict(37, steps!, context, sentiment);
    expect(ours.length).toBe(theirs.size);
    const expected = theirs.dataSync();
    for (const [i, value] of ours.entries()) expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-5);
  });

  it('gives each window the same bits alone as among others', () => {
    const spec = SMALL_CNN_LSTM;
    const { steps, context } = randomDataset(spec, 600 * spec.window, 8);
    const predictor = createPredictor(spec, noisyWeights(spec, 3));
    const perWindow = spec.window * spec.features;
    const all = predictor.predict(600, steps, context.subarray(0, 600 * spec.context));
    expect(predictor.predict(0, new Float32Array(0), new Float32Array(0))).toHaveLength(0);
    for (const i of [0, 1, 31, 33, 511, 512, 599]) {
      const window = steps.subarray(i * perWindow, (i + 1) * perWindow);
      const alone = predictor.predict(1, window, context.subarray(i * spec.context, (i + 1) * spec.context));
      expect(alone).toEqual(all.slice(i * alone.length, (i + 1) * alone.length));
    }
  });

  it('never lets quantiles cross, whatever the weights and inputs', () => {
    const spec: NetworkSpec = { ...SMALL_CNN_LSTM, window: 4, trunk: [{ type: 'flatten' }], dense: [] };
    const size = spec.window * spec.features;
    fc.assert(
      fc.property(fc.integer(), fc.double({ min: 0.1, max: 1000, noNaN: true }), (seed, scale) => {
        const weights = noisyWeights(spec, seed).map((t) => ({ ...t, data: t.data.map((value) => value * scale) }));
        const { steps, context } = randomDataset(spec, spec.window, seed);
        const forecast = createPredictor(spec, weights).predict(1, steps.subarray(0, size), context.subarray(0, 5));
        const { levels, horizons } = QUANTILE_HEAD;
        for (let h = 0; h < horizons; h++) {
          const curve = forecast.subarray(h * levels.length, (h + 1) * levels.length);
          for (let k = 1; k < curve.length; k++) expect(curve[k]).toBeGreaterThanOrEqual(curve[k - 1]!);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('starts from the standard normal quantiles, spread a little by the input', () => {
    const spec: NetworkSpec = {
      ...SMALL_CNN_LSTM,
      head: { ...QUANTILE_HEAD, levels: [0.025, 0.25, 0.5, 0.75, 0.975] },
    };
    const weights = initialWeights(spec, 1);
    const { steps, context } = randomDataset(spec, spec.window, 3);
    const zeros = createPredictor(spec, weights).predict(
      1,
      steps.map(() => 0),
      context.subarray(0, 5).map(() => 0),
    );
    const normal = [-1.95996, -0.67449, 0, 0.67449, 1.95996];
    for (const [i, value] of zeros.entries()) expect(value).toBeCloseTo(normal[i % 5]!, 4);
    const some = createPredictor(spec, weights).predict(1, steps, context.subarray(0, 5));
    expect(some[2]).toBe(0);
    expect(some[4]).not.toBeCloseTo(1.95996, 6);
    expect(some[4]).toBeCloseTo(1.96, 0);
  });

  it('refuses inputs and weights of the wrong size', () => {
    const spec = SMALL_CNN_LSTM;
    const weights = initialWeights(spec, 1);
    const predictor = createPredictor(spec, weights);
    const steps = new Float32Array(2 * spec.window * spec.features);
    const context = new Float32Array(2 * spec.context);
    expect(predictor.predict(2, steps, context)).toHaveLength(2 * 2 * 6);
    expect(() => predictor.predict(1, steps, context)).toThrow(shapeError);
    expect(() => predictor.predict(2, steps, context.subarray(1))).toThrow(shapeError);
    expect(() => predictor.predict(-1, steps, context)).toThrow(shapeError);
    expect(() => createPredictor(spec, weights.slice(1))).toThrow(shapeError);
    expect(() => createPredictor({ ...spec, features: 8 }, weights)).toThrow(shapeError);
  });

  it.each<[string, Partial<NetworkSpec>]>([
    ['a sequence that does not end', { trunk: [{ type: 'maxPool', size: 2 }] }],
    [
      'a convolution after the LSTM',
      {
        trunk: [
          { type: 'lstm', units: 3 },
          { type: 'conv1d', filters: 3, kernel: 3, activation: 'relu' },
        ],
      },
    ],
    ['a pool that leaves nothing', { trunk: [{ type: 'maxPool', size: 14 }, { type: 'flatten' }] }],
    ['no units', { trunk: [{ type: 'lstm', units: 0 }] }],
    ['a dropout of everything', { dense: [{ type: 'dropout', rate: 1 }] }],
    ['levels that descend', { head: { ...QUANTILE_HEAD, levels: [0.5, 0.1] } }],
    ['no median', { head: { ...QUANTILE_HEAD, levels: [0.1, 0.9] } }],
    ['a level of 1', { head: { type: 'linear', levels: [0.5, 1] } }],
    ['half a window', { window: 2.5 }],
  ])('refuses a network with %s', (_, wrong) => {
    expect(() => initialWeights({ ...SMALL_CNN_LSTM, ...wrong }, 1)).toThrow(shapeError);
  });
});
