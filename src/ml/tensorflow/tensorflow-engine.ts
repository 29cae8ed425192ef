import type { Engine } from '../engine/types.ts';
import type { TensorFlow } from './load-tensorflow.ts';
import { createTensorflowPredictor } from './tensorflow-predictor.ts';
import { createTensorflowSession } from './tensorflow-session.ts';

/** TensorFlow behind the interface of the built-in engine, in the calling process. */
export function tensorflowEngine(tf: TensorFlow): Engine {
  return {
    name: () => 'tfjs-node',
    createTrainingSession: (options) => createTensorflowSession(tf, options),
    createPredictor: (spec, weights) => createTensorflowPredictor(tf, spec, weights),
  };
}
