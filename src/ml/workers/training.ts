import { builtUrl } from '../../workers/worker-channel.ts';
import type { Call } from '../../workers/worker-messages.ts';
import { createWorkerPool } from '../../workers/worker-pool.ts';
import type { CoinInput } from '../features/build.ts';
import type { CandleColumns } from '../features/columns.ts';
import type { Backend } from '../model/backend.ts';
import type { ModelCard } from '../model/card.ts';
import { encodeModel, type ModelBytes } from '../model/model-file.ts';
import { backendWorker, engineOf } from '../tensorflow/tensorflow-engine.ts';
import type { TrainProgress } from '../train/progress.ts';
import { type TrainOptions, trainModel } from '../train/train-model.ts';

/** What to train on, and how. */
interface TrainingRequest {
  readonly coins: readonly CoinInput[];
  readonly btc: CandleColumns | null;
  readonly options: TrainOptions;
}

type TrainedModel = ModelBytes & { readonly card: ModelCard; readonly twin: ModelBytes | null };

/** A training run under way in a process of its own, which may run out of memory without harm to this one. */
export interface TrainingRun {
  /**
   * Rejects as `trainModel` throws, with `CC_WORKER_DIED` when the process ends, `CC_BACKEND_MISSING`, and `CC_TRAINING_CANCELLED` after
   * `cancel`. Settles when the process has gone.
   */
  readonly result: Promise<TrainedModel>;
  cancel(): void;
}

/** Progress is reported at most this often. */
const REPORT_EVERY_MS = 250;

/** Reports a call's progress at most four times a second, and the first at once. */
export function throttledReport<Progress>({ clock, report }: Call<Progress>): (progress: Progress) => void {
  let reportedMs = 0;
  return (progress) => {
    const nowMs = clock();
    if (nowMs - reportedMs < REPORT_EVERY_MS) return;
    reportedMs = nowMs;
    report(progress);
  };
}

/** The worker's function: trains a model on the backend's engine. */
export const task = ({ backend }: { readonly backend: Backend }) => {
  const engine = engineOf(backend);
  return {
    train: async ({ coins, btc, options }: TrainingRequest, call: Call<TrainProgress>): Promise<TrainedModel> => {
      const model = await trainModel(coins, btc, options, call.clock, throttledReport(call), call.cancel, engine);
      return { ...encodeModel(model), twin: model.twin ? encodeModel(model.twin) : null };
    },
  };
};

/** Starts training away from the calling thread. Nothing is written; the caller gets the model as bytes. */
export function startTraining(
  coins: readonly CoinInput[],
  btc: CandleColumns | null,
  options: TrainOptions,
  onProgress: (progress: TrainProgress) => void,
): TrainingRun {
  const cancel = new AbortController();
  return {
    result: train({ coins, btc, options }, onProgress, cancel.signal),
    cancel: () => cancel.abort(),
  };
}

async function train(
  request: TrainingRequest,
  onProgress: (progress: TrainProgress) => void,
  signal: AbortSignal,
): Promise<TrainedModel> {
  const { backend = 'wasm', threads } = request.options;
  const pool = createWorkerPool<typeof task>(builtUrl('./training.js', import.meta.url), {
    setup: { backend },
    noun: 'training',
    abortCode: 'CC_TRAINING_CANCELLED',
    ...backendWorker(backend, threads),
    kind: 'process',
  });
  try {
    return await pool.run('train', request, { signal, onProgress });
  } finally {
    await pool.close();
  }
}
