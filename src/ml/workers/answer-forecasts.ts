import type { CalibrationState } from '../../core/calibration-state.ts';
import type { DistributionExplanation } from '../../core/explanation.ts';
import type { Engine } from '../engine/types.ts';
import type { CoinInput } from '../features/build.ts';
import type { CandleColumns } from '../features/columns.ts';
import { createExplainer, type Explainer } from '../forecast/explainer.ts';
import { type CoinForecast, createForecaster, type Forecaster } from '../forecast/forecaster.ts';
import { decodeModel, type ModelBytes } from '../model/model-file.ts';
import { type PackedError, packError } from './packed-error.ts';

/** One forecast to make: the model travels as bytes and is decoded once a version. */
export interface ForecastTask {
  readonly version: string;
  readonly model: ModelBytes;
  readonly coin: CoinInput;
  readonly btc: CandleColumns | null;
  /** What calibration had learnt before; null where nothing is kept. */
  readonly calibration?: CalibrationState | null;
}

/** A forecast to explain instead of making it, at a horizon in candles. */
export interface ExplainTask extends ForecastTask {
  readonly explainSteps: number;
}

/** A forecast or an explanation, as the task asked, or why there is none. */
export type ForecastAnswer =
  | { readonly forecast: CoinForecast }
  | { readonly explanation: DistributionExplanation }
  | { readonly error: PackedError };

/** What one model's tasks are answered with; the explainer is made when it is first asked for. */
interface ModelAnswerer {
  readonly forecaster: Forecaster;
  readonly explain: Explainer;
}

/** More versions than this are not served at the same time. */
const MOST_VERSIONS = 4;

/** Makes what answers tasks one by one, in the calling thread or process. Errors come back as data. */
export function createForecastAnswerer(makeEngine: () => Engine): (task: ForecastTask | ExplainTask) => ForecastAnswer {
  const models = new Map<string, ModelAnswerer>();
  let engine: Engine | null = null;
  const modelOf = (task: ForecastTask): ModelAnswerer => {
    const known = models.get(task.version);
    if (known) return known;
    engine ??= makeEngine();
    const { createPredictor } = engine;
    const model = decodeModel(task.model);
    let explainer: Explainer | null = null;
    const made: ModelAnswerer = {
      forecaster: createForecaster(model, createPredictor),
      explain: (...asked) => {
        explainer ??= createExplainer(model, createPredictor);
        return explainer(...asked);
      },
    };
    const oldest = models.keys().next().value;
    if (models.size >= MOST_VERSIONS && oldest !== undefined) models.delete(oldest);
    models.set(task.version, made);
    return made;
  };
  return (task) => {
    try {
      const { forecaster, explain } = modelOf(task);
      if ('explainSteps' in task)
        return { explanation: explain(task.coin, task.btc, task.explainSteps, task.calibration) };
      return { forecast: forecaster.forecast(task.coin, task.btc, task.calibration) };
    } catch (error) {
      return { error: packError(error) };
    }
  };
}
