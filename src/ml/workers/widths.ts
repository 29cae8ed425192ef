import { builtUrl } from '../../core/build-path.ts';
import { createWorkerPool } from '../../workers/worker-pool.ts';
import { coinRatios } from '../calibration/coin-ratios.ts';
import type { CoinRatios } from '../calibration/width-stream.ts';
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

/** Says how a model's forecasts of coins came out. */
export type ReplayRatios = (
  coins: readonly CoinHistory[],
  data: WidthReplayData,
  signal: AbortSignal,
) => Promise<readonly CoinRatios[]>;

/** A coin takes a second at most; the limit is for an overloaded machine. */
const COIN_TIMEOUT_MS = 120_000;

/** The worker's function: how the model's forecasts of one coin came out. */
export const task = ({ model, btc, fromMs, toMs }: WidthReplayData) => {
  const forecaster = createQuantileForecaster(decodeModel(model));
  return { ratios: (history: CoinHistory): CoinRatios => coinRatios(history, btc, forecaster, { fromMs, toMs }) };
};

/**
 * Replays in one process that ends with the run, one coin after the other. Throws as the forecaster does, `CC_WORKER_DIED` when the
 * process ends, `CC_TIMEOUT` when a coin takes two minutes, `CC_STOPPING` when the signal is aborted.
 */
export const ratiosInProcess: ReplayRatios = async (coins, data, signal) => {
  const pool = createWorkerPool<typeof task>(builtUrl('./widths.js', import.meta.url), {
    setup: data,
    noun: 'width replay',
    kind: 'process',
    timeoutMs: COIN_TIMEOUT_MS,
  });
  const found: CoinRatios[] = [];
  try {
    for (const coin of coins) found.push(await pool.run('ratios', coin, { signal }));
    return found;
  } finally {
    await pool.close();
  }
};
