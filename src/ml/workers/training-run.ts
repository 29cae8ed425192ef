import { Worker } from 'node:worker_threads';
import { builtUrl } from '../../core/build-path.ts';
import { CandlecastError } from '../../core/errors.ts';
import type { ModelCard } from '../card.ts';
import type { CoinInput } from '../features/build.ts';
import type { CandleColumns } from '../features/columns.ts';
import type { ModelBytes } from '../model-codec.ts';
import type { TrainOptions, TrainProgress } from '../train-model.ts';
import { unpackError } from './packed-error.ts';
import type { TrainingMessage, TrainingRequest } from './training-worker.ts';

/** A training run under way in threads of its own. */
export interface TrainingRun {
  /** Rejects as `trainModel` throws, with `CC_WORKER_DIED` when the thread ends, `CC_TRAINING_CANCELLED` after `cancel`. */
  readonly result: Promise<ModelBytes & { readonly card: ModelCard }>;
  cancel(): void;
}

/** Starts training away from the calling thread. Nothing is written; the caller gets the model as bytes. */
export function startTraining(
  coins: readonly CoinInput[],
  btc: CandleColumns | null,
  options: TrainOptions,
  onProgress: (progress: TrainProgress) => void,
): TrainingRun {
  const cancel = new Int32Array(new SharedArrayBuffer(4));
  const workerData: TrainingRequest = { coins, btc, options, cancel };
  const worker = new Worker(builtUrl('./training-worker.js', import.meta.url), { workerData });
  const result = new Promise<ModelBytes & { readonly card: ModelCard }>((resolve, reject) => {
    worker.on('message', (message: TrainingMessage) => {
      if ('progress' in message) onProgress(message.progress);
      else if ('finished' in message) resolve(message.finished);
      else reject(unpackError(message.failed));
    });
    worker.on('error', (cause) =>
      reject(new CandlecastError('CC_WORKER_DIED', 'The training thread failed.', { cause })),
    );
    worker.on('exit', (code) =>
      reject(new CandlecastError('CC_WORKER_DIED', `The training thread ended with code ${code}.`)),
    );
  });
  return {
    result: result.finally(() => worker.terminate()),
    cancel: () => {
      Atomics.store(cancel, 0, 1);
    },
  };
}
