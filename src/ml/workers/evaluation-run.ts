import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { builtUrl } from '../../core/build-path.ts';
import { CandlecastError } from '../../core/errors.ts';
import type { CoinHistory } from '../data/coin-history.ts';
import type { CoinEvaluation } from '../evaluate/evaluate-coin.ts';
import type { EvaluationAnswer, EvaluationThreadData } from './evaluation-worker.ts';
import { unpackError } from './packed-error.ts';

/** Coins that may be finished and wait for one before them, for each thread: bounds the memory. */
const AHEAD = 2;

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
  const most = Math.max(1, Math.min(threads, coins.length));
  const pool = new Piscina({
    filename: fileURLToPath(builtUrl('./evaluation-worker.js', import.meta.url)),
    minThreads: most,
    maxThreads: most,
    idleTimeout: Number.POSITIVE_INFINITY,
    workerData: data,
    // Scoring needs no settings, and so holds no secrets.
    env: {},
  });
  const started: Promise<EvaluationAnswer>[] = [];
  const start = () => {
    const coin = coins[started.length];
    if (!coin) return;
    const answer: Promise<EvaluationAnswer> = pool.run(coin);
    // Whoever waits for it hears of a failure; until then it must not count as unheard.
    answer.catch(() => {});
    started.push(answer);
  };
  try {
    for (let i = 0; i < most * AHEAD; i++) start();
    for (let i = 0; i < coins.length; i++) {
      const answer = await finished(started[i]!);
      start();
      await take(answer);
    }
  } finally {
    await pool.destroy();
  }
}

async function finished(answer: Promise<EvaluationAnswer>): Promise<CoinEvaluation> {
  let known: EvaluationAnswer;
  try {
    known = await answer;
  } catch (cause) {
    throw new CandlecastError('CC_WORKER_DIED', 'An evaluating thread ended unexpectedly.', { cause });
  }
  if ('error' in known) throw unpackError(known.error);
  return known.evaluation;
}
