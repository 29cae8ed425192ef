import { parentPort, workerData } from 'node:worker_threads';
import type { CoinInput } from '../features/build.ts';
import type { CandleColumns } from '../features/columns.ts';
import { builtInEngine } from '../model/backend.ts';
import type { FitProgress } from '../train/fit-member.ts';
import {
  createTrialRunner,
  type TrialOutcome,
  type TrialRequest,
  type TrialRunner,
  type TrialSetting,
} from '../train/search/trial.ts';
import { type PackedError, packError } from './packed-error.ts';

/** What the searching thread is started with. */
export interface SearchThreadData {
  readonly coins: readonly CoinInput[];
  readonly btc: CandleColumns | null;
  readonly setting: TrialSetting;
  /** Shared; 1 cancels. */
  readonly cancel: Int32Array;
}

/** What it says; after each request, one `finished` or `failed`. */
export type SearchMessage =
  | { readonly progress: FitProgress }
  | { readonly finished: TrialOutcome }
  | { readonly failed: PackedError };

/** Progress is said at most this often. */
const REPORT_EVERY_MS = 250;

const port = parentPort;
if (port) {
  const { coins, btc, setting, cancel } = workerData as SearchThreadData;
  // The entry of a thread owns its clock, as app.ts does for the main one.
  const clock = Date.now;
  const say = (message: SearchMessage) => port.postMessage(message);
  let runner: TrialRunner | null = null;
  let saidMs = 0;
  const onProgress = (progress: FitProgress) => {
    if (clock() - saidMs < REPORT_EVERY_MS) return;
    saidMs = clock();
    say({ progress });
  };
  const serve = async (request: TrialRequest) => {
    // However short a trial is, its beginning is heard of.
    saidMs = 0;
    try {
      runner ??= createTrialRunner(coins, btc, setting, builtInEngine, clock);
      say({ finished: await runner.run(request, onProgress, cancel) });
    } catch (error) {
      say({ failed: packError(error) });
    }
  };
  port.on('message', (request: TrialRequest) => void serve(request));
}
