import type { CoinInput } from '../features/build.ts';
import type { CandleColumns } from '../features/columns.ts';
import type { CoinForecast, Forecaster } from '../forecaster.ts';
import { createForecaster } from '../forecaster.ts';
import type { ModelBytes } from '../model-codec.ts';
import { decodeModel } from '../model-codec.ts';
import type { PackedError } from './packed-error.ts';
import { packError } from './packed-error.ts';

/** One forecast to make: the model travels as bytes and is decoded once a version. */
export interface ForecastTask {
  readonly version: string;
  readonly model: ModelBytes;
  readonly coin: CoinInput;
  readonly btc: CandleColumns | null;
}

/** A forecast, or why there is none. */
export type ForecastAnswer = { readonly forecast: CoinForecast } | { readonly error: PackedError };

/** More versions than this are not served at the same time. */
const MOST_VERSIONS = 4;
const forecasters = new Map<string, Forecaster>();

function forecasterFor(task: ForecastTask): Forecaster {
  const known = forecasters.get(task.version);
  if (known) return known;
  const made = createForecaster(decodeModel(task.model));
  const oldest = forecasters.keys().next().value;
  if (forecasters.size >= MOST_VERSIONS && oldest !== undefined) forecasters.delete(oldest);
  forecasters.set(task.version, made);
  return made;
}

/** Entry of the pool's threads. Errors come back as data. */
export default function run(task: ForecastTask): ForecastAnswer {
  try {
    return { forecast: forecasterFor(task).forecast(task.coin, task.btc) };
  } catch (error) {
    return { error: packError(error) };
  }
}
