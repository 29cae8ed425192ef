import { expect, it, vi } from 'vitest';
import { isTensorflowInstalled, loadTensorflow } from '../../../src/ml/tensorflow/load-tensorflow.ts';
import { createTensorflowSession } from '../../../src/ml/tensorflow/tensorflow-engine.ts';
import { SMALL_CNN_LSTM } from '../engine/support/networks.ts';
import { randomDataset, windowsFrom } from '../engine/support/synthetic.ts';
import { describeSameNumbers } from './same-numbers.ts';

const installed = isTensorflowInstalled();

// TensorFlow.js keeps one state per process, so this file must not load the plain JavaScript backend.
describeSameNumbers('native', installed, async () => {
  // The library greets on standard error.
  vi.stubEnv('TF_CPP_MIN_LOG_LEVEL', '3');
  return loadTensorflow();
});

it.skipIf(!installed)('computes with the native library', () => {
  expect(loadTensorflow().getBackend()).toBe('tensorflow');
});

it.skipIf(!installed)('leaves no tensor behind in training and forecasting', async () => {
  const tf = loadTensorflow();
  const before = tf.memory().numTensors;
  const dataset = randomDataset(SMALL_CNN_LSTM, 100, 3);
  const session = createTensorflowSession(tf, { spec: SMALL_CNN_LSTM, dataset, threads: 1, seed: 1, build: 'auto' });
  const windows = windowsFrom(20, 64);
  const learningRates = new Float32Array(2).fill(1e-3);
  await session.epoch({ windows, batch: 32, learningRates, weightDecay: 0.01, clipNorm: 1 });
  session.predict(windows);
  await session.close();
  expect(tf.memory().numTensors).toBe(before);
});
