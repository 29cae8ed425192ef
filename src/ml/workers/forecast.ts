import { LRUCache } from 'lru-cache';
import type { CalibrationState } from '../../core/calibration-state.ts';
import type { DistributionExplanation } from '../../core/forecast.ts';
import { builtUrl } from '../../workers/worker-channel.ts';
import { createWorkerPool } from '../../workers/worker-pool.ts';
import type { WidthTable } from '../calibration/widths.ts';
import type { CoinInput } from '../features/build.ts';
import type { CandleColumns } from '../features/columns.ts';
import { createExplainer, type Explainer } from '../forecast/explainer.ts';
import { type CoinForecast, createForecaster, type Forecaster } from '../forecast/forecaster.ts';
import type { Backend } from '../model/backend.ts';
import type { ModelCard } from '../model/card.ts';
import { type CardReader, decodeModel, type LoadedModel, type ModelBytes } from '../model/model-file.ts';
import { backendWorker, engineOf } from '../tensorflow/tensorflow-engine.ts';

/** A model to use: it travels as bytes and is decoded once a version. */
export interface ModelTask {
  readonly version: string;
  readonly model: ModelBytes;
}

/** One forecast to make. */
export interface ForecastTask extends ModelTask {
  readonly coin: CoinInput;
  readonly btc: CandleColumns | null;
  /** What calibration had learnt before; null where nothing is kept. */
  readonly calibration?: CalibrationState | null;
  /** The coin's width factors; all are one where they are left out. */
  readonly widths?: WidthTable | null;
}

/** A forecast to explain instead of making it, at a horizon in candles. */
export interface ExplainTask extends ForecastTask {
  readonly explainSteps: number;
}

/** Makes forecasts away from the calling thread. */
export interface ForecastPool {
  /** Throws as the forecaster does, `CC_WORKER_DIED` when the worker ends, `CC_TIMEOUT` when it takes too long, `CC_BUSY`, `CC_STOPPING`. */
  forecast(task: ForecastTask, signal?: AbortSignal): Promise<CoinForecast>;
  close(): Promise<void>;
}

/** Prepares models for forecasts. */
export interface ModelPreparer {
  /** Decodes a model and makes its forecaster, so that the first forecast finds both; throws as `ForecastPool.forecast`. */
  prepare(model: ModelTask): Promise<void>;
}

/** Explains forecasts away from the calling thread. */
export interface ExplanationPool {
  /** Throws as the explainer does, and as `ForecastPool.forecast`. */
  explain(task: ExplainTask, signal?: AbortSignal): Promise<DistributionExplanation>;
}

/** What one decoded model is served with; both are made when they are first asked for. */
interface ServedModel {
  readonly forecaster: () => Forecaster;
  readonly explainer: () => Explainer;
}

/** Decoded models that are kept. */
const MODELS_KEPT = 4;
/** Forecasts take milliseconds, and loading TensorFlow a second or two; the limit is for an overloaded machine. */
const TIMEOUT_MS: Readonly<Record<Backend, number>> = { wasm: 15_000, 'tfjs-node': 20_000 };
/** Forecasts that may wait; the built-in engine is quick enough for the time limit alone to bound them. */
const MAX_WAITING: Readonly<Record<Backend, number>> = { wasm: Number.POSITIVE_INFINITY, 'tfjs-node': 256 };

/** The worker's functions: a model's card, forecasts and explanations, with the backend's engine. */
export const task = ({ backend }: { readonly backend: Backend }) => {
  const { createPredictor } = engineOf(backend);
  const serve = (model: LoadedModel): ServedModel => {
    let forecaster: Forecaster | null = null;
    let explainer: Explainer | null = null;
    return {
      forecaster: () => {
        forecaster ??= createForecaster(model, createPredictor);
        return forecaster;
      },
      explainer: () => {
        explainer ??= createExplainer(model, createPredictor);
        return explainer;
      },
    };
  };
  const models = new LRUCache<string, ServedModel, ModelTask>({
    max: MODELS_KEPT,
    memoMethod: (_version, _stale, { context }) => serve(decodeModel(context.model)),
  });
  const served = (asked: ModelTask) => models.memo(asked.version, { context: asked });
  const forecastWith = (model: ServedModel, { coin, btc, calibration, widths }: Omit<ForecastTask, 'model'>) =>
    model.forecaster().forecast(coin, btc, calibration, widths);
  return {
    readCard(bytes: ModelBytes): ModelCard {
      const model = decodeModel(bytes);
      // Kept for the forecasts that follow; one that is kept already goes on with its predictor.
      if (!models.has(model.card.version)) models.set(model.card.version, serve(model));
      return model.card;
    },
    prepare: (asked: ModelTask): void => void served(asked).forecaster(),
    forecast: (asked: ForecastTask): CoinForecast => forecastWith(served(asked), asked),
    /** The same without the model's bytes; null where the model is not kept here any more. */
    forecastKept(asked: Omit<ForecastTask, 'model'>): CoinForecast | null {
      const kept = models.get(asked.version);
      return kept ? forecastWith(kept, asked) : null;
    },
    explain: (asked: ExplainTask): DistributionExplanation =>
      served(asked).explainer()(asked.coin, asked.btc, asked.explainSteps, asked.calibration, asked.widths),
  };
};

/**
 * Starts one worker that stays: a thread for the built-in engine, a process for native TensorFlow, which is started with the first call.
 * It is started again when it ended. Throws `CC_BACKEND_MISSING` when the backend is not installed.
 */
export function createForecastPool(
  backend: Backend = 'wasm',
  limits: { readonly timeoutMs?: number; readonly maxWaiting?: number } = {},
): ForecastPool & ExplanationPool & ModelPreparer & CardReader & { readonly pid: number | undefined } {
  const pool = createWorkerPool<typeof task>(builtUrl('./forecast.js', import.meta.url), {
    setup: { backend },
    noun: 'forecast',
    warm: backend === 'wasm',
    timeoutMs: TIMEOUT_MS[backend],
    maxWaiting: MAX_WAITING[backend],
    onAbort: 'abandon',
    ...backendWorker(backend, 1),
    ...limits,
  });
  /** Versions that the worker has had: a model's text, up to 190 kB, is copied with every message that holds it. */
  const sent = new LRUCache<string, true>({ max: MODELS_KEPT });
  return {
    get pid() {
      return pool.pid;
    },
    readCard: (model) => pool.run('readCard', model),
    prepare: (asked) => pool.run('prepare', asked),
    async forecast(asked, signal) {
      if (sent.get(asked.version)) {
        const { model: _, ...rest } = asked;
        const answer = await pool.run('forecastKept', rest, { signal });
        // Null after the worker was started again.
        if (answer) return answer;
      }
      const answer = await pool.run('forecast', asked, { signal });
      sent.set(asked.version, true);
      return answer;
    },
    explain: (asked, signal) => pool.run('explain', asked, { signal }),
    close: () => pool.close(),
  };
}
