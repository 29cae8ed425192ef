import { workerData } from 'node:worker_threads';
import type { CoinHistory } from '../data/coin-history.ts';
import { replayCoin } from '../drift/replay.ts';
import type { ScoredPeriod } from '../drift/scored-period.ts';
import { createDistributionMaker, type DistributionMaker } from '../forecast/quantile-forecaster.ts';
import { decodeModel, type ModelBytes } from '../model/model-file.ts';
import { type PackedError, packError } from './packed-error.ts';

/** What a replaying thread is started with. */
export interface DriftThreadData {
  readonly model: ModelBytes;
  readonly btc: CoinHistory | null;
  /** First origin, ms. */
  readonly fromMs: number;
}

/** One coin's scored periods, or why there are none. */
export type DriftAnswer = { readonly periods: readonly ScoredPeriod[] } | { readonly error: PackedError };

const { model, btc, fromMs } = workerData as DriftThreadData;
let maker: DistributionMaker | null = null;

/** Entry of the thread. Errors come back as data. */
export default function run(history: CoinHistory): DriftAnswer {
  try {
    maker ??= createDistributionMaker(decodeModel(model));
    return { periods: replayCoin(history, btc, maker, fromMs) };
  } catch (error) {
    return { error: packError(error) };
  }
}
