import { builtUrl } from '../../workers/worker-channel.ts';
import type { Call } from '../../workers/worker-messages.ts';
import { createWorkerPool } from '../../workers/worker-pool.ts';
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
import { throttledReport } from './training.ts';

/** What the searching thread is started with. */
export interface SearchThreadData {
  readonly coins: readonly CoinInput[];
  readonly btc: CandleColumns | null;
  readonly setting: TrialSetting;
}

/** A thread that trains trials; its inputs are made once and stay in it. */
export interface SearchThread {
  /**
   * Trains one trial; one at a time. Throws as `TrialRunner.run` does, `CC_WORKER_DIED` when the thread ends, `CC_TRAINING_CANCELLED` after
   * `cancel` and `CC_STOPPING` after `close`.
   */
  run(request: TrialRequest, onProgress: (progress: FitProgress) => void): Promise<TrialOutcome>;
  cancel(): void;
  close(): Promise<void>;
}

/** The worker's function: trains one trial. */
export const task = ({ coins, btc, setting }: SearchThreadData) => {
  let runner: TrialRunner | null = null;
  return {
    trial: (request: TrialRequest, call: Call<FitProgress>): Promise<TrialOutcome> => {
      runner ??= createTrialRunner(coins, btc, setting, builtInEngine, call.clock);
      return runner.run(request, throttledReport(call), call.cancel);
    },
  };
};

/** Starts the thread. */
export function startSearchThread(data: SearchThreadData): SearchThread {
  const cancel = new AbortController();
  const pool = createWorkerPool<typeof task>(builtUrl('./search.js', import.meta.url), {
    setup: data,
    noun: 'trial',
    warm: true,
    onAbort: 'cancel',
    abortCode: 'CC_TRAINING_CANCELLED',
  });
  return {
    run: (request, onProgress) => pool.run('trial', request, { signal: cancel.signal, onProgress }),
    cancel: () => cancel.abort(),
    close: () => pool.close(),
  };
}
