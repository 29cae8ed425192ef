import { parentPort, workerData } from 'node:worker_threads';
import type { ModelCard } from '../card.ts';
import type { CoinInput } from '../features/build.ts';
import type { CandleColumns } from '../features/columns.ts';
import { encodeModel } from '../model-codec.ts';
import type { TrainOptions, TrainProgress } from '../train-model.ts';
import { trainModel } from '../train-model.ts';
import type { PackedError } from './packed-error.ts';
import { packError } from './packed-error.ts';

/** What the training thread is started with. */
export interface TrainingRequest {
  readonly coins: readonly CoinInput[];
  readonly btc: CandleColumns | null;
  readonly options: TrainOptions;
  /** Shared; 1 cancels. */
  readonly cancel: Int32Array;
}

/** What it says. */
export type TrainingMessage =
  | { readonly progress: TrainProgress }
  | { readonly finished: { readonly modelJson: string; readonly weightData: Uint8Array; readonly card: ModelCard } }
  | { readonly failed: PackedError };

/** Progress is said at most this often. */
const REPORT_EVERY_MS = 250;

const port = parentPort;
if (port) {
  const { coins, btc, options, cancel } = workerData as TrainingRequest;
  // The entry of a thread owns its clock, as app.ts does for the main one.
  const clock = Date.now;
  const say = (message: TrainingMessage) => port.postMessage(message);
  let saidMs = 0;
  const onProgress = (progress: TrainProgress) => {
    const nowMs = clock();
    if (nowMs - saidMs < REPORT_EVERY_MS) return;
    saidMs = nowMs;
    say({ progress });
  };
  trainModel(coins, btc, options, clock, onProgress, cancel)
    .then((trained) => say({ finished: encodeModel(trained) }))
    .catch((error: unknown) => say({ failed: packError(error) }));
}
