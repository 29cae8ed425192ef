import { builtUrl } from '../../core/build-path.ts';
import { createWorkerPool } from '../../workers/worker-pool.ts';
import { BASELINES } from '../baselines/registry.ts';
import type { CoinHistory } from '../data/coin-history.ts';
import { combinedForecasters, type DayByHours, forecastDayByHours } from '../evaluate/combined-days.ts';
import { type CoinEvaluation, type EvaluationSetting, evaluateCoin } from '../evaluate/evaluate-coin.ts';
import type { EvaluationPart } from '../evaluate/evaluation-parts.ts';
import type { EvaluationSpan } from '../evaluate/forecast-origins.ts';
import {
  createMaskedForecaster,
  createModelForecaster,
  createQuantileForecaster,
  type QuantileForecaster,
} from '../forecast/quantile-forecaster.ts';
import { createSuccession, type RollingForecaster } from '../forecast/rolling-forecaster.ts';
import { decodeModel, type ModelBytes } from '../model/model-file.ts';

/** What every thread of an evaluation is started with. */
export interface EvaluationThreadData {
  readonly model: ModelBytes;
  /** Models that take its place at origins from a moment on, ascending. */
  readonly successors: readonly { readonly fromMs: number; readonly model: ModelBytes }[];
  readonly setting: Omit<EvaluationSetting, 'btc' | 'fromMs' | 'toMs'>;
  /** Bitcoin's candles as parts name them; null masks the market's inputs. */
  readonly markets: readonly (CoinHistory | null)[];
  /** The hourly model that is combined with the daily one at one day, and Bitcoin's hourly candles. */
  readonly hours?: { readonly model: ModelBytes; readonly btc: CoinHistory | null } | undefined;
}

/** Parts that may be finished and wait for one before them, for each thread: bounds the memory. */
const AHEAD = 2;

/** The worker's functions: one part forecast by the model and every baseline; one coin's 24 hours forecast by the hourly model. */
export const task = ({ model, successors, setting, markets, hours }: EvaluationThreadData) => {
  const forecasters = [{ fromMs: Number.NEGATIVE_INFINITY, model }, ...successors].map(({ fromMs, model: bytes }) => ({
    fromMs,
    forecaster: createQuantileForecaster(decodeModel(bytes)),
  }));
  const succession = (make: (one: QuantileForecaster) => RollingForecaster) => {
    const [first, ...later] = forecasters.map(({ fromMs, forecaster }) => ({ fromMs, forecaster: make(forecaster) }));
    return createSuccession([first!, ...later]);
  };
  const hourly = hours && decodeModel(hours.model);
  const hourlyForecaster = hourly && createQuantileForecaster(hourly);
  return {
    evaluate: ({ history, market, fromMs, toMs, dayByHours }: EvaluationPart): CoinEvaluation => {
      const masked = setting.ablate ? succession(createMaskedForecaster) : null;
      const own = { ...setting, fromMs, toMs, btc: markets[market] ?? null };
      const daily = succession(createModelForecaster);
      if (!dayByHours) return evaluateCoin(history, own, daily, BASELINES, masked);
      const { combined, alone } = combinedForecasters(daily, dayByHours);
      return evaluateCoin(history, own, combined, [...BASELINES, ...alone], masked);
    },
    dayByHours: ({ history, fromMs, toMs }: HourlyCoin): DayByHours => {
      const { window } = hourly!.card;
      const model24 = createModelForecaster(hourlyForecaster!);
      return forecastDayByHours(history, { fromMs, toMs, window, btc: hours!.btc }, model24);
    },
  };
};

/** A coin's hourly candles and the origins at which its 24 hours are forecast, every full hour from … to. */
export interface HourlyCoin extends Pick<EvaluationSpan, 'fromMs' | 'toMs'> {
  readonly history: CoinHistory;
}

/** The threads of an evaluation. Both functions throw as what they run and `take` do, `CC_WORKER_DIED` when a thread ends. */
export interface EvaluationThreads {
  /**
   * Evaluates parts and hands each result to `take`, one at a time and in the order of `parts`, whatever thread was first. A part is made
   * when its turn comes.
   */
  evaluate(
    parts: readonly (() => Promise<EvaluationPart>)[],
    take: (evaluation: CoinEvaluation, index: number) => Promise<void>,
  ): Promise<void>;
  /** Forecasts coins' 24 hours with the hourly model of the thread data, in the same way. */
  forecastHours(
    coins: readonly (() => Promise<HourlyCoin>)[],
    take: (forecasts: DayByHours, index: number) => Promise<void>,
  ): Promise<void>;
  close(): Promise<void>;
}

/** Starts up to `threads` threads. */
export function startEvaluation(data: EvaluationThreadData, threads: number): EvaluationThreads {
  const workers = Math.max(1, threads);
  const pool = createWorkerPool<typeof task>(builtUrl('./evaluation.js', import.meta.url), {
    setup: data,
    noun: 'evaluation',
    workers,
  });
  async function inOrder<Job, Answer>(
    jobs: readonly (() => Promise<Job>)[],
    run: (job: Job) => Promise<Answer>,
    take: (answer: Answer, index: number) => Promise<void>,
  ): Promise<void> {
    const waiting: Promise<Answer>[] = [];
    let next = 0;
    const start = () => {
      const make = jobs[next++];
      if (!make) return;
      const answer = make().then(run);
      // A failure is thrown where the answer is awaited; until then it must not count as unhandled.
      answer.catch(() => {});
      waiting.push(answer);
    };
    for (let i = 0; i < workers * AHEAD; i++) start();
    for (let i = 0; i < jobs.length; i++) {
      const answer = await waiting.shift()!;
      start();
      await take(answer, i);
    }
  }
  return {
    evaluate: (parts, take) => inOrder(parts, (part) => pool.run('evaluate', part), take),
    forecastHours: (coins, take) => inOrder(coins, (coin) => pool.run('dayByHours', coin), take),
    close: () => pool.close(),
  };
}
