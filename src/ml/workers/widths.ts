import { builtUrl } from '../../workers/worker-channel.ts';
import { createWorkerPool } from '../../workers/worker-pool.ts';
import { coinRatios } from '../calibration/coin-ratios.ts';
import { type CarryOn, type CoinRatios, carryOn } from '../calibration/width-stream.ts';
import type { CoinHistory } from '../data/coin-history.ts';
import { createQuantileForecaster } from '../forecast/quantile-forecaster.ts';
import { decodeModel, type ModelBytes } from '../model/model-file.ts';

/** What the replaying process is started with. */
export interface WidthReplayData {
  readonly model: ModelBytes;
  readonly btc: CoinHistory | null;
  /** First and last origin, ms. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** Replays a model's forecasts of coins and learns on from how they came out. */
export type LearnFromReplay = (
  coins: readonly CoinHistory[],
  data: WidthReplayData,
  request: CarryOn,
  signal: AbortSignal,
) => Promise<ReturnType<typeof carryOn>>;

/** A coin takes a second at most, and what is learnt from all of them a few; the limit is for an overloaded machine. */
const STEP_TIMEOUT_MS = 120_000;

/** The worker's functions: one coin's forecasts, kept here, and what is learnt from those of all. */
export const task = ({ model, btc, fromMs, toMs }: WidthReplayData) => {
  const forecaster = createQuantileForecaster(decodeModel(model));
  const coins: CoinRatios[] = [];
  return {
    replay: (history: CoinHistory): void => {
      coins.push(coinRatios(history, btc, forecaster, { fromMs, toMs }));
    },
    learn: (request: CarryOn) => carryOn(coins, request),
  };
};

/**
 * Replays and learns in one process that ends with the run, one coin after the other. Throws as the forecaster does, `CC_WORKER_DIED` when the
 * process ends, `CC_TIMEOUT` when a coin takes two minutes, `CC_STOPPING` when the signal is aborted.
 */
export const learnInProcess: LearnFromReplay = async (coins, data, request, signal) => {
  const pool = createWorkerPool<typeof task>(builtUrl('./widths.js', import.meta.url), {
    setup: data,
    noun: 'width replay',
    kind: 'process',
    timeoutMs: STEP_TIMEOUT_MS,
  });
  try {
    for (const coin of coins) await pool.run('replay', coin, { signal });
    return await pool.run('learn', request, { signal });
  } finally {
    await pool.close();
  }
};
