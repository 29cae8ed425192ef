import { workerData } from 'node:worker_threads';
import { BASELINES } from '../baselines/registry.ts';
import type { CoinHistory } from '../data/coin-history.ts';
import { type CoinEvaluation, type EvaluationSetting, evaluateCoin } from '../evaluate/evaluate-coin.ts';
import {
  createDistributionMaker,
  createMaskedForecaster,
  createModelForecaster,
  type DistributionMaker,
} from '../forecast/quantile-forecaster.ts';
import { decodeModel, type ModelBytes } from '../model/model-file.ts';
import { type PackedError, packError } from './packed-error.ts';

/** What every thread of an evaluation is started with. */
export interface EvaluationThreadData {
  readonly model: ModelBytes;
  readonly setting: EvaluationSetting;
}

/** One coin's evaluation, or why there is none. */
export type EvaluationAnswer = { readonly evaluation: CoinEvaluation } | { readonly error: PackedError };

const { model, setting } = workerData as EvaluationThreadData;
let maker: DistributionMaker | null = null;

/** Entry of the pool's threads. Errors come back as data. */
export default function run(history: CoinHistory): EvaluationAnswer {
  try {
    maker ??= createDistributionMaker(decodeModel(model));
    const masked = setting.ablate ? createMaskedForecaster(maker) : null;
    return { evaluation: evaluateCoin(history, setting, createModelForecaster(maker), BASELINES, masked) };
  } catch (error) {
    return { error: packError(error) };
  }
}
