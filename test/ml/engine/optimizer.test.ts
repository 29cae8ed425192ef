import { afterEach, describe, expect, it } from 'vitest';
import { lossGradient } from '../../../src/ml/engine/gradient.ts';
import { createTrainingSession } from '../../../src/ml/engine/session.ts';
import type { NetworkSpec, TrainingSession, Weights } from '../../../src/ml/engine/types.ts';
import { SMALL_CNN_LSTM } from './support/networks.ts';
import { noisyWeights, randomDataset, windowsFrom } from './support/synthetic.ts';

const spec: NetworkSpec = {
  ...SMALL_CNN_LSTM,
  trunk: SMALL_CNN_LSTM.trunk.filter(({ type }) => type !== 'dropout'),
  dense: SMALL_CNN_LSTM.dense.filter(({ type }) => type !== 'dropout'),
};
const dataset = randomDataset(spec, 120, 3);
const windows = windowsFrom(20, 90);
const open: TrainingSession[] = [];

afterEach(async () => {
  for (const session of open.splice(0)) await session.close();
});

/** AdamW as its paper writes it, in double precision, on the gradients of `lossGradient`. */
function adamw(weights: Weights, steps: number, rate: number, decay: number, clipNorm: number): Weights {
  const m = weights.map(({ data }) => new Float64Array(data.length));
  const v = weights.map(({ data }) => new Float64Array(data.length));
  let current = weights;
  for (let t = 1; t <= steps; t++) {
    const { gradient } = lossGradient(spec, current, dataset, windows);
    const norm = Math.sqrt(gradient.reduce((sum, { data }) => sum + data.reduce((s, x) => s + x * x, 0), 0));
    const clip = Math.min(1, clipNorm / norm);
    current = current.map((tensor, i) => ({
      ...tensor,
      data: tensor.data.map((value, j) => {
        const g = gradient[i]!.data[j]! * clip;
        m[i]![j] = 0.9 * m[i]![j]! + 0.1 * g;
        v[i]![j] = 0.999 * v[i]![j]! + 0.001 * g * g;
        const mean = m[i]![j]! / (1 - 0.9 ** t);
        const deviation = Math.sqrt(v[i]![j]! / (1 - 0.999 ** t)) + 1e-8;
        const kept = tensor.name.endsWith('kernel') ? value * (1 - rate * decay) : value;
        return kept - (rate * mean) / deviation;
      }),
    }));
  }
  return current;
}

function trained(weights: Weights, steps: number, rate: number, weightDecay: number, clipNorm: number): Weights {
  const session = createTrainingSession({ spec, dataset, threads: 1, seed: 1, build: 'simd' });
  open.push(session);
  session.setWeights(weights);
  for (let i = 0; i < steps; i++) {
    session.epoch({ windows, batch: 90, learningRates: Float32Array.of(rate), weightDecay, clipNorm });
  }
  return session.weights();
}

describe('the optimizer', () => {
  it.each([
    ['plain Adam', 0, Infinity],
    ['weight decay on kernels only', 0.5, Infinity],
    ['a bounded gradient norm', 0.1, 0.01],
    ['a bound that is never reached', 0.1, 1e6],
  ])('does what AdamW does, with %s', (_, decay, clipNorm) => {
    const weights = noisyWeights(spec, 4);
    const expected = adamw(weights, 4, 1e-3, decay, clipNorm);
    for (const [i, { name, data }] of trained(weights, 4, 1e-3, decay, clipNorm).entries()) {
      for (const [j, value] of data.entries()) {
        // A gradient near ε turns rounding into steps of its own, which stay well below the four steps of 1e-3.
        expect(Math.abs(value - expected[i]!.data[j]!), name).toBeLessThan(1e-4);
      }
    }
  });

  it('forgets its moments when weights are set', () => {
    const weights = noisyWeights(spec, 4);
    const session = createTrainingSession({ spec, dataset, threads: 1, seed: 1, build: 'simd' });
    open.push(session);
    const plan = { windows, batch: 90, learningRates: Float32Array.of(1e-3), weightDecay: 0, clipNorm: 1 };
    session.epoch(plan);
    session.setWeights(weights);
    session.epoch(plan);
    expect(session.weights()).toEqual(trained(weights, 1, 1e-3, 0, 1));
  });

  it('keeps the weights at a learning rate of 0', () => {
    const weights = noisyWeights(spec, 4);
    expect(trained(weights, 2, 0, 1, 1)).toEqual(weights);
  });
});
