import { builtUrl } from '../../workers/worker-channel.ts';
import { createWorkerPool } from '../../workers/worker-pool.ts';
import type { WidthTable } from '../calibration/widths.ts';
import type { CoinHistory } from '../data/coin-history.ts';
import { addPeriods, inOrder, type PeriodsByMoment, replayCoin, type ScoredPeriod } from '../drift/scored-period.ts';
import { createQuantileForecaster } from '../forecast/quantile-forecaster.ts';
import { decodeModel, type ModelBytes } from '../model/model-file.ts';

/** What the replaying thread is started with. */
export interface DriftThreadData {
  readonly model: ModelBytes;
  readonly btc: CoinHistory | null;
  /** First origin, ms. */
  readonly fromMs: number;
  /** Width factors by coin; all are one where a coin is left out. */
  readonly widths?: ReadonlyMap<string, WidthTable>;
}

/** Replays a model over coins: their scored periods together, in the order a monitor takes them. */
export type ReplayModel = (
  coins: readonly CoinHistory[],
  data: DriftThreadData,
  signal: AbortSignal,
) => Promise<readonly ScoredPeriod[]>;

/** Some thirty coins take ten seconds; the limit is for an overloaded machine. */
const COIN_TIMEOUT_MS = 120_000;

/** The worker's function: one coin's scored periods. */
export const task = ({ model, btc, fromMs, widths }: DriftThreadData) => {
  const forecaster = createQuantileForecaster(decodeModel(model));
  return {
    replay: (history: CoinHistory): readonly ScoredPeriod[] =>
      replayCoin(history, btc, forecaster, fromMs, widths?.get(history.symbol)),
  };
};

/**
 * Replays in one thread that ends with the run, one coin after the other. Throws as the replay does, `CC_WORKER_DIED` when the
 * thread ends, `CC_TIMEOUT` when a coin takes two minutes, `CC_STOPPING` when the signal is aborted.
 */
export const replayInThread: ReplayModel = async (coins, data, signal) => {
  const pool = createWorkerPool<typeof task>(builtUrl('./drift.js', import.meta.url), {
    setup: data,
    noun: 'replay',
    kind: 'process',
    timeoutMs: COIN_TIMEOUT_MS,
  });
  const all: PeriodsByMoment = new Map();
  try {
    for (const coin of coins) addPeriods(all, await pool.run('replay', coin, { signal }));
    return inOrder(all);
  } finally {
    await pool.close();
  }
};
