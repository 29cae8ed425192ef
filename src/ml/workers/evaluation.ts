import { builtUrl } from '../../workers/worker-channel.ts';
import { createWorkerPool } from '../../workers/worker-pool.ts';
import { BASELINES } from '../baselines/registry.ts';
import { coinRatios } from '../calibration/coin-ratios.ts';
import type { CoinRatios } from '../calibration/width-stream.ts';
import type { WidthTable } from '../calibration/widths.ts';
import type { CoinHistory } from '../data/coin-history.ts';
import { combinedForecasters, type DayByHours, forecastDayByHours } from '../evaluate/combined-days.ts';
import { type CoinEvaluation, type EvaluationSetting, evaluateCoin } from '../evaluate/evaluate-coin.ts';
import type { EvaluationPart } from '../evaluate/evaluation-parts.ts';
import type { EvaluationSpan } from '../evaluate/forecast-origins.ts';
import {
  createMaskedForecaster,
  createModelForecaster,
  createQuantileForecaster,
  type EnsembleCache,
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

/** The ensemble's quantiles of some rows of a coin, rows × horizons × QUANTILE_LEVELS, as they travel between threads. */
export interface KnownQuantiles {
  readonly rows: Int32Array;
  readonly quantiles: Float64Array;
}

/** A coin's candles, and the origins whose forecasts are looked at. */
export interface RatioCoin extends Pick<EvaluationSpan, 'fromMs' | 'toMs'> {
  readonly history: CoinHistory;
  readonly market: number;
  /** Whether they are hours, forecast by the hourly model of the thread data. */
  readonly ofHours: boolean;
  /** Whether to forecast all origins up to `toMs` and to give back the ensemble's quantiles. */
  readonly keep: boolean;
}

/** How a coin's forecasts came out, and the ensemble's quantiles where they were to be kept. */
export interface RatioAnswer {
  readonly coin: CoinRatios;
  readonly known: KnownQuantiles | null;
}

const flat = (cache: EnsembleCache): KnownQuantiles => {
  const width = cache.values().next().value?.length ?? 0;
  const quantiles = new Float64Array(cache.size * width);
  let at = 0;
  for (const values of cache.values()) quantiles.set(values, width * at++);
  return { rows: Int32Array.from(cache.keys()), quantiles };
};

const cacheOf = ({ rows, quantiles }: KnownQuantiles): EnsembleCache => {
  const width = quantiles.length / Math.max(rows.length, 1);
  return new Map(Array.from(rows, (row, i) => [row, quantiles.subarray(i * width, (i + 1) * width)]));
};

/**
 * The worker's functions: how the forecasts of a coin came out; one part forecast by the model and every baseline; one coin's 24 hours forecast
 * by the hourly model.
 */
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
    ratios: ({ history, market, ofHours, fromMs, toMs, keep }: RatioCoin): RatioAnswer => {
      const cache: EnsembleCache = new Map();
      const btc = ofHours ? hours!.btc : (markets[market] ?? null);
      const serving = ofHours ? [{ fromMs: Number.NEGATIVE_INFINITY, forecaster: hourlyForecaster! }] : forecasters;
      const found = serving.map(({ fromMs: servedMs, forecaster }, i) => {
        const untilMs = serving[i + 1]?.fromMs ?? Number.POSITIVE_INFINITY;
        const firstMs = Math.max(servedMs, keep ? Number.NEGATIVE_INFINITY : fromMs);
        const span = { fromMs: firstMs, toMs: Math.min(toMs, untilMs - 1) };
        return coinRatios(history, btc, forecaster, span, keep ? cache : new Map());
      });
      return { coin: ratiosFrom(joined(found), fromMs), known: keep ? flat(cache) : null };
    },
    evaluate: ({ history, market, fromMs, toMs, dayByHours, widths, known }: EvaluationPart): CoinEvaluation => {
      const scaled = { widths: () => widths };
      const masked = setting.ablate ? succession((one) => createMaskedForecaster(one, scaled)) : null;
      const own = { ...setting, fromMs, toMs, btc: markets[market] ?? null };
      const first = known ? { known: cacheOf(known) } : {};
      const daily = succession((one) => createModelForecaster(one, { ...scaled, ...first }));
      if (!dayByHours) return evaluateCoin(history, own, daily, BASELINES, masked);
      const { combined, alone } = combinedForecasters(daily, dayByHours);
      return evaluateCoin(history, own, combined, [...BASELINES, ...alone], masked);
    },
    dayByHours: ({ history, fromMs, toMs, widths }: HourlyCoin): DayByHours => {
      const { window } = hourly!.card;
      const model24 = createModelForecaster(hourlyForecaster!, { widths: () => widths });
      return forecastDayByHours(history, { fromMs, toMs, window, btc: hours!.btc }, model24);
    },
  };
};

/** A coin's outcomes of spans that follow each other, as one. */
function joined(parts: readonly CoinRatios[]): CoinRatios {
  const first = parts[0]!;
  const together = <Values extends Float32Array | Float64Array>(
    make: (length: number) => Values,
    of: (part: CoinRatios) => Values,
  ): Values => {
    const all = make(parts.reduce((sum, part) => sum + of(part).length, 0));
    let at = 0;
    for (const part of parts) {
      all.set(of(part), at);
      at += of(part).length;
    }
    return all;
  };
  return {
    symbol: first.symbol,
    originMs: together(
      (length) => new Float64Array(length),
      (part) => part.originMs,
    ),
    ratios: together(
      (length) => new Float32Array(length),
      (part) => part.ratios,
    ),
    ...(first.curves
      ? {
          curves: together(
            (length) => new Float32Array(length),
            (part) => part.curves!,
          ),
        }
      : {}),
  };
}

/** The part of a coin's outcomes whose origins are not before `fromMs`. */
function ratiosFrom({ symbol, originMs, ratios, curves }: CoinRatios, fromMs: number): CoinRatios {
  const found = originMs.findIndex((ms) => ms >= fromMs);
  const first = found < 0 ? originMs.length : found;
  const rest = (values: Float32Array) => values.slice((first * values.length) / Math.max(originMs.length, 1));
  return {
    symbol,
    originMs: originMs.slice(first),
    ratios: rest(ratios),
    ...(curves ? { curves: rest(curves) } : {}),
  };
}

/** A coin's hourly candles and the origins at which its 24 hours are forecast, every full hour from … to. */
export interface HourlyCoin extends Pick<EvaluationSpan, 'fromMs' | 'toMs'> {
  readonly history: CoinHistory;
  readonly widths?: WidthTable;
}

/** The threads of an evaluation. All functions throw as what they run and `take` do, `CC_WORKER_DIED` when a thread ends. */
export interface EvaluationThreads {
  /** Says how coins' forecasts came out, in the same way as `evaluate`. */
  ratios(
    coins: readonly (() => Promise<RatioCoin>)[],
    take: (answer: RatioAnswer, index: number) => Promise<void>,
  ): Promise<void>;
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
    ratios: (coins, take) => inOrder(coins, (coin) => pool.run('ratios', coin), take),
    forecastHours: (coins, take) => inOrder(coins, (coin) => pool.run('dayByHours', coin), take),
    close: () => pool.close(),
  };
}
