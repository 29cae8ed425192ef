import { afterEach, describe, expect, it } from 'vitest';
import { createPredictor } from '../../../src/ml/engine/predictor.ts';
import { createTrainingSession } from '../../../src/ml/engine/session.ts';
import type {
  EngineDataset,
  EpochPlan,
  NetworkSpec,
  SessionOptions,
  TrainingSession,
  Weights,
} from '../../../src/ml/engine/types.ts';
import { initialWeights } from '../../../src/ml/engine/weights.ts';
import { FAMILIES, SMALL_CNN_LSTM, SMALL_LSTM } from './support/networks.ts';
import { randomDataset, windowInputs, windowsFrom } from './support/synthetic.ts';

const open: TrainingSession[] = [];

afterEach(async () => {
  for (const session of open.splice(0)) await session.close();
});

function start(options: Partial<SessionOptions> & { spec: NetworkSpec; dataset: EngineDataset }): TrainingSession {
  const session = createTrainingSession({ threads: 1, seed: 5, build: 'simd', ...options });
  open.push(session);
  return session;
}

function planFor(windows: Int32Array, batch: number, learningRate = 5e-3): EpochPlan {
  const learningRates = new Float32Array(Math.ceil(windows.length / batch)).fill(learningRate);
  return { windows, batch, learningRates, weightDecay: 1e-2, clipNorm: 1 };
}

const isSame = (a: Weights, b: Weights) =>
  a.every(({ data }, i) => data.every((value, j) => Object.is(value, b[i]!.data[j])));

describe('a training session', () => {
  const dataset = randomDataset(SMALL_CNN_LSTM, 700, 3);
  const windows = windowsFrom(20, 650);

  const trained = (options: Partial<SessionOptions>, batch: number) => {
    const session = start({ spec: SMALL_CNN_LSTM, dataset, ...options });
    const losses = [1, 2, 3].map(() => session.epoch(planFor(windows, batch)).meanLoss);
    return { losses, weights: session.weights() };
  };

  it.each([64, 70, 600])('gives the same bits on one, two and three threads with batches of %i', (batch) => {
    const one = trained({ threads: 1 }, batch);
    for (const threads of [2, 3]) {
      const several = trained({ threads }, batch);
      expect(several.losses).toEqual(one.losses);
      expect(isSame(several.weights, one.weights)).toBe(true);
    }
  });

  it('gives the same bits for the same seed and others for another', () => {
    const first = trained({ seed: 1 }, 64);
    expect(isSame(trained({ seed: 1 }, 64).weights, first.weights)).toBe(true);
    expect(isSame(trained({ seed: 2 }, 64).weights, first.weights)).toBe(false);
  });

  it('draws other dropout masks for another seed', () => {
    const common = initialWeights(SMALL_CNN_LSTM, 1);
    const [a, b] = [1, 2].map((seed) => {
      const session = start({ spec: SMALL_CNN_LSTM, dataset, seed });
      session.setWeights(common);
      return session.epoch(planFor(windows, 64)).meanLoss;
    });
    expect(a).not.toBe(b);
  });

  it.each(FAMILIES)('lowers the loss of %s on a pattern that can be learnt', (_, spec) => {
    const random = randomDataset(spec, 600, 9);
    const horizons = spec.head.type === 'quantile' ? spec.head.horizons : 1;
    // What is to be learnt: a feature of the last two steps.
    const targets = random.targets.map((_value, i) => {
      const row = Math.floor(i / horizons);
      return random.steps[row * spec.features]! * 2 - (row > 0 ? random.steps[(row - 1) * spec.features]! : 0);
    });
    const auxiliary = random.auxiliary.map(() => Number.NaN);
    const session = start({ spec, dataset: { ...random, targets, auxiliary }, threads: 2 });
    const plan = planFor(windowsFrom(20, 512), 32, 1e-2);
    const first = session.epoch(plan).meanLoss;
    let last = first;
    for (let i = 0; i < 25; i++) last = session.epoch(plan).meanLoss;
    expect(last).toBeLessThan(0.6 * first);
  });

  it('reports how far it is, at last with all windows and the mean loss', () => {
    const session = start({ spec: SMALL_CNN_LSTM, dataset });
    const reports: (readonly [number, number])[] = [];
    const { meanLoss } = session.epoch(planFor(windows, 32), (done, loss) => reports.push([done, loss]));
    expect(reports.map(([done]) => done)).toEqual([256, 512, 650]);
    expect(reports.at(-1)![1]).toBe(meanLoss);
  });

  it('forecasts what a predictor with its weights forecasts, to the bit, on any number of threads', () => {
    const session = start({ spec: SMALL_CNN_LSTM, dataset, threads: 2 });
    session.epoch(planFor(windows, 64));
    const { steps, contexts } = windowInputs(SMALL_CNN_LSTM, dataset, windows);
    const predictor = createPredictor(SMALL_CNN_LSTM, session.weights());
    expect(session.predict(windows)).toEqual(predictor.predict(windows.length, steps, contexts));
  });

  it('stops at the next batch when it is cancelled', () => {
    const cancel = new Int32Array(new SharedArrayBuffer(4));
    const session = start({ spec: SMALL_CNN_LSTM, dataset, cancel });
    let reached = 0;
    const run = () =>
      session.epoch(planFor(windows, 32), (done) => {
        reached = done;
        Atomics.store(cancel, 0, 1);
      });
    expect(run).toThrow(expect.objectContaining({ code: 'CC_TRAINING_CANCELLED' }));
    expect(reached).toBe(256);
  });

  it.each(['steps', 'context', 'targets'] as const)(
    'ends with its threads when %s make the loss infinite',
    async (name) => {
      const broken = { ...dataset, [name]: dataset[name].map((value, i) => (i % 50 === 49 ? Infinity : value)) };
      const session = start({ spec: SMALL_CNN_LSTM, dataset: broken, threads: 2 });
      const run = () => session.epoch(planFor(windows, 64));
      expect(run).toThrow(expect.objectContaining({ code: 'CC_TRAINING_DIVERGED' }));
      expect(run).toThrow(expect.objectContaining({ code: 'CC_TRAINING_DIVERGED' }));
      await session.close();
    },
  );

  it('diverges on inputs that are not numbers and keeps the weights from before the batch', () => {
    const broken = { ...dataset, steps: dataset.steps.map((value, i) => (i === 2000 ? Number.NaN : value)) };
    const session = start({ spec: SMALL_CNN_LSTM, dataset: broken });
    expect(() => session.epoch(planFor(windows, 64))).toThrow(
      expect.objectContaining({ code: 'CC_TRAINING_DIVERGED' }),
    );
    for (const { data } of session.weights()) expect(data.every(Number.isFinite)).toBe(true);
  });

  it('leaves unknown targets out: with none known nothing is learnt', () => {
    const unknown = {
      ...dataset,
      targets: dataset.targets.map(() => Number.NaN),
      auxiliary: dataset.auxiliary.map(() => Number.NaN),
    };
    const session = start({ spec: SMALL_CNN_LSTM, dataset: unknown });
    const before = session.weights();
    expect(session.epoch({ ...planFor(windows, 64), weightDecay: 0 }).meanLoss).toBe(0);
    expect(isSame(session.weights(), before)).toBe(true);
  });
});

describe('a training session refuses', () => {
  const spec = SMALL_LSTM;
  const dataset = randomDataset(spec, 50, 3);
  const shapeError = expect.objectContaining({ code: 'CC_ENGINE_SHAPE' });

  it.each([
    ['steps', { ...dataset, steps: dataset.steps.subarray(1) }],
    ['targets', { ...dataset, targets: new Float32Array(51) }],
    ['a context that is not there', { ...dataset, context: new Float32Array(50) }],
    ['auxiliary values that are not there', { ...dataset, auxiliary: new Float32Array(50) }],
    ['rows', { ...dataset, rows: 0 }],
  ])('a dataset with wrong %s', (_, wrong) => {
    expect(() => createTrainingSession({ spec, dataset: wrong, threads: 1, seed: 1, build: 'simd' })).toThrow(
      shapeError,
    );
  });

  it.each<[string, Partial<EpochPlan>]>([
    ['a window before the first row', { windows: Int32Array.of(7, 30) }],
    ['a window past the last row', { windows: Int32Array.of(50, 30) }],
    ['a negative row', { windows: Int32Array.of(-1, 30) }],
    ['no window', { windows: new Int32Array(0), learningRates: new Float32Array(0) }],
    ['too few learning rates', { learningRates: new Float32Array(0) }],
    ['a learning rate that is no number', { learningRates: Float32Array.of(Number.NaN) }],
    ['batches of 0', { batch: 0 }],
    ['batches of 1.5', { batch: 1.5 }],
    ['a negative decay', { weightDecay: -1 }],
    ['a clip norm of 0', { clipNorm: 0 }],
  ])('an epoch with %s, and goes on afterwards', (_, wrong) => {
    const session = start({ spec, dataset });
    const plan = planFor(windowsFrom(20, 10), 32);
    expect(() => session.epoch({ ...plan, ...wrong })).toThrow(shapeError);
    expect(session.epoch(plan).meanLoss).toBeGreaterThan(0);
  });

  it('weights of another network, forecasts outside the rows, and no threads', () => {
    const session = start({ spec, dataset });
    expect(() => session.setWeights(initialWeights(SMALL_CNN_LSTM, 1))).toThrow(shapeError);
    expect(() => session.setWeights(session.weights().slice(1))).toThrow(shapeError);
    expect(() => session.predict(Int32Array.of(50))).toThrow(shapeError);
    expect(() => start({ spec, dataset, threads: 0 })).toThrow(shapeError);
  });
});
