import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { builtUrl } from '../../core/build-path.ts';
import { CandlecastError } from '../../core/errors.ts';
import type { CoinTrack } from '../backtest/coin-track.ts';
import type { RuleOutcome, RulesJob } from '../backtest/run-rules.ts';
import type { CoinHistory } from '../data/coin-history.ts';
import type { BacktestAnswer, BacktestTask, BacktestThreadData, RuleMessage } from './backtest-worker.ts';
import { unpackError } from './packed-error.ts';

/** What a backtest runs on: coins, what the threads are started with, and the rules by name. */
export interface BacktestRun {
  readonly coins: readonly CoinHistory[];
  readonly data: BacktestThreadData;
  readonly job: Omit<RulesJob, 'rules' | 'tracks'>;
  readonly rules: readonly string[];
  readonly threads: number;
  /** Hear of coins forecast, then of rules reported. */
  readonly onCoin?: (done: number, of: number) => void;
  readonly onRule?: (done: number, of: number) => void;
  readonly signal?: AbortSignal;
}

/** Forecasts coins and trades by rules somewhere else. */
export type RunBacktest = (run: BacktestRun) => Promise<readonly RuleOutcome[]>;

/**
 * Runs a backtest in threads that end with it. Throws as `forecastCoin` and `runRules` do, `CC_WORKER_DIED` when a thread ends, and
 * `CC_STOPPING` when the signal says so.
 */
export const backtestInThreads: RunBacktest = async ({ coins, data, job, rules, threads, onCoin, onRule, signal }) => {
  const most = Math.max(1, Math.min(threads, coins.length));
  const pool = new Piscina({
    filename: fileURLToPath(builtUrl('./backtest-worker.js', import.meta.url)),
    minThreads: most,
    maxThreads: most,
    idleTimeout: Number.POSITIVE_INFINITY,
    workerData: data,
    // A backtest needs no settings, and so holds no secrets.
    env: {},
  });
  const ask = async (task: BacktestTask): Promise<Exclude<BacktestAnswer, { error: unknown }>> => {
    let answer: BacktestAnswer;
    try {
      answer = await pool.run(task, signal ? { signal } : {});
    } catch (cause) {
      throw signal?.aborted
        ? new CandlecastError('CC_STOPPING', 'The backtest was stopped.')
        : new CandlecastError('CC_WORKER_DIED', 'A backtesting thread ended unexpectedly.', { cause });
    }
    if ('error' in answer) throw unpackError(answer.error);
    return answer;
  };
  let done = 0;
  const forecast = async (history: CoinHistory): Promise<CoinTrack> => {
    const answer = await ask({ kind: 'forecast', history });
    onCoin?.(++done, coins.length);
    return (answer as { track: CoinTrack }).track;
  };
  try {
    const tracks = await Promise.all(coins.map(forecast));
    pool.on('message', ({ done: reported }: RuleMessage) => onRule?.(reported, rules.length));
    const answer = await ask({ kind: 'rules', job: { ...job, tracks }, rules });
    return (answer as { outcomes: readonly RuleOutcome[] }).outcomes;
  } finally {
    await pool.destroy();
  }
};
