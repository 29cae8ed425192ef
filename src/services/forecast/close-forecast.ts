import { LRUCache } from 'lru-cache';
import type { Asset } from '../../core/asset.ts';
import { closeTimeMs, INTERVAL_MS } from '../../core/candle.ts';
import { createSharedCalls } from '../../core/concurrency.ts';
import { asCandlecastError, CandlecastError } from '../../core/errors.ts';
import type { Asking } from '../../core/fair-queue.ts';
import type { Horizon } from '../../core/horizon.ts';
import type { Logger } from '../../core/logger.ts';
import type { MarketSeries, SourceFailure } from '../../core/market.ts';
import { type Clock, DAY_MS } from '../../core/time.ts';
import { priceUnconfirmed, type UnconfirmedPrice } from '../../core/unconfirmed-price.ts';
import type { Message } from '../../language/message.ts';
import type { EventFactors } from '../../ml/calibration/calendar-width.ts';
import { minimumCandles } from '../../ml/features/build.ts';
import { toColumns } from '../../ml/features/columns.ts';
import { type CoinForecast, climatologyForecast, type HorizonDistribution } from '../../ml/forecast/forecaster.ts';
import type { ModelCard } from '../../ml/model/card.ts';
import type { ForecastPool } from '../../ml/workers/forecast.ts';
import type { ModelRegistry, ServingModel } from '../models/model-registry.ts';
import type { WidthService } from '../models/widths.ts';
import {
  type CalibrationStore,
  candlesDigest,
  type ForecastMarket,
  faultsOf,
  forecastCandles,
  forecastTask,
  keptCalibration,
  type MissingInput,
} from './forecast-inputs.ts';
import type { RollingCandleService, RollingCandles } from './rolling-candles.ts';

/** One coin forecast from its newest complete candle at one horizon of a model. */
export interface CloseForecast {
  readonly asset: Asset;
  readonly horizon: Horizon;
  /** Close of the newest candle that the model read. */
  readonly originMs: number;
  /** The price at that close, in US dollars. */
  readonly lastPrice: number;
  readonly series: MarketSeries;
  readonly model: ServingModel;
  /** All horizons of the model; log returns from `lastPrice`. */
  readonly forecast: Omit<CoinForecast, 'calibration'>;
  /** The one of `horizon`. */
  readonly distribution: HorizonDistribution;
  /** Factors of announcements in it; none where the model's widths have learnt nothing. */
  readonly eventFactors: EventFactors;
  readonly missing: readonly MissingInput[];
  /** Why the history should not be trusted; empty when it may be. */
  readonly faults: readonly string[];
  /** Why the forecast is climatology's; null when it is the model's. */
  readonly climatologyReason: Message | null;
  /** The candles come from files; their end counts as now. */
  readonly staticHistory: boolean;
  /** Set where days that end at the last complete hour were wanted, and too few hours of the coin are known: they end at midnight. */
  readonly tooFewHours: boolean;
  /** Equal for equal forecasts. */
  readonly key: string;
}

/** Forecasts from the newest complete candles: what the schedule records, and what forecasts from now are made of. */
export interface CloseForecasts {
  /**
   * Throws errors of the family in core/errors.ts, and the signal's reason. With `refresh`, newer candles are fetched even where the stored
   * ones are recent; with `rolling`, days end at the last complete hour instead of at midnight UTC, where enough hours are known.
   */
  atClose(
    request: {
      readonly asset: Asset;
      readonly horizon: Horizon;
      readonly refresh?: boolean;
      readonly rolling?: boolean;
    },
    asking?: Asking,
  ): Promise<CloseForecast>;
}

/** The newest answers of nets are kept for this many series. */
const SERIES_KEPT = 200;

/** What the service is built from. */
export interface CloseForecastParts {
  readonly market: ForecastMarket;
  readonly rolling: Pick<RollingCandleService, 'candles'>;
  readonly calibrations: CalibrationStore;
  readonly widths: Pick<WidthService, 'tableFor' | 'eventFactors' | 'stamp'>;
  readonly models: ModelRegistry;
  readonly pool: ForecastPool;
  readonly logger: Logger;
  readonly now: Clock;
}

/** One coin forecast at every horizon of an interval, with what the report needs besides. */
interface Computed extends Pick<CloseForecast, 'forecast' | 'eventFactors' | 'missing' | 'key'> {
  /** When the candles had been fetched. */
  readonly fetchedAtMs: number;
}

/** Makes the service. A net's answer is kept while neither the newest candle nor the model nor what widths have learnt has changed. */
export function createCloseForecasts(parts: CloseForecastParts): CloseForecasts {
  const answers = new LRUCache<string, Computed>({ max: SERIES_KEPT });
  const computing = createSharedCalls<Computed>();

  async function compute(
    model: ServingModel,
    candles: RollingCandles,
    signal: AbortSignal | undefined,
  ): Promise<Computed> {
    const { series, btc, fromHours, hoursKey } = candles;
    // Of days from hours the newest alone are kept, beside those that end at midnight, which the schedule asks for.
    const name = `${series.symbol} ${series.interval}${fromHours ? ' from hours' : ''}`;
    const { interval, version } = model.card;
    // A forecast from before the newest widths were learnt is made again.
    const learnt = parts.widths.stamp(interval);
    const key = [candlesDigest(series), hoursKey, btc ? candlesDigest(btc) : '', version, learnt].join('|');
    const known = answers.get(name);
    // What was missing then may be there once the candles have been fetched again.
    if (known?.key === key && (known.missing.length === 0 || known.fetchedAtMs === series.fetchedAtMs)) return known;
    return computing.run(key, signal, async (wanted) => {
      const computed = { ...(await run(model, candles, wanted)), key, fetchedAtMs: series.fetchedAtMs };
      answers.set(name, computed);
      return computed;
    });
  }

  async function run(model: ServingModel, candles: RollingCandles, signal: AbortSignal) {
    const { endHour, fromHours } = candles;
    const { symbol, interval } = candles.series;
    const known = await keptCalibration(parts.calibrations, parts.logger, symbol, model, endHour);
    const { task, missing } = await forecastTask(parts.market, candles, model, known);
    const widths = await parts.widths.tableFor(model, symbol, closeTimeMs(candles.series.candles.at(-1)!, interval));
    const { calibration, ...forecast } = await parts.pool.forecast({ ...task, widths }, signal);
    // Midnight's state is that of the sources' own days, which the schedule forecasts from.
    if (calibration && !(fromHours && endHour === 0)) {
      // A forecast is shown even where the new state of calibration cannot be stored.
      await parts.calibrations.put(symbol, interval, model.card.version, calibration, endHour).catch((error) => {
        parts.logger.warn({ err: asCandlecastError(error), symbol }, 'what calibration has learnt cannot be kept');
      });
    }
    return { forecast, missing, eventFactors: await parts.widths.eventFactors(model) };
  }

  return {
    async atClose({ asset, horizon, refresh = false, rolling = false }, asking = {}) {
      const { interval } = horizon;
      // Read once: a promotion meanwhile must not mix two models in one forecast. Started first, since the worker that reads a model takes
      // a moment to start; a failure is thrown below, after those of the candles.
      const serving = parts.models.serving(interval);
      serving.catch(() => {});
      const fresh = { ...asking, refresh };
      const candles: RollingCandles =
        rolling && interval === '1d'
          ? await parts.rolling.candles(asset.symbol, fresh)
          : {
              ...(await forecastCandles(parts.market, parts.logger, asset.symbol, interval, fresh)),
              ...{ endHour: 0, fromHours: false, tooFewHours: false, hoursKey: '' },
            };
      const { series } = candles;
      const newest = series.candles.at(-1);
      const model = await serving;
      const need = minimumCandles(model.card.window);
      if (!newest || series.candles.length < need) throw historyTooShort(series, need, parts.now());
      const staticHistory = await parts.market.isStatic(asset.symbol, interval);
      const originMs = closeTimeMs(newest, interval);
      const faults = faultsOf(series);
      const reason = climatologyReason({
        symbol: asset.symbol,
        horizon,
        originMs,
        nowMs: parts.now(),
        staticHistory,
        modelDataUntilMs: model.card.data.stopUntilMs,
        failures: series.failures,
        unconfirmed: series.unconfirmed,
        faults,
      });
      const computed: Computed = reason
        ? {
            forecast: climatologyInstead(model.card, series),
            eventFactors: [],
            missing: [],
            key: `${candlesDigest(series)}|${candles.hoursKey}|${JSON.stringify(reason)}`,
            fetchedAtMs: series.fetchedAtMs,
          }
        : await compute(model, candles, asking.signal);
      const distribution = computed.forecast.horizons.find(({ steps }) => steps === horizon.steps);
      if (!distribution) {
        const message = `The model ${model.card.version} does not forecast ${horizon.label}.`;
        throw new CandlecastError('CC_MODEL_DAMAGED', message);
      }
      return {
        ...computed,
        asset,
        horizon,
        originMs,
        lastPrice: newest.close,
        series,
        model,
        distribution,
        faults,
        climatologyReason: reason,
        staticHistory,
        tooFewHours: candles.tooFewHours,
      };
    },
  };
}

/** The name of the model behind a forecast: `climatology` where that replaces a net. */
export function modelName({ climatologyReason, model }: Pick<CloseForecast, 'climatologyReason' | 'model'>): string {
  return climatologyReason ? 'climatology' : model.card.version;
}

/** The refusal of a history that is too short: the coin is young, or its source gives only the newest part. */
function historyTooShort(series: MarketSeries, need: number, nowMs: number): CandlecastError {
  const { symbol, interval, candles, source, reachMs } = series;
  const have = candles.length;
  const step = INTERVAL_MS[interval];
  const message = `${symbol} has ${have} complete ${interval === '1d' ? 'daily' : 'hourly'} candles; a forecast needs ${need}.`;
  const said: Message = {
    key: interval === '1d' ? 'errors.shortDays' : 'errors.shortHours',
    values: { symbol, have, need },
  };
  const beginsMs = candles[0]?.openTimeMs ?? nowMs;
  // A coin that began to trade after the source's reach begins is young.
  if (reachMs === undefined || beginsMs > nowMs - reachMs + 2 * step) {
    return new CandlecastError('CC_HISTORY_TOO_SHORT', message, { context: { have, need }, said });
  }
  const days = Math.round(reachMs / DAY_MS);
  const reach = `${interval === '1d' ? 'days' : 'hours'} of the last ${days === 1 ? 'day' : `${days} days`}`;
  return new CandlecastError(
    'CC_HISTORY_TOO_SHORT',
    `${message} They come from ${source}, which gives only the ${reach}, however long the coin has traded.`,
    {
      remedy: `${interval === '1h' ? 'Ask for 1d or longer, or let' : 'Let'} the owner of the bot add a source that lists ${symbol} to MARKET_SOURCES.`,
      context: { have, need, source, reachMs },
      said,
      advice: { key: 'errors.shortAdvice' },
    },
  );
}

/** Maximum age of the newest candle for a forecast of the net. */
const STALE_INTERVALS = 2;
/** Maximum age of the newest candle for any forecast. */
const REFUSED_INTERVALS = 10;
/**
 * Maximum time since the last candle of a net's training data. Nets 2.7 to 3.8 years behind still scored 2.0, 1.2 and 1.2 % over climatology at
 * 1, 3 and 7 days, within 0.3 points of one fitted to the day (docs/models.md); older nets have not been measured.
 */
const MODEL_LIMIT_MS = 4 * 365 * DAY_MS;

/** The age of what a forecast would be made from. */
interface Ages {
  readonly symbol: string;
  readonly horizon: Horizon;
  /** Close of the newest candle. */
  readonly originMs: number;
  readonly nowMs: number;
  /** The candles come from files; their end counts as now. */
  readonly staticHistory: boolean;
  /** The last candle of the model's training data. */
  readonly modelDataUntilMs: number;
  /** Sources that could not give the newest candle, for the reason in words. */
  readonly failures: readonly SourceFailure[];
  /** A price newer than the origin that is not believed yet. */
  readonly unconfirmed: UnconfirmedPrice | null;
  /** Why the price history should not be trusted; empty when it may be. */
  readonly faults: readonly string[];
}

/**
 * Why climatology must replace the net; null when it need not. Throws `CC_CANDLES_STALE` when the candles are
 * too old for any forecast, or so old that the target has passed; `CC_MARKET_HALTED` when they are that old because nobody trades the coin,
 * and `CC_PRICE_UNCONFIRMED` when newer prices are not believed.
 */
export function climatologyReason(ages: Ages): Message | null {
  const { symbol, horizon, originMs, nowMs, staticHistory, modelDataUntilMs } = ages;
  const { interval } = horizon;
  const late = (nowMs - originMs) / INTERVAL_MS[interval];
  if (!staticHistory && ages.unconfirmed && (late > REFUSED_INTERVALS || late >= horizon.steps)) {
    throw priceUnconfirmed(ages.unconfirmed);
  }
  if (!staticHistory && late > STALE_INTERVALS) {
    if (late > REFUSED_INTERVALS || late >= horizon.steps) {
      const halted = ages.failures.filter(({ code }) => code === 'CC_SOURCE_HALTED').map(({ reason }) => reason);
      if (halted.length > 0) {
        const message = `${halted.join(' ')} The newest candle of ${symbol} closed at ${new Date(originMs).toISOString()}.`;
        throw new CandlecastError('CC_MARKET_HALTED', message, {
          context: { originMs },
          said: { key: 'errors.halted', values: { symbol, time: { timeMs: originMs, style: 'f' } } },
        });
      }
      throw new CandlecastError(
        'CC_CANDLES_STALE',
        `The newest complete candle of ${symbol} closed at ${new Date(originMs).toISOString()}${
          late > REFUSED_INTERVALS ? '' : `; a forecast ${horizon.label} ahead of it would end in the past`
        }.`,
        {
          context: { originMs },
          said: { key: 'errors.stale', values: { symbol, time: { timeMs: originMs, style: 'f' } } },
        },
      );
    }
    return { key: 'notes.climatologyOld', values: { ago: { timeMs: originMs, style: 'R' } } };
  }
  if (originMs - modelDataUntilMs > MODEL_LIMIT_MS) {
    return { key: 'notes.climatologyModel', values: { day: { timeMs: modelDataUntilMs, style: 'D' } } };
  }
  return ages.faults.length > 0 ? { key: 'notes.climatologyFaults' } : null;
}

/** Climatology in the model's place, at the model's horizons. Throws `CC_HISTORY_TOO_SHORT`. */
function climatologyInstead({ steps }: ModelCard, series: MarketSeries): CoinForecast {
  const horizons = climatologyForecast(toColumns(series.candles, series.interval), steps);
  if (!horizons) {
    const message = `The model cannot be used, and ${series.symbol} has too short a history for climatology.`;
    throw new CandlecastError('CC_HISTORY_TOO_SHORT', message);
  }
  return {
    horizons,
    outOfRange: [],
    shock: null,
    windowGaps: 0,
    marketContext: true,
    candles: series.candles.length,
    calibration: null,
  };
}
