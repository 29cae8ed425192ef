import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { AwaitableSession, EpochPlan, SessionOptions } from '../../../src/ml/engine/types.ts';
import type { TensorFlow } from '../../../src/ml/tensorflow/load-tensorflow.ts';
import { createTensorflowSession } from '../../../src/ml/tensorflow/tensorflow-engine.ts';
import { createTensorflowPredictor } from '../../../src/ml/tensorflow/tensorflow-predictor.ts';
import { SMALL_CNN, SMALL_LSTM } from '../engine/support/networks.ts';
import { noisyWeights, randomDataset, windowsFrom } from '../engine/support/synthetic.ts';
import { loadJavascriptBackend } from './javascript-backend.ts';

let tf: TensorFlow;
const open: AwaitableSession[] = [];

beforeAll(async () => {
  tf = await loadJavascriptBackend();
});

afterEach(async () => {
  for (const session of open.splice(0)) await session.close();
});

const dataset = randomDataset(SMALL_CNN, 200, 3);
const windows = windowsFrom(20, 160);

function start(options: Partial<SessionOptions> = {}): AwaitableSession {
  const session = createTensorflowSession(tf, {
    spec: SMALL_CNN,
    dataset,
    threads: 1,
    seed: 5,
    build: 'auto',
    ...options,
  });
  open.push(session);
  return session;
}

function planFor(chosen: Int32Array, batch = 16): EpochPlan {
  const learningRates = new Float32Array(Math.ceil(chosen.length / batch)).fill(5e-3);
  return { windows: chosen, batch, learningRates, weightDecay: 1e-2, clipNorm: 1 };
}

describe('a training session on TensorFlow', () => {
  it('draws its dropout from the seed', async () => {
    const weights = noisyWeights(SMALL_CNN, 1);
    const losses: number[] = [];
    for (const seed of [1, 1, 2]) {
      const session = start({ seed });
      session.setWeights(weights);
      losses.push((await session.epoch(planFor(windows))).meanLoss);
    }
    expect(losses[1]).toBe(losses[0]);
    expect(losses[2]).not.toBe(losses[0]);
  });

  it('lowers the loss on a pattern that can be learnt', async () => {
    const spec = SMALL_LSTM;
    const random = randomDataset(spec, 200, 3);
    const targets = random.targets.map((_, row) => random.steps[row * spec.features]! * 2);
    const session = start({ spec, dataset: { ...random, targets } });
    const plan = { ...planFor(windows), learningRates: new Float32Array(10).fill(2e-2) };
    const first = (await session.epoch(plan)).meanLoss;
    let last = first;
    for (let i = 0; i < 12; i++) last = (await session.epoch(plan)).meanLoss;
    expect(last).toBeLessThan(0.5 * first);
  });

  it('reports how far it is, at last with all windows and the mean loss', async () => {
    const reports: (readonly [number, number])[] = [];
    const { meanLoss } = await start().epoch(planFor(windows), (done, loss) => reports.push([done, loss]));
    expect(reports.map(([done]) => done)).toEqual([128, 160]);
    expect(reports.at(-1)![1]).toBe(meanLoss);
  });

  it('leaves no tensor behind', async () => {
    const before = tf.memory().numTensors;
    const session = start();
    await session.epoch(planFor(windows));
    const after = tf.memory().numTensors;
    await session.epoch(planFor(windows));
    session.predict(windows);
    expect(tf.memory().numTensors).toBe(after);
    await session.close();
    open.pop();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('stops at the next batch when it is cancelled, and stays stopped', async () => {
    const cancel = new Int32Array(1);
    const session = start({ cancel });
    let reached = 0;
    const cancelled = expect.objectContaining({ code: 'CC_TRAINING_CANCELLED' });
    await expect(
      session.epoch(planFor(windows), (done) => {
        reached = done;
        cancel[0] = 1;
      }),
    ).rejects.toEqual(cancelled);
    expect(reached).toBe(128);
    await expect(session.epoch(planFor(windows))).rejects.toEqual(cancelled);
  });

  it('diverges on inputs that are not numbers and keeps the weights from before the batch', async () => {
    const broken = { ...dataset, steps: dataset.steps.map((value, i) => (i === 400 ? Number.NaN : value)) };
    const session = start({ dataset: broken });
    await expect(session.epoch(planFor(windows))).rejects.toEqual(
      expect.objectContaining({ code: 'CC_TRAINING_DIVERGED' }),
    );
    for (const { data } of session.weights()) expect(data.every(Number.isFinite)).toBe(true);
  });

  it('learns nothing where no target is known', async () => {
    const unknown = dataset.targets.map(() => Number.NaN);
    const session = start({ dataset: { ...dataset, targets: unknown, auxiliary: unknown } });
    const before = session.weights();
    expect((await session.epoch({ ...planFor(windows), weightDecay: 0 })).meanLoss).toBe(0);
    expect(session.weights()).toEqual(before);
  });

  it('refuses what the built-in engine refuses', async () => {
    const wrong = expect.objectContaining({ code: 'CC_ENGINE_SHAPE' });
    expect(() => start({ dataset: { ...dataset, steps: dataset.steps.subarray(1) } })).toThrow(wrong);
    expect(() => start({ threads: 0 })).toThrow(wrong);
    const session = start();
    await expect(session.epoch(planFor(Int32Array.of(200)))).rejects.toEqual(wrong);
    expect(() => session.predict(Int32Array.of(3))).toThrow(wrong);
    expect(() => session.setWeights(noisyWeights(SMALL_LSTM, 1))).toThrow(wrong);
    const predictor = createTensorflowPredictor(tf, SMALL_CNN, noisyWeights(SMALL_CNN, 1));
    expect(() => predictor.predict(2, new Float32Array(5), new Float32Array(4))).toThrow(wrong);
    expect(() => createTensorflowPredictor(tf, SMALL_CNN, noisyWeights(SMALL_LSTM, 1))).toThrow(wrong);
  });
});
