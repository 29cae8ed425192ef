import type { WorkerPoolOptions } from '../../workers/worker-pool.ts';
import type { Engine } from '../engine/types.ts';
import { type Backend, builtInEngine } from '../model/backend.ts';
import { loadTensorflow, requireTensorflowInstalled, type TensorFlow } from './load-tensorflow.ts';
import { createTensorflowPredictor } from './tensorflow-predictor.ts';
import { createTensorflowSession } from './tensorflow-session.ts';

/** TensorFlow behind the interface of the built-in engine, in the calling process. */
function tensorflowEngine(tf: TensorFlow): Engine {
  return {
    name: () => 'tfjs-node',
    createTrainingSession: (options) => createTensorflowSession(tf, options),
    createPredictor: (spec, weights) => createTensorflowPredictor(tf, spec, weights),
  };
}

/** The engine of a backend, in a worker that was started with the options of `backendWorker`. Throws `CC_BACKEND_MISSING`. */
export const engineOf = (backend: Backend): Engine =>
  backend === 'wasm' ? builtInEngine : tensorflowEngine(loadTensorflow());

/**
 * How a worker is started that computes with a backend: threads for the built-in engine; for native TensorFlow, which is reported to crash in
 * threads, a process that computes with so many. Throws `CC_BACKEND_MISSING` when native TensorFlow is not installed.
 */
export function backendWorker(
  backend: Backend,
  threads: number,
): Pick<WorkerPoolOptions<never>, 'kind' | 'environment'> {
  if (backend === 'wasm') return { kind: 'thread' };
  requireTensorflowInstalled();
  return {
    kind: 'process',
    environment: {
      TF_NUM_INTRAOP_THREADS: String(threads),
      TF_NUM_INTEROP_THREADS: '1',
      OMP_NUM_THREADS: String(threads),
      TF_CPP_MIN_LOG_LEVEL: '3',
    },
  };
}
