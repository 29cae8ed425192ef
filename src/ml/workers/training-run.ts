import { Worker } from 'node:worker_threads';
import { builtUrl } from '../../core/build-path.ts';
import { CandlecastError } from '../../core/errors.ts';
import type { CoinInput } from '../features/build.ts';
import type { CandleColumns } from '../features/columns.ts';
import type { ModelCard } from '../model/card.ts';
import type { ModelBytes } from '../model/model-file.ts';
import { type TrainingEvents, type TrainingProcess, trainInProcess } from '../tensorflow/training-in-process.ts';
import type { TrainProgress } from '../train/progress.ts';
import type { TrainOptions } from '../train/train-model.ts';
import { unpackError } from './packed-error.ts';
import type { TrainingRequest } from './training-messages.ts';
import type { TrainingThreadData } from './training-worker.ts';

/** A training run under way in threads of its own. */
export interface TrainingRun {
  /**
   * Rejects as `trainModel` throws, with `CC_WORKER_DIED` when the thread ends, `CC_TRAINING_CANCELLED` after `cancel`. Settles when every
   * thread of the run has gone.
   */
  readonly result: Promise<ModelBytes & { readonly card: ModelCard }>;
  cancel(): void;
}

/** Starts training away from the calling thread. Nothing is written; the caller gets the model as bytes. Throws `CC_BACKEND_MISSING`. */
export function startTraining(
  coins: readonly CoinInput[],
  btc: CandleColumns | null,
  options: TrainOptions,
  onProgress: (progress: TrainProgress) => void,
): TrainingRun {
  const request: TrainingRequest = { coins, btc, options };
  const start = options.backend === 'tfjs-node' ? trainInProcess : trainInThread;
  let running: TrainingProcess | null = null;
  const result = new Promise<ModelBytes & { readonly card: ModelCard }>((resolve, reject) => {
    running = start(request, {
      onMessage: (message) => {
        if ('progress' in message) onProgress(message.progress);
        else if ('finished' in message) resolve(message.finished);
        else reject(unpackError(message.failed));
      },
      onDeath: reject,
    });
  });
  return { result: result.finally(() => running?.end()), cancel: () => running?.cancel() };
}

function trainInThread(request: TrainingRequest, { onMessage, onDeath }: TrainingEvents): TrainingProcess {
  const cancel = new Int32Array(new SharedArrayBuffer(4));
  const workerData: TrainingThreadData = { ...request, cancel };
  const worker = new Worker(builtUrl('./training-worker.js', import.meta.url), { workerData });
  worker.on('message', onMessage);
  worker.on('error', (cause) =>
    onDeath(new CandlecastError('CC_WORKER_DIED', 'The training thread failed.', { cause })),
  );
  worker.on('exit', (code) =>
    onDeath(new CandlecastError('CC_WORKER_DIED', `The training thread ended with code ${code}.`)),
  );
  return {
    cancel: () => {
      Atomics.store(cancel, 0, 1);
    },
    end: () => worker.terminate(),
  };
}
