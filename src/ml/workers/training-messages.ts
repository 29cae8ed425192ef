import type { CoinInput } from '../features/build.ts';
import type { CandleColumns } from '../features/columns.ts';
import type { ModelCard } from '../model/card.ts';
import type { ModelBytes } from '../model/model-file.ts';
import type { TrainProgress } from '../train/progress.ts';
import type { TrainOptions } from '../train/train-model.ts';
import type { PackedError } from './packed-error.ts';

/** What a training thread or process is asked for. */
export interface TrainingRequest {
  readonly coins: readonly CoinInput[];
  readonly btc: CandleColumns | null;
  readonly options: TrainOptions;
}

/** What it says. */
export type TrainingMessage =
  | { readonly progress: TrainProgress }
  | { readonly finished: ModelBytes & { readonly card: ModelCard } }
  | { readonly failed: PackedError };
