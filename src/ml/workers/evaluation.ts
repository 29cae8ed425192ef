import { builtUrl } from '../../core/build-path.ts';
import { createWorkerPool } from '../../workers/worker-pool.ts';
import { BASELINES } from '../baselines/registry.ts';
import type { CoinHistory } from '../data/coin-history.ts';
import { type CoinEvaluation, type EvaluationSetting, evaluateCoin } from '../evaluate/evaluate-coin.ts';
import {
  createMaskedForecaster,
  createModelForecaster,
  createQuantileForecaster,
} from '../forecast/quantile-forecaster.ts';
import { decodeModel, type ModelBytes } from '../model/model-file.ts';

/** What every thread of an evaluation is started with. */
export interface EvaluationThreadData {
  readonly model: ModelBytes;
  readonly setting: EvaluationSetting;
}

/** Coins that may be finished and wait for one before them, for each thread: bounds the memory. */
const AHEAD = 2;

/** The worker's function: one coin forecast by the model and every baseline. */
export const task = ({ model, setting }: EvaluationThreadData) => {
  const forecaster = createQuantileForecaster(decodeModel(model));
  return {
    evaluate: (history: CoinHistory): CoinEvaluation => {
      const masked = setting.ablate ? createMaskedForecaster(forecaster) : null;
      return evaluateCoin(history, setting, createModelForecaster(forecaster), BASELINES, masked);
    },
  };
};

/**
 * Evaluates coins in `threads` threads and hands each result to `take`, one at a time and in the order of `coins`, whatever thread
 * was first. Throws as `evaluateCoin` and `take` do, `CC_WORKER_DIED` when a thread ends.
 */
export async function runEvaluation(
  coins: readonly CoinHistory[],
  data: EvaluationThreadData,
  threads: number,
  take: (evaluation: CoinEvaluation) => Promise<void>,
): Promise<void> {
  const workers = Math.max(1, Math.min(threads, coins.length));
  const pool = createWorkerPool<typeof task>(builtUrl('./evaluation.js', import.meta.url), {
    setup: data,
    noun: 'evaluation',
    workers,
  });
  const started: Promise<CoinEvaluation>[] = [];
  const start = () => {
    const coin = coins[started.length];
    if (!coin) return;
    const answer = pool.run('evaluate', coin);
    // A failure is thrown where the answer is awaited; until then it must not count as unhandled.
    answer.catch(() => {});
    started.push(answer);
  };
  try {
    for (let i = 0; i < workers * AHEAD; i++) start();
    for (let i = 0; i < coins.length; i++) {
      const answer = await started[i]!;
      start();
      await take(answer);
    }
  } finally {
    await pool.close();
  }
}
