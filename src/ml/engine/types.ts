/**
 * The contract of the training engine. Everything else in ml/ uses the engine through these types.
 *
 * A network reads a window of `window` × `features` numbers and a context vector of `context` numbers, runs the window
 * through the trunk, joins the trunk's output with the context, runs that through the dense part, and ends in a head. A second
 * modality may enter the dense part through a gate.
 * Convolutions pad with zeros to keep the number of steps ('same'), pooling drops the steps left over ('valid').
 */
export type TrunkLayer =
  | {
      readonly type: 'conv1d';
      readonly filters: number;
      readonly kernel: number;
      readonly activation: 'relu' | 'linear';
    }
  | { readonly type: 'maxPool'; readonly size: number }
  | { readonly type: 'lstm'; readonly units: number }
  | { readonly type: 'gru'; readonly units: number }
  | { readonly type: 'flatten' }
  | { readonly type: 'dropout'; readonly rate: number };

export type DenseLayer =
  | { readonly type: 'dense'; readonly units: number; readonly activation: 'relu' | 'tanh' | 'linear' }
  | { readonly type: 'dropout'; readonly rate: number };

/**
 * How a network ends.
 *
 * `quantile`: for each of `horizons` a monotone quantile curve over `levels`, and, with `auxiliary`, one more number.
 *   A linear layer gives (location, left log-scale, right log-scale, tail, [auxiliary]) per horizon. The increment between
 *   neighbouring levels k and k+1 is softplus(logScale(side) + base[h, k] + tail · w_k) with the learned base curve `base`
 *   and the fixed weights w_k = |mid-level − 0.5| · 2 − 0.5; the quantile at the median is the location and the others are
 *   running sums of the increments outward from it, so they cannot cross. Every step is a standard layer (dense, softplus,
 *   dense with a fixed kernel), so a saved model opens in plain TensorFlow.js. Loss: mean over samples, horizons (with a
 *   target that is not NaN) and levels of the pinball loss, plus `auxiliaryWeight` × Huber(1) of the auxiliary output.
 *
 * `linear`: `levels.length` unconstrained outputs trained with the pinball loss on one target (the reference benchmark).
 */
export type HeadSpec =
  | {
      readonly type: 'quantile';
      readonly horizons: number;
      readonly levels: readonly number[];
      readonly auxiliary: boolean;
      readonly auxiliaryWeight: number;
    }
  | { readonly type: 'linear'; readonly levels: readonly number[] };

/**
 * A second modality that may be missing: `inputs` numbers per sample, all zero where it is missing; the last `masks` of them are flags for
 * the parts that are known. It enters the first dense layer (there must be one) through a learned gate: σ(x · W_g + b_g) ∘ (v · W_v) is
 * added to its sums before the activation, where v is x without the masks; masks alone and zeros add exactly 0. In training the whole of
 * it is dropped for a share `dropout` of the samples, so that the network also forecasts without it.
 */
export interface SentimentSpec {
  readonly inputs: number;
  readonly masks: number;
  readonly dropout: number;
}

export interface NetworkSpec {
  readonly window: number;
  readonly features: number;
  readonly context: number;
  readonly trunk: readonly TrunkLayer[];
  readonly dense: readonly DenseLayer[];
  readonly sentiment?: SentimentSpec | undefined;
  readonly head: HeadSpec;
}

/** One named tensor in TensorFlow.js's layout (conv [kernel, in, out]; LSTM gates i f c o, GRU gates z r h; dense [in, out]). */
export interface WeightTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** All trainable tensors of a network, in the order of `weightShapes(spec)`. */
export type Weights = readonly WeightTensor[];

/**
 * Rows of inputs from which windows are cut, so that memory does not grow with the number of windows. A window that ends
 * at row r is rows r − window + 1 … r of `steps`; its context and its targets are row r of theirs.
 */
export interface EngineDataset {
  readonly rows: number;
  /** rows × features. */
  readonly steps: Float32Array;
  /** rows × context. */
  readonly context: Float32Array;
  /** rows × horizons (1 for the linear head); NaN where unknown. */
  readonly targets: Float32Array;
  /** rows × horizons; NaN where unknown. Empty without the auxiliary output. */
  readonly auxiliary: Float32Array;
  /** rows × sentiment inputs, zeros where it is not there. Left out where the network takes none, or all of it is missing. */
  readonly sentiment?: Float32Array;
}

/** One pass over the given windows. */
export interface EpochPlan {
  /** Last row of each window, in the order of the pass. */
  readonly windows: Int32Array;
  readonly batch: number;
  /** Learning rate of each batch; length ceil(windows / batch). */
  readonly learningRates: Float32Array;
  /** Decoupled weight decay (AdamW), applied to kernels and not to biases. */
  readonly weightDecay: number;
  /** Gradients are scaled down to this global L2 norm when above it; Infinity for never. */
  readonly clipNorm: number;
  /** Only the gate and the values of sentiment are trained; all other weights stay the same to the bit. Needs a network that takes sentiment in. */
  readonly only?: 'sentiment' | undefined;
}

/**
 * A network being trained. Lives on a worker thread and may start further threads; the same seed gives the same bits
 * whatever their number. Throws `CC_ENGINE_SHAPE` before anything is touched when a size is wrong, `CC_TRAINING_DIVERGED`
 * when the loss is not finite, `CC_TRAINING_CANCELLED` after `cancel`.
 */
export interface TrainingSession {
  readonly threads: number;
  readonly parameters: number;
  setWeights(weights: Weights): void;
  weights(): Weights;
  /** Runs one epoch; blocks the calling (worker) thread. Calls `onBatch` every few batches with the windows done. */
  epoch(plan: EpochPlan, onBatch?: (done: number, meanLoss: number) => void): { readonly meanLoss: number };
  /** Outputs for the windows that end at the given rows: windows × horizons × levels (quantile head, in order of levels). */
  predict(windows: Int32Array): Float32Array;
  close(): Promise<void>;
}

/** A session whose epochs may be asynchronous; `TrainingSession` is one. Epochs must not overlap. */
export interface AwaitableSession extends Omit<TrainingSession, 'epoch'> {
  epoch(
    plan: EpochPlan,
    onBatch?: (done: number, meanLoss: number) => void,
  ): { readonly meanLoss: number } | Promise<{ readonly meanLoss: number }>;
}

export interface SessionOptions {
  readonly spec: NetworkSpec;
  readonly dataset: EngineDataset;
  readonly threads: number;
  readonly seed: number;
  /** `auto`: relaxed SIMD where the machine has it. `simd`: plain SIMD, reproducible on every machine. */
  readonly build: 'auto' | 'simd' | 'relaxed';
  /** Set to 1 (Atomics.store) from any thread to cancel. */
  readonly cancel?: Int32Array;
}

/** A network that only forecasts, on the calling thread. */
export interface Predictor {
  /**
   * `steps`: n × window × features, `context`: n × context, `sentiment`: n × sentiment inputs, or left out where there is none; returns
   * n × horizons × levels.
   */
  predict(n: number, steps: Float32Array, context: Float32Array, sentiment?: Float32Array): Float32Array;
}

/** What a backend gives: the built-in engine, or native TensorFlow. */
export interface Engine {
  /** What computed it, for the model's card. */
  name(build: SessionOptions['build']): string;
  createTrainingSession(options: SessionOptions): AwaitableSession;
  createPredictor(spec: NetworkSpec, weights: Weights): Predictor;
}
