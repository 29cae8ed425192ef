import { afterEach, describe, expect, it } from 'vitest';
import { createPredictor } from '../../../src/ml/engine/predictor.ts';
import { createTrainingSession } from '../../../src/ml/engine/session.ts';
import type { EngineDataset, NetworkSpec, TrainingSession, Weights } from '../../../src/ml/engine/types.ts';
import { initialWeights, weightShapes } from '../../../src/ml/engine/weights.ts';
import { SMALL_CNN, SMALL_LSTM, SMALL_SENTIMENT } from './support/networks.ts';
import { noisyWeights, randomDataset, windowsFrom } from './support/synthetic.ts';

const WITH = SMALL_SENTIMENT;
const { sentiment: _, ...WITHOUT } = WITH;
const INPUTS = 11;
const isSentiment = ({ name }: { readonly name: string }) => name.startsWith('sentiment_');
const base = (weights: Weights) => weights.filter((tensor) => !isSentiment(tensor));

const open: TrainingSession[] = [];
afterEach(async () => {
  for (const session of open.splice(0)) await session.close();
});

function train(spec: NetworkSpec, dataset: EngineDataset, threads = 1, seed = 5): Weights {
  const session = createTrainingSession({ spec, dataset, threads, seed, build: 'simd' });
  open.push(session);
  const learningRates = new Float32Array(5).fill(5e-3);
  for (let epoch = 0; epoch < 3; epoch++) {
    session.epoch({ windows: windowsFrom(20, 640), batch: 130, learningRates, weightDecay: 0.01, clipNorm: 1 });
  }
  return session.weights();
}

describe('a network with sentiment behind a gate', () => {
  const dataset = randomDataset(WITH, 700, 3);
  const { steps, context } = randomDataset(WITH, 40 * WITH.window, 8);
  const contexts = context.subarray(0, 40 * WITH.context);

  it('forecasts without sentiment, to the bit, what the network without the branch forecasts', () => {
    const weights = noisyWeights(WITH, 3);
    const plain = createPredictor(WITHOUT, base(weights)).predict(40, steps, contexts);
    const gated = createPredictor(WITH, weights);
    const spoken = Float32Array.from({ length: 40 * INPUTS }, (_, i) => Math.sin(i));
    const heard = gated.predict(40, steps, contexts, spoken);
    expect(gated.predict(40, steps, contexts)).toEqual(plain);
    expect(gated.predict(40, steps, contexts, new Float32Array(40 * INPUTS))).toEqual(plain);
    expect(heard).not.toEqual(plain);
    // That something is known says nothing of itself.
    const silent = spoken.map((_, i) => (i % INPUTS < INPUTS - 2 ? 0 : 1));
    expect(gated.predict(40, steps, contexts, silent)).toEqual(plain);
    // What was heard of one window is nothing to another.
    const mixed = spoken.slice().fill(0, 5 * INPUTS, 40 * INPUTS);
    const part = gated.predict(40, steps, contexts, mixed);
    const width = plain.length / 40;
    expect(part.slice(0, 5 * width)).toEqual(heard.slice(0, 5 * width));
    expect(part.slice(5 * width)).toEqual(plain.slice(5 * width));
  });

  it('starts as the network without the branch starts, its gate nearly closed', () => {
    const weights = initialWeights(WITH, 7);
    expect(base(weights)).toEqual(initialWeights(WITHOUT, 7));
    expect(weights.filter(isSentiment).map(({ name, shape }) => `${name} ${shape.join('×')}`)).toEqual([
      'sentiment_gate/kernel 11×13',
      'sentiment_gate/bias 13',
      'sentiment_value/kernel 9×13',
    ]);
    expect(weights.find(({ name }) => name === 'sentiment_gate/bias')!.data.every((bias) => bias === -3)).toBe(true);
    expect(weights.find(({ name }) => name === 'sentiment_value/kernel')!.data.every((value) => value === 0)).toBe(
      true,
    );
  });

  it.each([
    ['none is given', undefined],
    ['it is all zeros', new Float32Array(700 * INPUTS)],
  ])('learns what the network without the branch learns when %s', (_, sentiment) => {
    const { sentiment: __, ...rest } = dataset;
    const silent = train(WITH, sentiment ? { ...rest, sentiment } : rest);
    const plain = train(WITHOUT, rest);
    expect(base(silent).map(({ data }) => data)).toEqual(plain.map(({ data }) => data));
    expect(silent.find(({ name }) => name === 'sentiment_gate/bias')!.data.every((bias) => bias === -3)).toBe(true);
  });

  it('learns the same bits on one, two and four threads, whole samples dropped at random', () => {
    const one = train(WITH, dataset);
    for (const threads of [2, 4]) expect(train(WITH, dataset, threads)).toEqual(one);
    expect(train({ ...WITH, sentiment: { inputs: INPUTS, masks: 2, dropout: 0 } }, dataset)).not.toEqual(one);
  });

  it('drops the share of samples it is told to', () => {
    // Every sample has the same sentiment, all that can tell targets of 1; the loss then counts who was heard.
    const spec: NetworkSpec = {
      window: 1,
      features: 1,
      context: 0,
      trunk: [{ type: 'flatten' }],
      dense: [{ type: 'dense', units: 1, activation: 'linear' }],
      sentiment: { inputs: 1, masks: 0, dropout: 0.4 },
      head: { type: 'linear', levels: [0.5] },
    };
    const rows = 4_096;
    const fill = (value: number) => new Float32Array(rows).fill(value);
    const data = {
      rows,
      steps: fill(0),
      context: fill(0).subarray(0, 0),
      targets: fill(1),
      auxiliary: new Float32Array(0),
      sentiment: fill(1),
    };
    const session = createTrainingSession({ spec, dataset: data, threads: 1, seed: 3, build: 'simd' });
    open.push(session);
    const value = (name: string) =>
      name === 'sentiment_value/kernel' || name === 'head/kernel' ? 1 : name === 'sentiment_gate/bias' ? 40 : 0;
    session.setWeights(
      weightShapes(spec).map(({ name, shape }) => ({ name, shape, data: Float32Array.of(value(name)) })),
    );
    const plan = {
      windows: windowsFrom(0, rows),
      batch: rows,
      learningRates: new Float32Array(1),
      weightDecay: 0,
      clipNorm: 1,
    };
    // Heard: forecast 1, no loss. Not heard: forecast 0, half of 1.
    const share = 2 * session.epoch(plan).meanLoss;
    expect(share).toBeGreaterThan(0.37);
    expect(share).toBeLessThan(0.43);
    expect(2 * session.epoch(plan).meanLoss).not.toBe(share);
    // Forecasts hear everything.
    expect(session.predict(windowsFrom(0, 64)).every((forecast) => Math.abs(forecast - 1) < 1e-6)).toBe(true);
  });

  it('is refused where it cannot enter, with nonsense for numbers, or with rows of another length', () => {
    const shape = expect.objectContaining({ code: 'CC_ENGINE_SHAPE' });
    const sentiment = { inputs: 4, masks: 1, dropout: 0.3 };
    expect(() => weightShapes({ ...SMALL_LSTM, sentiment })).toThrow(shape);
    for (const wrong of [
      { inputs: 0, masks: 0, dropout: 0 },
      { inputs: 2.5, masks: 0, dropout: 0 },
      { inputs: 4, masks: 4, dropout: 0 },
      { inputs: 4, masks: -1, dropout: 0 },
      { inputs: 4, dropout: 0 },
      { inputs: 4, masks: 0, dropout: 1 },
      { inputs: 4, masks: 0, dropout: Number.NaN },
      null,
      7,
    ]) {
      expect(() => weightShapes({ ...WITH, sentiment: wrong as never })).toThrow(shape);
    }
    const predictor = createPredictor(WITH, noisyWeights(WITH, 1));
    expect(() => predictor.predict(40, steps, contexts, new Float32Array(40 * INPUTS - 1))).toThrow(shape);
    const short = { ...dataset, sentiment: dataset.sentiment!.subarray(1) };
    expect(() => createTrainingSession({ spec: WITH, dataset: short, threads: 1, seed: 1, build: 'simd' })).toThrow(
      shape,
    );
    // A network without the branch takes none.
    const plain = createPredictor(SMALL_CNN, noisyWeights(SMALL_CNN, 1));
    const [s, c] = [new Float32Array(36), new Float32Array(2)];
    expect(() => plain.predict(1, s, c, new Float32Array(4))).toThrow(shape);
  });
});
