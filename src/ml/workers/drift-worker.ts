import { workerData } from 'node:worker_threads';
import type { DistributionMaker } from '../distribution.ts';
import { createDistributionMaker } from '../distribution.ts';
import { replayCoin } from '../drift/replay.ts';
import type { ScoredPeriod } from '../drift/scored-period.ts';
import type { CoinHistory } from '../evaluate/coin-history.ts';
import type { ModelBytes } from '../model-codec.ts';
import { decodeModel } from '../model-codec.ts';
import type { PackedError } from './packed-error.ts';
import { packError } from './packed-error.ts';

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
