import { parentPort, workerData } from 'node:worker_threads';
import { type CoinTrack, type ForecastSetting, forecastCoin } from '../backtest/coin-track.ts';
import { ruleNamed } from '../backtest/rules.ts';
import { type RuleOutcome, type RulesJob, runRules } from '../backtest/run-rules.ts';
import type { CoinHistory } from '../data/coin-history.ts';
import {
  createDistributionMaker,
  createModelForecaster,
  type DistributionMaker,
} from '../forecast/quantile-forecaster.ts';
import { decodeModel, type ModelBytes } from '../model/model-file.ts';
import { type PackedError, packError } from './packed-error.ts';

/** What every thread of a backtest is started with. */
export interface BacktestThreadData {
  readonly model: ModelBytes;
  readonly setting: ForecastSetting;
}

/** One coin to forecast, or all of them to trade by the rules of these names. */
export type BacktestTask =
  | { readonly kind: 'forecast'; readonly history: CoinHistory }
  | { readonly kind: 'rules'; readonly job: Omit<RulesJob, 'rules'>; readonly rules: readonly string[] };

/** Sent while rules are under way: how many have been reported. */
export interface RuleMessage {
  readonly done: number;
}

/** The result of a task, or why there is none. */
export type BacktestAnswer =
  | { readonly track: CoinTrack }
  | { readonly outcomes: readonly RuleOutcome[] }
  | { readonly error: PackedError };

const { model, setting } = workerData as BacktestThreadData;
let maker: DistributionMaker | null = null;

/** Entry of the pool's threads. Errors come back as data. */
export default function run(task: BacktestTask): BacktestAnswer {
  try {
    if (task.kind === 'rules') {
      const tell = (done: number) => parentPort?.postMessage({ done } satisfies RuleMessage);
      return { outcomes: runRules({ ...task.job, rules: task.rules.map(ruleNamed) }, tell) };
    }
    maker ??= createDistributionMaker(decodeModel(model));
    return { track: shared(forecastCoin(task.history, setting, createModelForecaster(maker))) };
  } catch (error) {
    return { error: packError(error) };
  }
}

/** The same with columns in shared memory, which travel between threads without being copied. */
function shared(track: CoinTrack): CoinTrack {
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
    usual: share(track.usual),
  };
}
