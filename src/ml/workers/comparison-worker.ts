import { workerData } from 'node:worker_threads';
import type { CoinHistory } from '../data/coin-history.ts';
import { type ComparisonSetting, compareOnCoin } from '../evaluate/compare-models.ts';
import { createDistributionMaker, type DistributionMaker } from '../forecast/quantile-forecaster.ts';
import { decodeModel, type ModelBytes } from '../model/model-file.ts';
import type { ScoreBook } from '../scoring/score-book.ts';
import { type PackedError, packError } from './packed-error.ts';

/** What a comparing thread is started with. */
export interface ComparisonThreadData {
  readonly candidate: ModelBytes;
  readonly serving: ModelBytes | null;
  readonly setting: ComparisonSetting;
}

/** One coin's books, or why there are none. */
export type ComparisonAnswer = { readonly books: readonly ScoreBook[] } | { readonly error: PackedError };

const data = workerData as ComparisonThreadData;
let makers: { readonly candidate: DistributionMaker; readonly serving: DistributionMaker | null } | null = null;

/** Entry of the thread. Errors come back as data. */
export default function run(history: CoinHistory): ComparisonAnswer {
  try {
    const maker = (model: ModelBytes) => createDistributionMaker(decodeModel(model));
    makers ??= { candidate: maker(data.candidate), serving: data.serving && maker(data.serving) };
    return { books: compareOnCoin(history, data.setting, makers.candidate, makers.serving) };
  } catch (error) {
    return { error: packError(error) };
  }
}
