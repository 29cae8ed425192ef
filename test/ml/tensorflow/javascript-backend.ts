import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
// For the gradients of the operations, which it registers.
import '@tensorflow/tfjs-layers';
import type { TensorFlow } from '../../../src/ml/tensorflow/load-tensorflow.ts';

/** TensorFlow.js on its plain JavaScript backend. */
export async function loadJavascriptBackend(): Promise<TensorFlow> {
  tf.enableProdMode();
  await tf.setBackend('cpu');
  return tf;
}
