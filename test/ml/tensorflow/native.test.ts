import { expect, it, vi } from 'vitest';
import { isTensorflowInstalled, loadTensorflow } from '../../../src/ml/tensorflow/load-tensorflow.ts';
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
