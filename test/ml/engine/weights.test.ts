import { describe, expect, it } from 'vitest';
import { toTfjs } from '../../../src/ml/engine/tfjs-format.ts';
import type { NetworkSpec } from '../../../src/ml/engine/types.ts';
import { initialWeights, parameterCount, weightShapes } from '../../../src/ml/engine/weights.ts';
import { FAMILIES, QUANTILE_HEAD, SMALL_CNN_LSTM } from './support/networks.ts';
import { openInTensorflow } from './support/tensorflow.ts';

const byName = (spec: NetworkSpec, seed: number, name: string) =>
  initialWeights(spec, seed).find((tensor) => tensor.name === name)!;

describe('the weights of a network', () => {
  it('have the names and shapes of TensorFlow.js', () => {
    expect(weightShapes(SMALL_CNN_LSTM).map(({ name, shape }) => `${name} ${shape.join('×')}`)).toEqual([
      'conv1d_1/kernel 3×7×10',
      'conv1d_1/bias 10',
      'lstm_1/kernel 10×36',
      'lstm_1/recurrent_kernel 9×36',
      'lstm_1/bias 36',
      'dense_1/kernel 14×13',
      'dense_1/bias 13',
      'head/kernel 13×10',
      'head/bias 10',
      'head/base 2×5',
    ]);
  });

  it.each(FAMILIES)('are as many for %s as TensorFlow.js counts without the fixed kernels', async (_, spec) => {
    const model = await openInTensorflow(toTfjs(spec, [initialWeights(spec, 1)], {}));
    const fixed = model.weights
      .filter(({ originalName }) => /(increments|quantiles)\/kernel/.test(originalName))
      .reduce((sum, { shape }) => sum + (shape as number[]).reduce((a, b) => a * b, 1), 0);
    expect(parameterCount(spec)).toBe(model.countParams() - fixed);
  });

  it('start within the Glorot bound and fill it', () => {
    const { data } = byName({ ...SMALL_CNN_LSTM, features: 40 }, 3, 'conv1d_1/kernel');
    const bound = Math.sqrt(6 / ((40 + 10) * 3));
    const largest = Math.max(...data.map(Math.abs));
    expect(largest).toBeLessThanOrEqual(Math.fround(bound));
    expect(largest).toBeGreaterThan(0.95 * bound);
    expect(Math.abs(data.reduce((sum, value) => sum + value, 0) / data.length)).toBeLessThan(0.1 * bound);
  });

  it('start with an orthogonal recurrent kernel per gate', () => {
    const units = 9;
    const { data } = byName(SMALL_CNN_LSTM, 3, 'lstm_1/recurrent_kernel');
    for (let gate = 0; gate < 4; gate++) {
      for (let a = 0; a < units; a++) {
        for (let b = 0; b <= a; b++) {
          let dot = 0;
          for (let c = 0; c < units; c++) {
            dot += data[a * 4 * units + gate * units + c]! * data[b * 4 * units + gate * units + c]!;
          }
          expect(dot).toBeCloseTo(a === b ? 1 : 0, 6);
        }
      }
    }
  });

  it('start with a forget bias of one and all other biases zero', () => {
    expect([...byName(SMALL_CNN_LSTM, 3, 'lstm_1/bias').data]).toEqual(
      Array.from({ length: 36 }, (_, i) => (i >= 9 && i < 18 ? 1 : 0)),
    );
    for (const name of ['conv1d_1/bias', 'dense_1/bias', 'head/bias']) {
      expect(byName(SMALL_CNN_LSTM, 3, name).data.every((value) => value === 0)).toBe(true);
    }
  });

  it('start with a location that no input moves', () => {
    const { data, shape } = byName(SMALL_CNN_LSTM, 3, 'head/kernel');
    const columns = shape[1]!;
    for (const [i, value] of data.entries()) expect(value === 0).toBe((i % columns) % 5 === 0);
  });

  it('start with the standard normal as base curve, also far in the tails', () => {
    const head = { ...QUANTILE_HEAD, levels: [0.0001, 0.0005, 0.5, 0.9999] };
    const { data } = byName({ ...SMALL_CNN_LSTM, head }, 1, 'head/base');
    const increments = [...data].map((value) => Math.log1p(Math.exp(value)));
    const expected = [3.719016 - 3.290527, 3.290527, 3.719016];
    for (const [i, value] of increments.entries()) expect(value).toBeCloseTo(expected[i % 3]!, 5);
  });

  it('are the same for the same seed only', () => {
    expect(initialWeights(SMALL_CNN_LSTM, 1)).toEqual(initialWeights(SMALL_CNN_LSTM, 1));
    expect(initialWeights(SMALL_CNN_LSTM, 1)).not.toEqual(initialWeights(SMALL_CNN_LSTM, 2));
  });
});
