import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';
import { measurePeak, type PeakShare, REFERENCE_FLOPS } from '../ml/engine/peak.ts';
import { measurePredict, measureTraining, type PredictSpeed } from '../ml/engine/reference.ts';
import { isTensorflowInstalled } from '../ml/tensorflow/load-tensorflow.ts';
import { measureTensorflow } from '../ml/tensorflow/measure-tensorflow.ts';

/** Speed of training the reference network. */
export interface TrainSpeed {
  readonly model: 'reference';
  readonly backend: string;
  readonly threads: number;
  readonly samplesPerSecond: number;
}

/** How fast the backends are. */
export interface EngineSpeeds {
  readonly train: readonly TrainSpeed[];
  readonly predict: PredictSpeed;
  /** One core's measured peak, how much of it the matrix kernel reaches, and training as a whole on one thread. */
  readonly peak: PeakShare & { readonly trainingGflops: number };
  /** By native TensorFlow; only where it is installed. */
  readonly predictTfjsNode?: PredictSpeed;
}

const EPOCHS = { epochs: 9, warmup: 3 };

/** Measures the built-in engine and, where it is installed, native TensorFlow beside it, in turn; prints a line for each. */
export async function measureEngines(say: (line: string) => void): Promise<EngineSpeeds> {
  const now = () => performance.now();
  const native = isTensorflowInstalled();
  const train: TrainSpeed[] = [];
  const add = (backend: string, what: string, threads: number, samplesPerSecond: number) => {
    const speed = Math.round(samplesPerSecond).toLocaleString('en').padStart(7);
    say(`train     ${speed} samples/s, ${threads} thread${threads === 1 ? '' : 's'} (${what})`);
    train.push({ model: 'reference', backend, threads, samplesPerSecond });
  };
  let predictTfjsNode: PredictSpeed | null = null;
  for (const threads of new Set([1, availableParallelism()])) {
    const { samplesPerSecond, build } = await measureTraining({ threads, build: 'auto', now, ...EPOCHS });
    add(`wasm-${build}`, `WebAssembly, ${build}`, threads, samplesPerSecond);
    if (!native) continue;
    const forecasts = threads === 1 ? 40 : 0;
    const measured = await measureTensorflow({ threads, forecasts, ...EPOCHS });
    add('tfjs-node', 'native TensorFlow', threads, measured.samplesPerSecond);
    predictTfjsNode ??= measured.predict;
  }
  const predict = measurePredict(now);
  const forecasts = ({ singleMs, batch64Ms }: PredictSpeed, what: string) =>
    say(`predict   ${singleMs.toFixed(3)} ms one forecast, ${batch64Ms.toFixed(2)} ms a batch of 64 (${what})`);
  forecasts(predict, 'WebAssembly');
  if (predictTfjsNode) forecasts(predictTfjsNode, 'native TensorFlow');
  const measured = measurePeak(now);
  const single = train.find(({ backend, threads }) => threads === 1 && backend.startsWith('wasm'))!;
  const peak = { ...measured, trainingGflops: (single.samplesPerSecond * REFERENCE_FLOPS) / 1e9 };
  const share = (gflops: number) => `${gflops.toFixed(1)} GFLOP/s (${((100 * gflops) / peak.peakGflops).toFixed(0)} %)`;
  say(
    `peak      ${peak.peakGflops.toFixed(1)} GFLOP/s of one core (${peak.build}); matrix kernel ${share(peak.matmulGflops)}, training as a whole ${share(peak.trainingGflops)}`,
  );
  return { train, predict, peak, ...(predictTfjsNode ? { predictTfjsNode } : {}) };
}
