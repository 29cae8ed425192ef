import { measurePredict, measureTraining, type PredictSpeed } from '../engine/reference.ts';
import { type PackedError, packError } from '../workers/packed-error.ts';
import { loadTensorflow } from './load-tensorflow.ts';
import { listenToParent } from './parent-process.ts';
import { tensorflowEngine } from './tensorflow-engine.ts';

/** What is to be measured of native TensorFlow. */
export interface MeasureRequest {
  readonly threads: number;
  readonly epochs: number;
  readonly warmup: number;
  /** Forecasts to time; 0 for none. */
  readonly forecasts: number;
}

/** What was measured, or why not. */
export type MeasureAnswer =
  | { readonly samplesPerSecond: number; readonly predict: PredictSpeed | null }
  | { readonly error: PackedError };

async function measure({ threads, epochs, warmup, forecasts }: MeasureRequest): Promise<MeasureAnswer> {
  const now = () => performance.now();
  const engine = tensorflowEngine(loadTensorflow());
  const { samplesPerSecond } = await measureTraining({ threads, epochs, warmup, now, build: 'auto' }, engine);
  return { samplesPerSecond, predict: forecasts > 0 ? measurePredict(now, forecasts, engine) : null };
}

listenToParent<MeasureRequest, MeasureAnswer>((request, parent) => {
  measure(request).then(
    (answer) => parent.say(answer),
    (error: unknown) => parent.say({ error: packError(error) }),
  );
});
