import type { Clock } from '../../core/time.ts';
import type { Engine } from '../engine/types.ts';
import { encodeModel } from '../model/model-file.ts';
import { trainModel } from '../train/train-model.ts';
import { packError } from './packed-error.ts';
import type { TrainingMessage, TrainingRequest } from './training-messages.ts';

/** Progress is said at most this often. */
const REPORT_EVERY_MS = 250;

/** Trains as asked and says how it goes, at last with the model or with what went wrong. Never throws. */
export async function serveTraining(
  { coins, btc, options }: TrainingRequest,
  cancel: Int32Array,
  makeEngine: () => Engine,
  clock: Clock,
  say: (message: TrainingMessage) => void,
): Promise<void> {
  let saidMs = 0;
  try {
    const trained = await trainModel(
      coins,
      btc,
      options,
      clock,
      (progress) => {
        const nowMs = clock();
        if (nowMs - saidMs < REPORT_EVERY_MS) return;
        saidMs = nowMs;
        say({ progress });
      },
      cancel,
      makeEngine(),
    );
    say({ finished: encodeModel(trained) });
  } catch (error) {
    say({ failed: packError(error) });
  }
}
