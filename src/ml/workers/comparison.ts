import { builtUrl } from '../../workers/worker-channel.ts';
import { createWorkerPool } from '../../workers/worker-pool.ts';
import type { CoinHistory } from '../data/coin-history.ts';
import {
  addBooks,
  type ComparedModels,
  type ComparisonSetting,
  compareBooks,
  compareOnCoin,
  type ModelComparison,
} from '../evaluate/compare-models.ts';
import { createQuantileForecaster } from '../forecast/quantile-forecaster.ts';
import { decodeModel, type ModelBytes } from '../model/model-file.ts';
import type { ScoreBook } from '../scoring/score-book.ts';

/** What the comparing thread is started with. */
export interface ComparisonThreadData extends ComparedModels<ModelBytes> {
  readonly setting: ComparisonSetting;
}

/** Compares two models on coins; `onCoin` is called with the coins done. */
export type CompareModels = (
  coins: readonly CoinHistory[],
  data: ComparisonThreadData,
  options?: {
    readonly signal?: AbortSignal | undefined;
    readonly onCoin?: ((done: number, of: number) => void) | undefined;
  },
) => Promise<ModelComparison>;

/** The worker's function: the models' books on one coin. */
export const task = ({ candidate, serving, refit, setting }: ComparisonThreadData) => {
  const forecaster = (model: ModelBytes) => createQuantileForecaster(decodeModel(model));
  const forecasters = {
    candidate: forecaster(candidate),
    serving: serving && forecaster(serving),
    refit: refit && forecaster(refit),
  };
  return {
    compare: (history: CoinHistory): readonly ScoreBook[] => compareOnCoin(history, setting, forecasters),
  };
};

/**
 * Compares in one thread that ends with the run, one coin after the other, so that serving and training keep theirs. Throws as the models'
 * decoding does, `CC_WORKER_DIED` when the thread ends, `CC_TRAINING_CANCELLED` when the signal is aborted.
 */
export const compareInThread: CompareModels = async (coins, data, { signal, onCoin } = {}) => {
  const pool = createWorkerPool<typeof task>(builtUrl('./comparison.js', import.meta.url), {
    setup: data,
    noun: 'comparison',
    kind: 'process',
    abortCode: 'CC_TRAINING_CANCELLED',
  });
  let sum: readonly ScoreBook[] | null = null;
  try {
    for (const [index, coin] of coins.entries()) {
      sum = addBooks(sum, await pool.run('compare', coin, { signal }), data.setting);
      onCoin?.(index + 1, coins.length);
    }
    return compareBooks(sum ?? [], data.setting.steps, data.setting.interval);
  } finally {
    await pool.close();
  }
};
