import { seededRandom } from '../../core/random.ts';
import { ARENA_START } from './engine-core.ts';
import { compileKernels, instantiateKernels, type KernelBuild, webAssembly } from './kernels.ts';
import { createPredictor } from './predictor.ts';
import { createTrainingSession } from './session.ts';
import type { Engine, EngineDataset, NetworkSpec } from './types.ts';
import { initialWeights } from './weights.ts';

/** The network whose speed is measured and compared: 26,985 parameters. */
export const REFERENCE_SPEC: NetworkSpec = {
  window: 60,
  features: 16,
  context: 0,
  trunk: [
    { type: 'conv1d', filters: 32, kernel: 3, activation: 'relu' },
    { type: 'maxPool', size: 2 },
    { type: 'lstm', units: 64 },
    { type: 'dropout', rate: 0.2 },
  ],
  dense: [],
  head: { type: 'linear', levels: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9] },
};

/** Samples of one measured epoch, and windows per batch. */
const REFERENCE_SAMPLES = 2048;
const REFERENCE_BATCH = 64;

/** Random rows whose target is a noisy function of the last steps, so that the loss can fall. */
function referenceDataset(rows: number, seed: number): EngineDataset {
  const { features } = REFERENCE_SPEC;
  const random = seededRandom(seed);
  const steps = Float32Array.from({ length: rows * features }, () => random() * 2 - 1);
  const targets = Float32Array.from({ length: rows }, (_, row) => {
    let sum = 0;
    for (let lag = 0; lag < 5 && lag <= row; lag++) sum += steps[(row - lag) * features]! * (1 - lag / 5);
    return Math.tanh(sum) + (random() - 0.5) * 0.2;
  });
  return { rows, steps, context: new Float32Array(0), targets, auxiliary: new Float32Array(0) };
}

/** How training is to be measured. `now` gives milliseconds. */
export interface MeasureOptions {
  readonly threads: number;
  readonly build: 'auto' | KernelBuild;
  readonly epochs: number;
  readonly warmup: number;
  readonly now: () => number;
}

/** What was measured: the median epoch's speed. */
export interface TrainingSpeed {
  readonly threads: number;
  readonly build: KernelBuild;
  readonly samplesPerSecond: number;
  /** Of every measured epoch, in order. */
  readonly all: readonly number[];
  readonly meanLoss: number;
}

/** What is measured unless another backend is given. */
type Measured = Pick<Engine, 'createTrainingSession' | 'createPredictor'>;
const builtIn: Measured = { createTrainingSession, createPredictor };

/** Trains the reference network and returns the median speed of the epochs after the warm-up. */
export async function measureTraining(options: MeasureOptions, engine: Measured = builtIn): Promise<TrainingSpeed> {
  const { threads, build, now } = options;
  const dataset = referenceDataset(REFERENCE_SAMPLES + REFERENCE_SPEC.window, 1);
  const session = engine.createTrainingSession({ spec: REFERENCE_SPEC, dataset, threads, seed: 1, build });
  const windows = Int32Array.from({ length: REFERENCE_SAMPLES }, (_, i) => i + REFERENCE_SPEC.window);
  const learningRates = new Float32Array(REFERENCE_SAMPLES / REFERENCE_BATCH).fill(1e-3);
  const plan = { windows, batch: REFERENCE_BATCH, learningRates, weightDecay: 0, clipNorm: Infinity };
  try {
    for (let i = 0; i < options.warmup; i++) await session.epoch(plan);
    const all: number[] = [];
    let meanLoss = Number.NaN;
    for (let i = 0; i < options.epochs; i++) {
      const startedMs = now();
      ({ meanLoss } = await session.epoch(plan));
      all.push((REFERENCE_SAMPLES * 1000) / (now() - startedMs));
    }
    return { threads, build: compileKernels(build).build, samplesPerSecond: median(all), all, meanLoss };
  } finally {
    await session.close();
  }
}

/** Median times of one forecast and of 64 at once, in milliseconds. */
export interface PredictSpeed {
  readonly singleMs: number;
  readonly batch64Ms: number;
}

/** Measures forecasts of the reference network. */
export function measurePredict(now: () => number, repeats = 200, engine: Measured = builtIn): PredictSpeed {
  const predictor = engine.createPredictor(REFERENCE_SPEC, initialWeights(REFERENCE_SPEC, 1));
  const { steps, context } = referenceDataset(64 * REFERENCE_SPEC.window, 2);
  const one = steps.subarray(0, REFERENCE_SPEC.window * REFERENCE_SPEC.features);
  const time = (n: number, input: Float32Array) => {
    const times: number[] = [];
    for (let i = 0; i < repeats; i++) {
      const startedMs = now();
      predictor.predict(n, input, context);
      // The first quarter warms the compiled code up.
      if (i >= repeats / 4) times.push(now() - startedMs);
    }
    return median(times);
  };
  return { singleMs: time(1, one), batch64Ms: time(64, steps) };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Floating-point operations of one sample's forward and backward pass through the reference network. */
export const REFERENCE_FLOPS = 2 * (2 * 60 * 48 * 32) + 3 * (2 * 30 * 96 * 256) + 3 * (2 * 64 * 9);

/** How near the matrix kernel comes to what one core can do, in 10⁹ floating-point operations a second. */
export interface PeakShare {
  readonly build: KernelBuild;
  /** Multiply-adds in registers alone, with the build's instructions. */
  readonly peakGflops: number;
  /** The product of one LSTM step of the reference network: 32 × 96 by 96 × 256. */
  readonly matmulGflops: number;
}

const ROUNDS = 100_000;
const [ROWS, DEPTH, COLUMNS] = [32, 96, 256];
const PRODUCTS = 40;

/**
 * Measures both, one after the other; the time of each is the quickest of `repeats` short runs, so that other programs have little
 * influence. `now` gives milliseconds. Throws `CC_ENGINE_UNSUPPORTED` without SIMD.
 */
export function measurePeak(now: () => number, build: 'auto' | KernelBuild = 'auto', repeats = 60): PeakShare {
  const compiled = compileKernels(build);
  const memory = new webAssembly.Memory({ initial: 16, maximum: 16, shared: true });
  const kernels = instantiateKernels(compiled.module, memory);
  const a = ARENA_START;
  const b = a + ROWS * DEPTH * 4;
  const bias = b + DEPTH * COLUMNS * 4;
  const c = bias + COLUMNS * 4;
  new Float32Array(memory.buffer, a, (c - a) / 4).fill(1e-3);
  const quickest = (operations: number, run: () => void) => {
    let bestMs = Number.POSITIVE_INFINITY;
    for (let i = 0; i < repeats; i++) {
      const startedMs = now();
      run();
      bestMs = Math.min(bestMs, now() - startedMs);
    }
    return operations / bestMs / 1e6;
  };
  return {
    build: compiled.build,
    peakGflops: quickest(ROUNDS * 12 * 4 * 2, () => kernels.multiplyAdds(ROUNDS)),
    matmulGflops: quickest(PRODUCTS * 2 * ROWS * DEPTH * COLUMNS, () => {
      for (let i = 0; i < PRODUCTS; i++)
        kernels.matmul(a, DEPTH, 1, 0, DEPTH, b, bias, 0, c, COLUMNS + 16, ROWS, COLUMNS);
    }),
  };
}
