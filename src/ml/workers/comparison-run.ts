import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { builtUrl } from '../../core/build-path.ts';
import { CandlecastError } from '../../core/errors.ts';
import type { CoinHistory } from '../data/coin-history.ts';
import { addBooks, compareBooks, type ModelComparison } from '../evaluate/compare-models.ts';
import type { ScoreBook } from '../scoring/score-book.ts';
import type { ComparisonAnswer, ComparisonThreadData } from './comparison-worker.ts';
import { unpackError } from './packed-error.ts';

/** Compares two models on coins; how far it is, in coins, is said as it goes. */
export type CompareModels = (
  coins: readonly CoinHistory[],
  data: ComparisonThreadData,
  options?: {
    readonly signal?: AbortSignal | undefined;
    readonly onCoin?: ((done: number, of: number) => void) | undefined;
  },
) => Promise<ModelComparison>;

/**
 * Compares in one thread that ends with the run, one coin after the other, so that serving and training keep theirs. Throws as the models'
 * decoding does, `CC_WORKER_DIED` when the thread ends, `CC_TRAINING_CANCELLED` when the signal says so.
 */
export const compareInThread: CompareModels = async (coins, data, { signal, onCoin } = {}) => {
  const pool = new Piscina({
    filename: fileURLToPath(builtUrl('./comparison-worker.js', import.meta.url)),
    minThreads: 1,
    maxThreads: 1,
    idleTimeout: Number.POSITIVE_INFINITY,
    workerData: data,
    // Scoring needs no settings, and so holds no secrets.
    env: {},
  });
  let sum: readonly ScoreBook[] | null = null;
  try {
    for (const [index, coin] of coins.entries()) {
      let answer: ComparisonAnswer;
      try {
        answer = await pool.run(coin, signal ? { signal } : {});
      } catch (cause) {
        throw signal?.aborted
          ? new CandlecastError('CC_TRAINING_CANCELLED', 'The comparison was cancelled.')
          : new CandlecastError('CC_WORKER_DIED', 'The comparing thread ended unexpectedly.', { cause });
      }
      if ('error' in answer) throw unpackError(answer.error);
      sum = addBooks(sum, answer.books, data.setting);
      onCoin?.(index + 1, coins.length);
    }
    return compareBooks(sum ?? [], data.setting.steps, data.setting.interval);
  } finally {
    await pool.destroy();
  }
};
