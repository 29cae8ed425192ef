import { builtUrl } from '../../core/build-path.ts';
import { createWorkerPool } from '../../workers/worker-pool.ts';
import { BASELINES } from '../baselines/registry.ts';
import type { CoinHistory } from '../data/coin-history.ts';
import { type CoinEvaluation, type EvaluationSetting, evaluateCoin } from '../evaluate/evaluate-coin.ts';
import type { EvaluationPart } from '../evaluate/evaluation-parts.ts';
import {
  createMaskedForecaster,
  createModelForecaster,
  createQuantileForecaster,
} from '../forecast/quantile-forecaster.ts';
import { decodeModel, type ModelBytes } from '../model/model-file.ts';

/** What every thread of an evaluation is started with. */
export interface EvaluationThreadData {
  readonly model: ModelBytes;
  readonly setting: Omit<EvaluationSetting, 'btc' | 'fromMs' | 'toMs'>;
  /** Bitcoin's candles as parts name them; null masks the market's inputs. */
  readonly markets: readonly (CoinHistory | null)[];
}

/** Parts that may be finished and wait for one before them, for each thread: bounds the memory. */
const AHEAD = 2;

/** The worker's function: one part forecast by the model and every baseline. */
export const task = ({ model, setting, markets }: EvaluationThreadData) => {
  const forecaster = createQuantileForecaster(decodeModel(model));
  return {
    evaluate: ({ history, market, fromMs, toMs }: EvaluationPart): CoinEvaluation => {
      const masked = setting.ablate ? createMaskedForecaster(forecaster) : null;
      const own = { ...setting, fromMs, toMs, btc: markets[market] ?? null };
      return evaluateCoin(history, own, createModelForecaster(forecaster), BASELINES, masked);
    },
  };
};

/**
 * Evaluates parts in `threads` threads and hands each result to `take`, one at a time and in the order of `parts`, whatever thread
 * was first. A part is made when its turn comes. Throws as `evaluateCoin` and `take` do, `CC_WORKER_DIED` when a thread ends.
 */
export async function runEvaluation(
  parts: readonly (() => Promise<EvaluationPart>)[],
  data: EvaluationThreadData,
  threads: number,
  take: (evaluation: CoinEvaluation, index: number) => Promise<void>,
): Promise<void> {
  const workers = Math.max(1, Math.min(threads, parts.length));
  const pool = createWorkerPool<typeof task>(builtUrl('./evaluation.js', import.meta.url), {
    setup: data,
    noun: 'evaluation',
    workers,
  });
  const waiting: Promise<CoinEvaluation>[] = [];
  let next = 0;
  const start = () => {
    const make = parts[next++];
    if (!make) return;
    const answer = make().then((part) => pool.run('evaluate', part));
    // A failure is thrown where the answer is awaited; until then it must not count as unhandled.
    answer.catch(() => {});
    waiting.push(answer);
  };
  try {
    for (let i = 0; i < workers * AHEAD; i++) start();
    for (let i = 0; i < parts.length; i++) {
      const answer = await waiting.shift()!;
      start();
      await take(answer, i);
    }
  } finally {
    await pool.close();
  }
}
