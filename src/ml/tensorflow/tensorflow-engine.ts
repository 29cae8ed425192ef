import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Variable } from '@tensorflow/tfjs-core';
import { CandlecastError } from '../../core/errors.ts';
import { seededRandom } from '../../core/random.ts';
import type { WorkerPoolOptions } from '../../workers/worker-pool.ts';
import { checkDataset, checkPlan, checkWindows, requireWhole } from '../engine/checks.ts';
import type {
  AwaitableSession,
  Engine,
  EngineDataset,
  EpochPlan,
  NetworkSpec,
  SessionOptions,
  Weights,
} from '../engine/types.ts';
import { checkWeights, initialWeights, parameterCount, weightShapes } from '../engine/weights.ts';
import { type Backend, builtInEngine } from '../model/backend.ts';
import { cutInputs, type DropoutMask } from './graph.ts';
import { loadTensorflow, requireTensorflowInstalled, type TensorFlow } from './load-tensorflow.ts';
import { batchLossGradient, type LossGradient } from './loss.ts';
import { createTensorflowPredictor, predictInChunks } from './tensorflow-predictor.ts';

/** Batches between two calls of `onBatch`, as the built-in engine has it. */
const REPORT_EVERY = 8;

/**
 * A training session on TensorFlow, in the calling process. Same loss, same optimizer, same plans as the built-in engine; dropout
 * draws other masks. How many threads compute, TensorFlow decided when it was loaded. Throws `CC_ENGINE_SHAPE` as the built-in one.
 */
export function createTensorflowSession(tf: TensorFlow, options: SessionOptions): AwaitableSession {
  checkDataset(options.spec, options.dataset);
  requireWhole('threads', options.threads, 1, 256);
  return new TensorflowSession(tf, options);
}

class TensorflowSession implements AwaitableSession {
  readonly threads: number;
  readonly parameters: number;
  readonly #tf: TensorFlow;
  readonly #spec: NetworkSpec;
  readonly #dataset: EngineDataset;
  readonly #seed: number;
  readonly #cancel: Int32Array | undefined;
  readonly #variables: ReadonlyMap<string, Variable>;
  #values: ReadonlyMap<string, Float32Array> = new Map();
  #optimizer = new PlainAdamW();
  #step = 0;
  #ended: CandlecastError | null = null;

  constructor(tf: TensorFlow, { spec, dataset, threads, seed, cancel }: SessionOptions) {
    this.#tf = tf;
    this.#spec = spec;
    this.#dataset = dataset;
    this.#seed = seed;
    this.#cancel = cancel;
    this.threads = threads;
    this.parameters = parameterCount(spec);
    const zero = ({ shape }: { shape: readonly number[] }) => tf.tidy(() => tf.variable(tf.zeros([...shape])));
    this.#variables = new Map(weightShapes(spec).map((tensor) => [tensor.name, zero(tensor)]));
    this.setWeights(initialWeights(spec, seed));
  }

  setWeights(weights: Weights): void {
    checkWeights(weightShapes(this.#spec), weights);
    this.#values = new Map(weights.map(({ name, data }) => [name, data.slice()]));
    this.#optimizer = new PlainAdamW();
    this.#assign();
  }

  weights(): Weights {
    return weightShapes(this.#spec).map(({ name, shape }) => ({ name, shape, data: this.#values.get(name)!.slice() }));
  }

  async epoch(plan: EpochPlan, onBatch?: (done: number, meanLoss: number) => void): Promise<{ meanLoss: number }> {
    if (this.#ended) throw this.#ended;
    checkPlan(plan, this.#spec, this.#dataset.rows);
    try {
      return { meanLoss: await this.#epoch(plan, onBatch) };
    } catch (error) {
      if (error instanceof CandlecastError) this.#ended = error;
      throw error;
    }
  }

  predict(windows: Int32Array): Float32Array {
    checkWindows(windows, this.#spec.window, this.#dataset.rows);
    return predictInChunks(this.#tf, this.#spec, this.#variables, windows.length, (first, end) =>
      cutInputs(this.#tf, this.#spec, this.#dataset, windows.subarray(first, end)),
    );
  }

  async close(): Promise<void> {
    this.#ended ??= new CandlecastError('CC_TRAINING_CANCELLED', 'The training session is closed.');
    for (const variable of this.#variables.values()) variable.dispose();
  }

  async #epoch(plan: EpochPlan, onBatch?: (done: number, meanLoss: number) => void): Promise<number> {
    const { windows, batch } = plan;
    let sum = 0;
    let done = 0;
    for (const [i, learningRate] of plan.learningRates.entries()) {
      // Yields to the event loop, so that a cancellation or the end of the parent process is received.
      await nextTurn();
      if (this.#ended) throw this.#ended;
      if (this.#cancel && Atomics.load(this.#cancel, 0) === 1) {
        throw new CandlecastError('CC_TRAINING_CANCELLED', `Training was cancelled after ${done} windows.`);
      }
      const part = windows.subarray(i * batch, (i + 1) * batch);
      const loss = this.#train(part, learningRate, plan);
      if (loss === null) {
        const context = { batch: i, learningRate };
        throw new CandlecastError('CC_TRAINING_DIVERGED', `The loss of batch ${i} is not finite.`, { context });
      }
      sum += loss * part.length;
      done += part.length;
      if (onBatch && ((i + 1) % REPORT_EVERY === 0 || done === windows.length)) onBatch(done, sum / done);
    }
    return sum / done;
  }

  /** One step; null, with nothing changed, when loss or gradient are not finite. */
  #train(windows: Int32Array, learningRate: number, plan: EpochPlan): number | null {
    const mask = this.#dropoutMask(this.#step++);
    const { loss, gradient } = batchLossGradient(this.#tf, this.#spec, this.#variables, this.#dataset, windows, mask);
    if (!Number.isFinite(loss)) return null;
    const learning = plan.only ? new Map([...gradient].filter(([name]) => name.startsWith(`${plan.only}_`))) : gradient;
    if (!this.#optimizer.update(this.#values, learning, learningRate, plan.weightDecay, plan.clipNorm)) return null;
    this.#assign();
    return loss;
  }

  #assign(): void {
    const tf = this.#tf;
    tf.tidy(() => {
      for (const [name, variable] of this.#variables) {
        // A copy, because a tensor may keep the array it is made of and the optimizer goes on writing into this one.
        variable.assign(tf.tensor(this.#values.get(name)!.slice(), variable.shape, 'float32'));
      }
    });
  }

  /** Masks that depend on seed, step and layer alone. */
  #dropoutMask(step: number): DropoutMask {
    return (shape, rate, layer) => {
      const random = seededRandom(Math.imul(this.#seed + 1, 0x9e3779b1) ^ Math.imul(step + 1, 0x85ebca6b) ^ layer);
      const size = shape.reduce((product, n) => product * n, 1);
      const scale = 1 / (1 - rate);
      const data = Float32Array.from({ length: size }, () => (random() >= rate ? scale : 0));
      return this.#tf.tensor(data, [...shape]);
    };
  }
}

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

/** Whether a tensor is decayed: kernels are, biases and the head's base curve are not. */
const isKernel = (name: string) => name.endsWith('kernel');

/**
 * AdamW as the built-in engine has it (Loshchilov & Hutter 2019): decoupled decay on the kernels, the gradient scaled down to a global norm. On plain
 * arrays: the parameters are few, and a dozen small operations per tensor would cost more in calls than in arithmetic.
 */
class PlainAdamW {
  readonly #mean = new Map<string, Float32Array>();
  readonly #square = new Map<string, Float32Array>();
  #updates = 0;

  /** Changes the parameters that have a gradient in place. Returns false, and changes nothing, when the gradient is not finite. */
  update(
    parameters: ReadonlyMap<string, Float32Array>,
    gradient: LossGradient['gradient'],
    learningRate: number,
    weightDecay: number,
    clipNorm: number,
  ): boolean {
    let squares = 0;
    for (const data of gradient.values()) for (const value of data) squares += value * value;
    const norm = Math.sqrt(squares);
    if (!Number.isFinite(norm)) return false;
    const clip = norm > clipNorm ? clipNorm / norm : 1;
    this.#updates++;
    const rate = learningRate / (1 - BETA1 ** this.#updates);
    const correction = 1 / Math.sqrt(1 - BETA2 ** this.#updates);
    for (const [name, values] of parameters) {
      const slope = gradient.get(name);
      if (!slope) continue;
      const mean = remembered(this.#mean, name, values.length);
      const square = remembered(this.#square, name, values.length);
      const keep = isKernel(name) ? 1 - learningRate * weightDecay : 1;
      for (let i = 0; i < values.length; i++) {
        const g = slope[i]! * clip;
        mean[i] = BETA1 * mean[i]! + (1 - BETA1) * g;
        square[i] = BETA2 * square[i]! + (1 - BETA2) * g * g;
        values[i] = values[i]! * keep - (rate * mean[i]!) / (Math.sqrt(square[i]!) * correction + EPSILON);
      }
    }
    return true;
  }
}

function remembered(moments: Map<string, Float32Array>, name: string, length: number): Float32Array {
  const known = moments.get(name) ?? new Float32Array(length);
  moments.set(name, known);
  return known;
}

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
