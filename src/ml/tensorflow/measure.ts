import { builtUrl } from '../../workers/worker-channel.ts';
import { createWorkerPool } from '../../workers/worker-pool.ts';
import { measurePredict, measureTraining, type PredictSpeed } from '../engine/benchmark.ts';
import { backendWorker, engineOf } from './tensorflow-engine.ts';

/** What is to be measured of native TensorFlow. */
interface MeasureRequest {
  readonly threads: number;
  readonly epochs: number;
  readonly warmup: number;
  /** Forecasts to time; 0 for none. */
  readonly forecasts: number;
}

/** How fast native TensorFlow trains and, where asked, forecasts. */
interface TensorflowSpeed {
  readonly samplesPerSecond: number;
  readonly predict: PredictSpeed | null;
}

/** The worker's function: trains, and then forecasts, with the reference network. */
export const task = (_setup: null) => ({
  measure: async ({ threads, epochs, warmup, forecasts }: MeasureRequest): Promise<TensorflowSpeed> => {
    const now = () => performance.now();
    const engine = engineOf('tfjs-node');
    const { samplesPerSecond } = await measureTraining({ threads, epochs, warmup, now, build: 'auto' }, engine);
    return { samplesPerSecond, predict: forecasts > 0 ? measurePredict(now, forecasts, engine) : null };
  },
});

/**
 * Measures native TensorFlow on the reference network, in a process with so many threads. Throws `CC_BACKEND_MISSING`,
 * `CC_WORKER_DIED`.
 */
export async function measureTensorflow(request: MeasureRequest): Promise<TensorflowSpeed> {
  const pool = createWorkerPool<typeof task>(builtUrl('./measure.js', import.meta.url), {
    setup: null,
    noun: 'measurement',
    ...backendWorker('tfjs-node', request.threads),
  });
  try {
    return await pool.run('measure', request);
  } finally {
    await pool.close();
  }
}
