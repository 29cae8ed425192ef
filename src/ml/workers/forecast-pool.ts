import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { builtUrl } from '../../core/build-path.ts';
import { CandlecastError } from '../../core/errors.ts';
import type { DistributionExplanation } from '../../core/explanation.ts';
import type { CoinForecast } from '../forecast/forecaster.ts';
import type { ExplainTask, ForecastAnswer, ForecastTask } from './answer-forecasts.ts';
import { unpackError } from './packed-error.ts';

/** Makes forecasts away from the calling thread. */
export interface ForecastPool {
  /** Throws as the forecaster does, `CC_WORKER_DIED` when the thread ends, `CC_TIMEOUT` when it takes too long. */
  forecast(task: ForecastTask): Promise<CoinForecast>;
  close(): Promise<void>;
}

/** Explains forecasts away from the calling thread. */
export interface ExplanationPool {
  /** Throws as the explainer does, and as `ForecastPool.forecast`. */
  explain(task: ExplainTask): Promise<DistributionExplanation>;
}

/** The forecast of an answer; throws the error it may be instead. */
export function forecastOf(answer: ForecastAnswer): CoinForecast {
  if ('error' in answer) throw unpackError(answer.error);
  if ('forecast' in answer) return answer.forecast;
  throw new CandlecastError('CC_INTERNAL', 'The forecasting thread answered another question.');
}

/** The explanation of an answer; throws the error it may be instead. */
export function explanationOf(answer: ForecastAnswer): DistributionExplanation {
  if ('error' in answer) throw unpackError(answer.error);
  if ('explanation' in answer) return answer.explanation;
  throw new CandlecastError('CC_INTERNAL', 'The forecasting thread answered another question.');
}

/** Forecasts take milliseconds; this is for a machine that is on its knees. */
const TIMEOUT_MS = 15_000;

/** Starts one thread that stays warm; it is started again when it dies. */
export function createForecastPool(): ForecastPool & ExplanationPool {
  const pool = new Piscina({
    filename: fileURLToPath(builtUrl('./forecast-worker.js', import.meta.url)),
    minThreads: 1,
    maxThreads: 1,
    idleTimeout: Number.POSITIVE_INFINITY,
  });
  const ask = async (task: ForecastTask | ExplainTask): Promise<ForecastAnswer> => {
    try {
      return await pool.run(task, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    } catch (cause) {
      const late = cause instanceof Error && cause.name === 'AbortError';
      throw late
        ? new CandlecastError('CC_TIMEOUT', 'The forecast took longer than 15 seconds.', { cause, retryable: true })
        : new CandlecastError('CC_WORKER_DIED', 'The forecasting thread ended unexpectedly.', {
            cause,
            retryable: true,
          });
    }
  };
  return {
    forecast: async (task) => forecastOf(await ask(task)),
    explain: async (task) => explanationOf(await ask(task)),
    close: () => pool.destroy(),
  };
}
