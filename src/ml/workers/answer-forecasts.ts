import type { Engine } from '../engine/types.ts';
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

/** Makes what answers tasks one by one, in the calling thread or process. Errors come back as data. */
export function createForecastAnswerer(makeEngine: () => Engine): (task: ForecastTask) => ForecastAnswer {
  const forecasters = new Map<string, Forecaster>();
  let engine: Engine | null = null;
  const forecasterFor = (task: ForecastTask): Forecaster => {
    const known = forecasters.get(task.version);
    if (known) return known;
    engine ??= makeEngine();
    const made = createForecaster(decodeModel(task.model), engine.createPredictor);
    const oldest = forecasters.keys().next().value;
    if (forecasters.size >= MOST_VERSIONS && oldest !== undefined) forecasters.delete(oldest);
    forecasters.set(task.version, made);
    return made;
  };
  return (task) => {
    try {
      return { forecast: forecasterFor(task).forecast(task.coin, task.btc) };
    } catch (error) {
      return { error: packError(error) };
    }
  };
}
