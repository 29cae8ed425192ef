import { createHash } from 'node:crypto';
import type { CalibrationState } from '../../core/calibration-state.ts';
import { closeTimeMs, type Interval } from '../../core/candle.ts';
import { seriesVerdict } from '../../core/candle-quality.ts';
import { asCandlecastError } from '../../core/errors.ts';
import type { Asking } from '../../core/fair-queue.ts';
import type { Logger } from '../../core/logger.ts';
import { type MarketSeries, OBSERVATION_METRICS, type Observation, type ObservationMetric } from '../../core/market.ts';
import type { SentimentAt } from '../../core/sentiment.ts';
import { closeTimesMs, type ObservationColumn, toColumns } from '../../ml/features/columns.ts';
import { sentimentExtent } from '../../ml/features/sentiment-features.ts';
import type { ModelCard } from '../../ml/model/card.ts';
import type { ForecastTask } from '../../ml/workers/forecast.ts';
import type { CalibrationRepository } from '../../storage/calibration-repository.ts';
import type { ServingModel } from '../models/model-registry.ts';

/** Candles read for a forecast: the longest window and climatology, with room for gaps. */
export const HISTORY_CANDLES: Readonly<Record<Interval, number>> = { '1d': 1_000, '1h': 2_000 };

/** The part of the market service that forecasts need. */
export interface ForecastMarket {
  series(
    request: { symbol: string; interval: Interval; candles: number; refresh?: boolean },
    asking?: Asking,
  ): Promise<MarketSeries>;
  /** True when the history comes from files. */
  isStatic(symbol: string, interval: Interval): Promise<boolean>;
  /** Observations of the given metrics; null where they did not arrive in time, since a slow source must not delay a forecast. */
  observations(request: {
    symbol: string;
    metrics: readonly ObservationMetric[];
    fromMs: number;
    toMs: number;
  }): Promise<readonly Observation[] | null>;
  /** Sentiment inputs of a coin at the closes of its candles; null where nothing is known. Logs its failures. */
  readonly sentiment?: SentimentAt | undefined;
}

/** The calibration states, stored between candles. */
export type CalibrationStore = Pick<CalibrationRepository, 'get' | 'put'>;

/** A coin's candles, and Bitcoin's beside them. */
export interface ForecastCandles {
  readonly series: MarketSeries;
  /** Null for Bitcoin itself, and where its candles cannot be had or trusted: the forecast is then made without them. */
  readonly btc: MarketSeries | null;
}

/** Verdicts by series: the market service gives the same object again while nothing is new. */
const verdicts = new WeakMap<MarketSeries, readonly string[]>();

/** Why a price history should not be trusted, in sentences; empty when it may be. */
export function faultsOf(series: MarketSeries): readonly string[] {
  const known = verdicts.get(series);
  if (known) return known;
  const { candles, interval } = series;
  const faults = seriesVerdict(candles, interval, candles).faults.map((fault) => fault.text);
  verdicts.set(series, faults);
  return faults;
}

/** Digests by series. */
const digests = new WeakMap<MarketSeries, string>();

/** A digest of a series' candles: equal where times, prices, volumes and flags are, whenever they were fetched. */
export function candlesDigest(series: MarketSeries): string {
  const known = digests.get(series);
  if (known) return known;
  const { symbol, interval, candles } = series;
  const numbers = new Float64Array(candles.length * 6);
  let flags = '';
  let at = 0;
  for (const { openTimeMs, open, high, low, close, volume, flag } of candles) {
    numbers[at] = openTimeMs;
    numbers[at + 1] = open;
    numbers[at + 2] = high;
    numbers[at + 3] = low;
    numbers[at + 4] = close;
    numbers[at + 5] = volume;
    if (flag !== null) flags += `${at} ${flag} `;
    at += 6;
  }
  const digest = createHash('sha256').update(`${symbol} ${interval} ${flags}`).update(numbers).digest('base64');
  digests.set(series, digest);
  return digest;
}

/** The candles a forecast of the coin is made from. Throws as the market does for the coin's own. */
export async function forecastCandles(
  market: Pick<ForecastMarket, 'series'>,
  logger: Logger,
  symbol: string,
  interval: Interval,
  { refresh = false, ...asking }: Asking & { readonly refresh?: boolean | undefined } = {},
): Promise<ForecastCandles> {
  const candles = HISTORY_CANDLES[interval];
  const bitcoin = async (): Promise<MarketSeries | null> => {
    try {
      const series = await market.series({ symbol: 'BTC', interval, candles }, asking);
      return faultsOf(series).length === 0 ? series : null;
    } catch (error) {
      asking.signal?.throwIfAborted();
      logger.warn({ err: asCandlecastError(error), interval }, 'no market context');
      return null;
    }
  };
  const [series, btc] = await Promise.all([
    market.series({ symbol, interval, candles, ...(refresh ? { refresh: true } : {}) }, asking),
    symbol === 'BTC' ? null : bitcoin(),
  ]);
  return { series, btc };
}

/** An input that the model uses and that could not be read this time. */
export type MissingInput = 'sentiment' | 'daily-numbers';

/** The task for the forecasting thread, and the inputs missing in it. */
export interface PreparedTask {
  readonly task: ForecastTask;
  readonly missing: readonly MissingInput[];
}

/** Prepares the task for the forecasting thread: candles as columns, the daily numbers that the model uses, the state of calibration. */
export async function forecastTask(
  market: ForecastMarket,
  { series, btc }: ForecastCandles,
  model: ServingModel,
  calibration: CalibrationState | null,
): Promise<PreparedTask> {
  const { symbol, interval, candles } = series;
  const columns = toColumns(candles, interval);
  // Metrics that the model does not use are not fetched.
  const metrics = OBSERVATION_METRICS.filter((metric) => usesInput(model.card, `${metric}Change`));
  const span = { fromMs: candles[0]!.openTimeMs, toMs: closeTimeMs(candles.at(-1)!, interval) };
  const observed = metrics.length === 0 ? [] : await market.observations({ symbol, metrics, ...span });
  // Sentiment is optional: without it a forecast is made and a note says so.
  const ask = model.card.sentiment ? market.sentiment : undefined;
  const extent = sentimentExtent(model.card.sentiment?.names ?? []);
  const sentiment = ask ? await ask(symbol, closeTimesMs(columns), extent).catch(() => 'unknown' as const) : null;
  const task = {
    version: model.card.version,
    model: model.bytes,
    calibration,
    coin: {
      symbol,
      columns,
      observations: observationColumns(observed ?? []),
      sentiment: sentiment === 'unknown' ? null : sentiment,
    },
    btc: symbol === 'BTC' ? columns : btc && toColumns(btc.candles, interval),
  };
  const missing: MissingInput[] = [];
  if (sentiment === 'unknown') missing.push('sentiment');
  if (observed === null) missing.push('daily-numbers');
  return { task, missing };
}

/** Whether an input varied in the model's training; one that did not has no influence. */
function usesInput(card: ModelCard, input: string): boolean {
  return (card.scaler.deviation[card.scaler.names.indexOf(input)] ?? 0) > 0;
}

function observationColumns(observations: readonly Observation[]): ReadonlyMap<ObservationMetric, ObservationColumn> {
  const inOrder = [...observations].sort((a, b) => a.availableAtMs - b.availableAtMs);
  return new Map(
    OBSERVATION_METRICS.map((metric) => {
      const list = inOrder.filter((observation) => observation.metric === metric);
      return [
        metric,
        {
          availableAtMs: Float64Array.from(list, (item) => item.availableAtMs),
          values: Float64Array.from(list, (item) => item.value),
        },
      ];
    }),
  );
}

/** The calibration state stored for the coin, the model and, of days, the hour at which they end; null when there is none or it cannot be read: calibration then starts anew. */
export async function keptCalibration(
  store: CalibrationStore,
  logger: Logger,
  symbol: string,
  { card }: ServingModel,
  endHour = 0,
): Promise<CalibrationState | null> {
  try {
    return await store.get(symbol, card.interval, card.version, endHour);
  } catch (error) {
    logger.warn({ err: asCandlecastError(error), symbol }, 'what calibration has learnt cannot be read');
    return null;
  }
}
