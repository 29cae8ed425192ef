import { type Candle, closeTimeMs, lastFinalOpenMs, type SourcedCandle } from '../../core/candle.ts';
import { asCandlecastError } from '../../core/errors.ts';
import type { LedgerEntry } from '../../core/ledger.ts';
import type { Logger } from '../../core/logger.ts';
import type { MarketSeries } from '../../core/market.ts';
import { DOUBT_HISTORY, doubtAbout } from '../../core/price-doubt.ts';
import { type Clock, HOUR_MS, MINUTE_MS } from '../../core/time.ts';
import { areFarApart } from '../../market/identity.ts';
import type { LivePrices } from '../../market/live-price.ts';
import type { MarketService } from '../../market/series.ts';

/** The price of a coin at a target, and what it was read from, as `binance 1m`. */
export interface TargetPrice {
  readonly actualPrice: number;
  readonly source: string;
}

/** What is known of the targets of one coin's forecasts. */
export interface TargetPrices {
  /** By the forecast's number in the ledger; those that are not known yet are absent. */
  readonly prices: ReadonlyMap<number, TargetPrice>;
  /** Numbers of forecasts that were made from the price of another coin. */
  readonly ofOthers: readonly number[];
}

type Due = Pick<LedgerEntry, 'sequence' | 'originMs' | 'targetMs' | 'lastPrice'>;

/** What prices at targets are read from. */
export interface TargetPriceParts {
  readonly market: Pick<MarketService, 'series'>;
  readonly prices: Pick<LivePrices, 'minutes'>;
  readonly logger: Logger;
  readonly now: Clock;
}

/** What follows the interval of a candle in the name of the source of an outcome. */
export const MINUTE_SOURCE = ' 1m';
export const HOUR_SOURCE = ' 1h';

/** Wait after a minute: exchanges still book trades into it for a moment. */
const SETTLE_MS = 5_000;
/** Trades this long before a target count as its price where none were made later: minutes without a trade are absent. */
const MINUTES_BEFORE = 15;
/** One request for minutes covers this at most, and so many are made for a coin at once; older targets come first, the rest in the next run. */
const SPAN_MS = 900 * MINUTE_MS;
const MAX_SPANS = 4;
/** Sources that do not answer are asked for minutes again for so long; then the hour counts. */
const MINUTES_WITHIN_MS = 6 * HOUR_MS;
/** The price of a minute lies within the range of its hour, up to this share: the two may come from different exchanges. */
const BEYOND_HOUR = 0.1;

/** The time on a grid nearest to a moment, both in ms. */
const nearest = (timeMs: number, stepMs: number) => Math.round(timeMs / stepMs) * stepMs;

/** Open time of the hourly candle whose close is nearest to a moment: at most 30 minutes off. */
export const nearestHourOpenMs = (timeMs: number) => nearest(timeMs, HOUR_MS) - HOUR_MS;

/**
 * Makes the function that finds the prices at the targets of one coin's forecasts: the close of the minute nearest to each, where it fits the hours
 * around it; where no source has that minute, the hourly close nearest to it. Throws `CC_DATABASE` and the signal's reason.
 */
export function createTargetPrices({ market, prices, logger, now }: TargetPriceParts) {
  async function hoursOf(symbol: string, fromMs: number): Promise<MarketSeries | null> {
    const count = (lastFinalOpenMs(now(), '1h') - nearestHourOpenMs(fromMs)) / HOUR_MS + 1;
    try {
      return await market.series({ symbol, interval: '1h', candles: Math.max(count, DOUBT_HISTORY['1h']) });
    } catch (error) {
      const known = asCandlecastError(error);
      if (known.code === 'CC_DATABASE') throw known;
      // A coin may have days and minutes alone.
      logger.debug({ symbol, code: known.code }, 'there are no hours beside the minutes of a score');
      return null;
    }
  }

  /** Minutes around the targets, and the targets for which the sources did not answer. */
  async function minutesAround(symbol: string, due: readonly Due[], signal: AbortSignal) {
    const minutes: SourcedCandle[] = [];
    const unanswered = new Set<Due>();
    for (const span of spansOf(due)) {
      const fromMs = nearest(span[0]!.targetMs, MINUTE_MS) - (MINUTES_BEFORE + 1) * MINUTE_MS;
      const toMs = nearest(span.at(-1)!.targetMs, MINUTE_MS) - MINUTE_MS;
      try {
        minutes.push(...(await prices.minutes(symbol, fromMs, toMs, { signal })));
      } catch (error) {
        signal.throwIfAborted();
        const known = asCandlecastError(error);
        if (known.code === 'CC_DATABASE') throw known;
        logger.debug({ symbol, code: known.code, err: known }, 'minutes for a score did not come');
        for (const one of span) unanswered.add(one);
      }
    }
    return { minutes, unanswered };
  }

  return async (symbol: string, entries: readonly Due[], signal: AbortSignal): Promise<TargetPrices> => {
    const ready = entries
      .filter(({ targetMs }) => nearest(targetMs, MINUTE_MS) + SETTLE_MS <= now())
      .sort((a, b) => a.targetMs - b.targetMs);
    const found = new Map<number, TargetPrice>();
    if (ready.length === 0) return { prices: found, ofOthers: [] };
    const hours = createHours(await hoursOf(symbol, Math.min(...ready.map(({ originMs }) => originMs))), now());
    const others = ready.filter(({ originMs, lastPrice }) => {
      const openTimeMs = Math.floor(originMs / HOUR_MS) * HOUR_MS;
      const around = [hours.at(openTimeMs - HOUR_MS), hours.at(openTimeMs)].filter((hour) => hour !== null);
      return around.length > 0 && around.every(({ close }) => areFarApart(close, lastPrice));
    });
    const asked = spansOf(ready.filter((one) => !others.includes(one)))
      .slice(0, MAX_SPANS)
      .flat();
    const { minutes, unanswered } = await minutesAround(symbol, asked, signal);
    for (const one of asked) {
      if (hours.isUnconfirmed(one.targetMs)) continue;
      const minute = minuteFor(minutes, one.targetMs);
      const verdict = minute ? hours.judge(minute) : 'refused';
      if (verdict === 'believed') {
        found.set(one.sequence, { actualPrice: minute!.close, source: `${minute!.source}${MINUTE_SOURCE}` });
      } else if (verdict === 'refused' && (!unanswered.has(one) || now() - one.targetMs > MINUTES_WITHIN_MS)) {
        const hour = hours.at(nearestHourOpenMs(one.targetMs));
        if (hour) found.set(one.sequence, { actualPrice: hour.close, source: `${hour.source}${HOUR_SOURCE}` });
      }
    }
    return { prices: found, ofOthers: others.map(({ sequence }) => sequence) };
  };
}

/** Targets in groups that one request for minutes covers; the targets ascend. */
function spansOf(due: readonly Due[]): Due[][] {
  const spans: Due[][] = [];
  for (const one of due) {
    const span = spans.at(-1);
    if (span && one.targetMs - span[0]!.targetMs <= SPAN_MS) span.push(one);
    else spans.push([one]);
  }
  return spans;
}

/** The minute whose close is nearest to the target, of those that end by the grid point nearest to it: the last trade there. */
function minuteFor(minutes: readonly SourcedCandle[], targetMs: number): SourcedCandle | null {
  const closeMs = nearest(targetMs, MINUTE_MS);
  const fromMs = closeMs - MINUTES_BEFORE * MINUTE_MS;
  const inReach = (minute: SourcedCandle) =>
    closeTimeMs(minute, '1m') <= closeMs && closeTimeMs(minute, '1m') >= fromMs;
  return minutes.findLast(inReach) ?? null;
}

/** The hours that the prices of minutes are held against. */
interface Hours {
  at(openTimeMs: number): SourcedCandle | null;
  /** Whether a price at that time is one of those that are not believed yet. */
  isUnconfirmed(timeMs: number): boolean;
  /** `waits`: only the end of the hour will tell. */
  judge(minute: Candle): 'believed' | 'waits' | 'refused';
}

function createHours(series: MarketSeries | null, nowMs: number): Hours {
  const candles = series?.candles ?? [];
  const byOpen = new Map(candles.map((candle) => [candle.openTimeMs, candle]));
  return {
    at: (openTimeMs) => byOpen.get(openTimeMs) ?? null,
    isUnconfirmed: (timeMs) => series?.unconfirmed != null && timeMs > series.unconfirmed.openTimeMs,
    judge(minute) {
      const openTimeMs = Math.floor(minute.openTimeMs / HOUR_MS) * HOUR_MS;
      const own = byOpen.get(openTimeMs);
      const { close } = minute;
      if (own) {
        const fits = close >= own.low / (1 + BEYOND_HOUR) && close <= own.high * (1 + BEYOND_HOUR);
        return fits ? 'believed' : 'refused';
      }
      const before = candles.filter((candle) => candle.openTimeMs < openTimeMs);
      const previous = before.at(-1);
      if (!previous) return 'believed';
      // The hour is not over, or missing: its beginning is taken to be the close before.
      const { close: open } = previous;
      const hour = { ...minute, openTimeMs, open, high: Math.max(open, close), low: Math.min(open, close) };
      if (!doubtAbout(hour, before, '1h')) return 'believed';
      return openTimeMs > lastFinalOpenMs(nowMs, '1h') ? 'waits' : 'refused';
    },
  };
}
