import { builtUrl } from '../../workers/worker-channel.ts';
import type { Call } from '../../workers/worker-messages.ts';
import { createWorkerPool } from '../../workers/worker-pool.ts';
import { type CoinTrack, type ForecastSetting, forecastCoin } from '../backtest/coin-track.ts';
import { ruleNamed } from '../backtest/rules.ts';
import { type RuleOutcome, type RulesJob, runRules } from '../backtest/run-rules.ts';
import type { WidthTable } from '../calibration/widths.ts';
import type { CoinHistory } from '../data/coin-history.ts';
import {
  createModelForecaster,
  createQuantileForecaster,
  type QuantileForecaster,
} from '../forecast/quantile-forecaster.ts';
import { decodeModel, type ModelBytes } from '../model/model-file.ts';

/** What every thread of a backtest is started with. */
export interface BacktestThreadData {
  readonly model: ModelBytes;
  readonly setting: ForecastSetting;
  /** Width factors by coin; all are one where a coin is left out. */
  readonly widths?: ReadonlyMap<string, WidthTable> | undefined;
}

/** What a backtest runs on: coins, what the threads are started with, and the rules by name. */
export interface BacktestRun {
  readonly coins: readonly CoinHistory[];
  readonly data: BacktestThreadData;
  readonly job: Omit<RulesJob, 'rules' | 'tracks'>;
  readonly rules: readonly string[];
  readonly threads: number;
  /** Called with the coins forecast, then with the rules reported. */
  readonly onCoin?: (done: number, of: number) => void;
  readonly onRule?: (done: number, of: number) => void;
  readonly signal?: AbortSignal;
}

/** Forecasts coins and trades by rules somewhere else. */
export type RunBacktest = (run: BacktestRun) => Promise<readonly RuleOutcome[]>;

/** The rules of these names, and all coins to trade by them. */
interface NamedRulesJob extends Omit<RulesJob, 'rules'> {
  readonly rules: readonly string[];
}

/** The worker's functions: one coin's forecasts, and all rules over all coins, which reports how many rules are done. */
export const task = ({ model, setting, widths }: BacktestThreadData) => {
  let forecaster: QuantileForecaster | null = null;
  return {
    forecast: (history: CoinHistory): CoinTrack => {
      forecaster ??= createQuantileForecaster(decodeModel(model));
      return inSharedMemory(
        forecastCoin(history, setting, createModelForecaster(forecaster, { widths: (symbol) => widths?.get(symbol) })),
      );
    },
    rules: (job: NamedRulesJob, call: Call<number>): readonly RuleOutcome[] =>
      runRules({ ...job, rules: job.rules.map(ruleNamed) }, (done) => call.report(done)),
  };
};

/**
 * Runs a backtest in threads that end with it. Throws as `forecastCoin` and `runRules` do, `CC_WORKER_DIED` when a thread ends, and
 * `CC_STOPPING` when the signal is aborted.
 */
export const backtestInThreads: RunBacktest = async ({ coins, data, job, rules, threads, onCoin, onRule, signal }) => {
  const pool = createWorkerPool<typeof task>(builtUrl('./backtest.js', import.meta.url), {
    setup: data,
    noun: 'backtest',
    workers: Math.max(1, Math.min(threads, coins.length)),
  });
  let done = 0;
  const forecast = async (history: CoinHistory): Promise<CoinTrack> => {
    const track = await pool.run('forecast', history, { signal });
    onCoin?.(++done, coins.length);
    return track;
  };
  try {
    const tracks = await Promise.all(coins.map(forecast));
    const onProgress = (reported: number) => onRule?.(reported, rules.length);
    return await pool.run('rules', { ...job, tracks, rules }, { signal, onProgress });
  } finally {
    await pool.close();
  }
};

/** The same with columns in shared memory, which travel between threads without being copied. */
function inSharedMemory(track: CoinTrack): CoinTrack {
  const share = (values: Float64Array): Float64Array => {
    const out = new Float64Array(new SharedArrayBuffer(values.byteLength));
    out.set(values);
    return out;
  };
  return {
    symbol: track.symbol,
    rows: track.rows,
    open: share(track.open),
    high: share(track.high),
    low: share(track.low),
    close: share(track.close),
    dollarVolume: share(track.dollarVolume),
    sigma: share(track.sigma),
    quantiles: share(track.quantiles),
    climatology: share(track.climatology),
  };
}
