import { isDeepStrictEqual } from 'node:util';
import { LRUCache } from 'lru-cache';
import { type Candle, closeTimeMs, type SourcedCandle } from '../../core/candle.ts';
import { findGaps, flagCandles } from '../../core/candle-quality.ts';
import { orAborted } from '../../core/concurrency.ts';
import { asCandlecastError } from '../../core/errors.ts';
import type { Asking } from '../../core/fair-queue.ts';
import type { Logger } from '../../core/logger.ts';
import type { MarketSeries } from '../../core/market.ts';
import { DAY_MS, HOUR_MS, type Sleep } from '../../core/time.ts';
import type { HourHistory } from '../../market/hour-history.ts';
import {
  type ForecastCandles,
  type ForecastMarket,
  faultsOf,
  forecastCandles,
  HISTORY_CANDLES,
} from './forecast-inputs.ts';

/** The daily candles that a forecast which starts now is made from. */
export interface RollingCandles extends ForecastCandles {
  /** Hour of the day, UTC, at which the days end. */
  readonly endHour: number;
  /** Whether the days were put together from hours; else they are the sources' own, which end at midnight. */
  readonly fromHours: boolean;
  /** Set where the days end at midnight although a later hour is complete, because too few hours of the coin are known. */
  readonly tooFewHours: boolean;
  /** Equal while the same hours stand behind the days; empty for the sources' own days. */
  readonly hoursKey: string;
}

/** On whose behalf, and whether newer candles are fetched although the newest are recent. */
type Refreshing = Asking & { readonly refresh?: boolean | undefined };

/** Daily candles that end at the last complete hour. */
export interface RollingCandleService {
  /**
   * The candles of a coin and of Bitcoin whose days end at the close of the coin's newest hourly candle. Hours that are missing are fetched; what does not come
   * within two seconds goes on coming for the next call, and this one gets days that end at midnight. Throws as `forecastCandles` does where there are
   * no daily candles either.
   */
  candles(symbol: string, asking?: Refreshing): Promise<RollingCandles>;
  /** The same candles as they were for days that ended at an hour of the last two days. Throws as `candles`. */
  candlesAt(symbol: string, untilMs: number, asking?: Asking): Promise<RollingCandles>;
}

/** What the service is made of. */
export interface RollingCandleParts {
  readonly market: Pick<ForecastMarket, 'series'>;
  readonly history: HourHistory;
  readonly logger: Logger;
  readonly sleep: Sleep;
  /** Longest wait for hours that are missing. Default 2 s. */
  readonly waitMs?: number;
}

const WAIT_MS = 2_000;
/**
 * Days from hours are used where they reach back this far, or as far as the coin's daily candles do. With fewer the model's long inputs and climatology know too
 * little: on kept-back coins and hours the loss of forecasts from 83 days of hours lay 0.8, 2.6 and 5.3 % (1, 3, 7 days) above that from 450, and that of
 * the forecast from the last midnight, whose history is whole, 1.2, 1.0 and 0.2 % above.
 */
const FULL_MS = 365 * DAY_MS;
/** How much later hours may begin than daily candles to count as reaching back as far: a listing seldom falls on midnight. */
const BEGIN_SLACK_MS = 2 * DAY_MS;
/** Series of days kept, about 60 kB each. */
const MAX_DAYS_KEPT = 80;

/** Days of a coin up to a close, with the version of the hours that they come from. */
interface BuiltDays {
  readonly version: number;
  readonly series: MarketSeries;
}

/** Makes the service. Days are put together once for a coin and hour; the same object comes back while neither hours nor what is said of them has changed. */
export function createRollingCandleService(parts: RollingCandleParts): RollingCandleService {
  const { market, history, logger, sleep, waitMs = WAIT_MS } = parts;
  const built = new LRUCache<string, BuiltDays>({ max: MAX_DAYS_KEPT });

  /** The newest hours, with what is missing before them fetched, as far as it comes in time. */
  async function hoursOf(symbol: string, { refresh = false, ...asking }: Refreshing): Promise<MarketSeries> {
    const request = { symbol, interval: '1h' as const, candles: HISTORY_CANDLES['1h'] };
    const recent = await market.series({ ...request, ...(refresh ? { refresh: true } : {}) }, asking);
    const completing = history.complete(recent, asking.asker).catch((error: unknown) => {
      logger.debug({ symbol, code: asCandlecastError(error).code }, 'the long hourly history could not be fetched');
    });
    const over = new AbortController();
    const waiting = Promise.race([completing, sleep(waitMs, over.signal).catch(() => undefined)]);
    await (asking.signal ? orAborted(waiting, asking.signal) : waiting).finally(() => over.abort());
    return recent;
  }

  /** The days that end at the hour of `untilMs`, the last one then; null where there are none. */
  async function daysOf(recent: MarketSeries, untilMs: number): Promise<BuiltDays | null> {
    const hours = await history.read(recent);
    const key = `${recent.symbol} ${untilMs}`;
    const known = built.get(key);
    const current = known?.version === hours.version ? known : null;
    if (current && isDeepStrictEqual(saidOf(current.series), saidOf(recent))) return current;
    const series = current ? { ...current.series, ...saidOf(recent) } : daysFrom(recent, hours.days(untilMs), untilMs);
    if (!series) return null;
    const days = { version: hours.version, series };
    built.set(key, days);
    return days;
  }

  async function bitcoinDays(untilMs: number, asking: Asking): Promise<BuiltDays | null> {
    try {
      const days = await daysOf(await hoursOf('BTC', asking), untilMs);
      return days && faultsOf(days.series).length === 0 ? days : null;
    } catch (error) {
      asking.signal?.throwIfAborted();
      logger.warn({ err: asCandlecastError(error), interval: '1d' }, 'no market context');
      return null;
    }
  }

  /** The source's own days; null where there are none. */
  async function midnightDays(symbol: string, asking: Asking): Promise<MarketSeries | null> {
    try {
      return await market.series({ symbol, interval: '1d', candles: HISTORY_CANDLES['1d'] }, asking);
    } catch (error) {
      asking.signal?.throwIfAborted();
      logger.debug({ symbol, code: asCandlecastError(error).code }, 'no daily candles beside the hours');
      return null;
    }
  }

  /** The coin's days from hours, or why its own are used: they end as late, or too few hours are known. */
  async function fromHours(
    symbol: string,
    { refresh, ...asking }: Refreshing,
  ): Promise<RollingCandles | 'as late' | 'too few'> {
    const [recent, daily] = await Promise.all([hoursOf(symbol, { refresh, ...asking }), midnightDays(symbol, asking)]);
    const untilMs = closeTimeMs(recent.candles.at(-1)!, '1h');
    const [oldest, newest] = [daily?.candles[0], daily?.candles.at(-1)];
    // At midnight the source's own candle, which the scheduled forecast reads too, once it is there.
    if (newest && closeTimeMs(newest, '1d') >= untilMs) return 'as late';
    const days = await daysOf(recent, untilMs);
    if (!days || closeTimeMs(days.series.candles.at(-1)!, '1d') !== untilMs) return 'too few';
    const firstMs = days.series.candles[0]!.openTimeMs;
    const whole = untilMs - firstMs >= FULL_MS || !oldest || firstMs <= oldest.openTimeMs + BEGIN_SLACK_MS;
    if (!whole) return 'too few';
    return withBitcoin(days, untilMs, asking);
  }

  async function withBitcoin({ series, version }: BuiltDays, untilMs: number, asking: Asking): Promise<RollingCandles> {
    const btc = series.symbol === 'BTC' ? null : await bitcoinDays(untilMs, asking);
    const hoursKey = `${version} ${btc?.version ?? 0}`;
    return {
      series,
      btc: btc?.series ?? null,
      endHour: hourOf(untilMs),
      fromHours: true,
      tooFewHours: false,
      hoursKey,
    };
  }

  async function atMidnight(symbol: string, tooFewHours: boolean, asking: Refreshing): Promise<RollingCandles> {
    const daily = await forecastCandles(market, logger, symbol, '1d', asking);
    return { ...daily, endHour: 0, fromHours: false, tooFewHours, hoursKey: '' };
  }

  return {
    async candles(symbol, asking = {}) {
      const own = await fromHours(symbol, asking).catch((error: unknown) => {
        asking.signal?.throwIfAborted();
        const known = asCandlecastError(error);
        if (known.code === 'CC_DATABASE') throw known;
        logger.debug({ symbol, code: known.code }, 'no hours for days that end now');
        return 'too few' as const;
      });
      return typeof own === 'object' ? own : atMidnight(symbol, own === 'too few', asking);
    },

    async candlesAt(symbol, untilMs, asking = {}) {
      const days = hourOf(untilMs) === 0 ? null : await daysOf(await hoursOf(symbol, asking), untilMs);
      return days ? withBitcoin(days, untilMs, asking) : atMidnight(symbol, false, asking);
    },
  };
}

const hourOf = (ms: number): number => (ms % DAY_MS) / HOUR_MS;

/** What a reading says beside its candles. */
function saidOf({ failures, unconfirmed }: MarketSeries): Pick<MarketSeries, 'failures' | 'unconfirmed'> {
  return { failures, unconfirmed };
}

function daysFrom(recent: MarketSeries, days: readonly Candle[], untilMs: number): MarketSeries | null {
  if (days.length === 0) return null;
  const { symbol, source, fetchedAtMs } = recent;
  const candles = flagCandles(days, '1d').map((day): SourcedCandle => ({ ...day, source, fetchedAtMs }));
  const gaps = findGaps(candles, '1d', candles[0]!.openTimeMs, untilMs - DAY_MS);
  return { symbol, interval: '1d', candles, gaps, source, fetchedAtMs, ...saidOf(recent) };
}
