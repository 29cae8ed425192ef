import { LRUCache } from 'lru-cache';
import { type Candle, closeTimeMs, INTERVAL_MS, type Interval, type SourcedCandle } from '../core/candle.ts';
import { createSharedCalls } from '../core/concurrency.ts';
import { asCandlecastError, type ErrorCode } from '../core/errors.ts';
import { type Asking, createFairQueue } from '../core/fair-queue.ts';
import type { Logger } from '../core/logger.ts';
import { type LivePrice, type MarketSeries, type SourceFailure, SourcesFailedError } from '../core/market.ts';
import { DOUBT_HISTORY, deservesComparison, doubtAbout, isNearRange, marketMoveOf } from '../core/price-doubt.ts';
import { type Clock, DAY_MS, HOUR_MS, MINUTE_MS, steadyClock } from '../core/time.ts';
import type { UnconfirmedPrice } from '../core/unconfirmed-price.ts';
import type { CandleRepository } from '../storage/candle-repository.ts';
import type { MarketGateway } from './failover.ts';
import type { CoinIdentity } from './identity.ts';
import type { MinuteAsk, MinuteGateway } from './minute-failover.ts';
import { OPINION_MS, opinionOn, refusal, unconfirmedFrom } from './second-opinion.ts';
import type { MarketService } from './series.ts';

/** Prices of this minute, and of minutes that are over. */
export interface LivePrices {
  /**
   * The last trade of a coin, judged by the rules of the price gate against the newest stored closes, or the newest believed close; see
   * {@link LivePrice}. At most fifteen seconds old; of files, their newest close. Throws as `market.series` does when nothing is known of the coin,
   * and the signal's reason.
   */
  lastTrade(symbol: string, asking?: Asking): Promise<LivePrice>;
  /**
   * Complete minutes by open time, both ends included, ascending, from one source; at most the first thousand. Absent are minutes without a trade,
   * and those that contradict the believed hour around them or, until that is stored, lie far outside the usual moves. Empty where no source has any. Throws `CC_SOURCE_UNAVAILABLE` when one that may have them did not answer, `CC_DATABASE`, and the signal's
   * reason.
   */
  minutes(symbol: string, fromMs: number, toMs: number, asking?: Asking): Promise<readonly SourcedCandle[]>;
}

/** What the service is made of. */
export interface LivePriceParts {
  readonly market: Pick<MarketService, 'series' | 'isStatic'>;
  readonly gateway: MinuteGateway & Pick<MarketGateway, 'isApproximate'>;
  readonly candles: Pick<CandleRepository, 'range'>;
  /** Judges whether a source means the same coin; absent where prices come from files or a simulation. */
  readonly identity?: Pick<CoinIdentity, 'check'>;
  readonly now: Clock;
  readonly logger: Logger;
  /** Newest candles read of a series, at least {@link DOUBT_HISTORY}, its default: what forecasts read, so that one request serves both. */
  readonly history?: Readonly<Record<Interval, number>>;
  /** Longest the sources are waited for. Default 5 s. */
  readonly withinMs?: number;
}

/** An answer is reused for this long. */
const KEPT_MS = 15_000;
const MAX_KEPT = 2_000;
const MAX_MINUTES = 1_000;
/** Maximum age of an hourly close; an older one may precede the newest daily close. */
const RECENT_MS = DAY_MS;
/** Where a source's last trade is older than this, another source is asked for a later one. */
const QUIET_MS = 5 * MINUTE_MS;
/** Other coins' moves since their last close say for this long how the market moves. */
const MOVE_KEPT_MS = 5 * MINUTE_MS;
/** Scheduled work, which may look every minute, asks a source whose prices are approximate no more often: such a source has a budget of the month. */
const POINT_KEPT_MS = HOUR_MS;
/** Coins that the sources are asked for at once on behalf of persons; who waits takes turns by server and person. */
const FETCHING = { atOnce: 8, perPerson: 20, perServer: 500, total: 2_000, noun: 'requests for prices' } as const;
/** Failures that are answers about the coin, not faults of the source. */
const ANSWERS: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['CC_SOURCE_UNKNOWN_MARKET', 'CC_SOURCE_OTHER_COIN']);

/** The last trade that a source tells of. */
interface Trade {
  readonly price: number;
  readonly atMs: number;
  readonly source: string;
  readonly fetchedAtMs: number;
  /** Minutes with a trade, ascending; the last one is that of the price. */
  readonly minutes: readonly Candle[];
}

/** The newest stored closes, against which a trade is judged. */
interface KnownCloses {
  readonly interval: Interval;
  readonly series: MarketSeries;
}

/** Makes the service. */
export function createLivePrices(parts: LivePriceParts): LivePrices {
  const { market, gateway, candles, identity, now, logger, history = DOUBT_HISTORY, withinMs = 5_000 } = parts;
  const steady = { ttlResolution: 0, perf: { now: steadyClock(now) } };
  const kept = new LRUCache<string, LivePrice>({ max: MAX_KEPT, ttl: KEPT_MS, ...steady });
  const moves = new LRUCache<string, { readonly openTimeMs: number; readonly move: number }>({
    max: MAX_KEPT,
    ttl: MOVE_KEPT_MS,
    ...steady,
  });
  /** Last trades by sources whose prices are approximate. */
  const points = new LRUCache<string, Trade>({ max: MAX_KEPT, ttl: POINT_KEPT_MS, ...steady });
  const isApproximate = (source: string) => gateway.isApproximate?.(source) ?? false;
  const asked = createSharedCalls<LivePrice>();
  const turns = createFairQueue(FETCHING);

  function fetchMinutes(request: Omit<MinuteAsk, 'accept'>, { asker, signal }: Asking) {
    const { symbol } = request;
    const accept = ({ source, candles }: { readonly source: string; readonly candles: readonly Candle[] }) =>
      identity?.check({ symbol, interval: '1h', source, candles: joined(candles, '1h') }, []) ?? Promise.resolve();
    const fetching = () =>
      gateway.fetchMinutes({ ...request, accept, ...(asker ? { asker } : {}), ...(signal ? { signal } : {}) });
    return asker ? turns.run({ asker, signal }, fetching) : fetching();
  }

  /** The newest closes: of hours, or of days where there are no recent hours. Throws as the market does when there are neither. */
  async function newestCloses(symbol: string, asking: Asking): Promise<KnownCloses> {
    let known: KnownCloses | null = null;
    let failure: unknown;
    for (const interval of ['1h', '1d'] as const) {
      try {
        const series = await market.series({ symbol, interval, candles: history[interval] }, asking);
        if (!known || closedAtMs({ interval, series }) > closedAtMs(known)) known = { interval, series };
        if (now() - closedAtMs(known) < RECENT_MS) break;
      } catch (error) {
        asking.signal?.throwIfAborted();
        if (asCandlecastError(error).code === 'CC_DATABASE') throw error;
        failure = error;
      }
    }
    if (!known) throw failure;
    return known;
  }

  /** The last trade since the hour before this one, by the first source that has one; of a quiet coin, by the one that traded later. */
  async function lastTradeOf(
    symbol: string,
    { notFrom, withinMs: limitMs }: Required<Pick<MinuteAsk, 'notFrom' | 'withinMs'>>,
    asking: Asking,
  ): Promise<{ readonly trade: Trade | null; readonly failures: readonly SourceFailure[] }> {
    const deadlineAtMs = now() + limitMs;
    const heard = [...notFrom];
    const failures: SourceFailure[] = [];
    let trade: Trade | null = null;
    const point = asking.asker ? undefined : points.get(symbol);
    while (now() < deadlineAtMs) {
      const nowMs = now();
      const fromMs = Math.floor(nowMs / HOUR_MS) * HOUR_MS - HOUR_MS;
      const span = { symbol, fromMs, toMs: nowMs, exact: trade !== null || point !== undefined };
      const answer = await fetchMinutes({ ...span, notFrom: heard, withinMs: deadlineAtMs - nowMs }, asking);
      if (trade === null) failures.push(...answer.failures.filter(({ code }) => code !== 'CC_SOURCE_UNKNOWN_MARKET'));
      if (answer.source === null) break;
      const found = tradeIn(answer.candles, answer.source, answer.fetchedAtMs);
      if (found && isApproximate(found.source)) points.set(symbol, found);
      if (found && (trade === null || found.atMs > trade.atMs)) trade = found;
      if (trade && nowMs - trade.atMs <= QUIET_MS) break;
      heard.push(answer.source, ...answer.failures.map(({ source }) => source));
    }
    if (trade === null && point && !notFrom.includes(point.source)) trade = point;
    return { trade, failures };
  }

  /** The trade, or that of another source which contradicts it, where the rules of the price gate allow one; else why not. */
  async function judged(
    symbol: string,
    trade: Trade,
    known: KnownCloses,
    asking: Asking,
  ): Promise<Trade | UnconfirmedPrice> {
    const { interval } = known;
    const candle = newestCandle(trade, known);
    const last = known.series.candles.findLastIndex(({ openTimeMs }) => openTimeMs < candle.openTimeMs);
    const before = known.series.candles.slice(Math.max(0, last + 1 - DOUBT_HISTORY[interval]), last + 1);
    const previous = before.at(-1);
    if (!previous) return trade;
    if (interval === '1h') {
      moves.set(symbol, { openTimeMs: candle.openTimeMs, move: Math.log(candle.close / previous.close) });
    }
    let doubt = doubtAbout(candle, before, interval);
    const market = doubt ? marketMove(symbol, interval, candle.openTimeMs) : 0;
    if (doubt) doubt = doubtAbout(candle, before, interval, market);
    if (!doubt && !deservesComparison(candle, before, interval)) return trade;
    const others = new Map<string, Trade>();
    const opinion = await opinionOn({ candle, before, interval, doubt, market }, async (heard) => {
      const { trade: other } = await lastTradeOf(symbol, { notFrom: heard, withinMs: OPINION_MS }, asking);
      if (!other) return null;
      others.set(other.source, other);
      const { source, fetchedAtMs } = other;
      const own = joined(other.minutes, interval).map((one) => ({ ...one, source, fetchedAtMs, flag: null }));
      return [...own.slice(0, -1), newestCandle(other, known)];
    });
    const { other } = opinion;
    if (opinion.kind === 'contradicts') return others.get(opinion.other.source)!;
    if (!doubt || opinion.kind === 'agrees') return trade;
    logger.warn(
      { symbol, kind: doubt.kind, source: trade.source, price: trade.price, move: doubt.move, other },
      'a last trade is not believed',
    );
    const previousPrice = previous.close;
    return unconfirmedFrom({ symbol, interval, doubted: [candle], previousPrice, doubt, other, nowMs: now() });
  }

  /** The minutes that do not contradict the stored hours. */
  async function believedOf(symbol: string, minutes: readonly SourcedCandle[]): Promise<readonly SourcedCandle[]> {
    const hours = joined(minutes, '1h');
    const [first, last] = [hours[0], hours.at(-1)];
    if (!first || !last) return [];
    const historyMs = DOUBT_HISTORY['1h'] * HOUR_MS;
    const stored = await candles.range(symbol, '1h', first.openTimeMs - historyMs, last.openTimeMs);
    const doubted = new Set(
      hours
        .filter((hour) => {
          const before = stored.filter(({ openTimeMs }) => openTimeMs < hour.openTimeMs);
          return doubtAbout({ ...hour, open: before.at(-1)?.close ?? hour.open }, before, '1h') !== null;
        })
        .map(({ openTimeMs }) => openTimeMs),
    );
    return minutes.filter(({ openTimeMs, close }) => {
      const hourMs = Math.floor(openTimeMs / HOUR_MS) * HOUR_MS;
      const known = stored.find((hour) => hour.openTimeMs === hourMs);
      return known ? isNearRange(close, known) : !doubted.has(hourMs);
    });
  }

  /** Median move of the other coins that were asked for a moment ago. */
  function marketMove(symbol: string, interval: Interval, openTimeMs: number): number {
    if (interval !== '1h') return 0;
    const others = [...moves.entries()].filter(([other, one]) => other !== symbol && one.openTimeMs === openTimeMs);
    return marketMoveOf(
      others.map(([, { move }]) => move),
      interval,
    );
  }

  async function find(symbol: string, asking: Asking): Promise<LivePrice> {
    const known = await newestCloses(symbol, asking);
    const close = closeOf(symbol, known);
    if (await market.isStatic(symbol, known.interval)) return close;
    const { trade, failures } = await lastTradeOf(symbol, { notFrom: [], withinMs }, asking);
    // A close of another source may be later than the last trade of this one, and a close of any later than a point that was kept.
    const isOther = trade?.source !== close.source || (trade && isApproximate(trade.source));
    if (!trade || (trade.atMs < close.atMs && isOther)) return { ...close, failures };
    const believed = await judged(symbol, trade, known, asking);
    if (!('minutes' in believed)) return { ...close, failures, doubted: believed };
    const { price, atMs, source, fetchedAtMs } = believed;
    const refused =
      believed === trade
        ? []
        : [refusal(trade.source, `${trade.source} gives a price of ${symbol} that ${source} contradicts.`)];
    return {
      symbol,
      price,
      atMs,
      source,
      fetchedAtMs,
      kind: 'trade',
      doubted: null,
      failures: [...failures, ...refused],
    };
  }

  return {
    async lastTrade(symbol, { asker, signal } = {}) {
      const before = kept.get(symbol);
      // After the clock was set back, an answer from before would lie in the future.
      if (before && Math.max(before.atMs, before.fetchedAtMs) <= now()) return before;
      return asked.run(symbol, signal, async (wanted) => {
        const price = await find(symbol, { asker, signal: wanted });
        kept.set(symbol, price);
        return price;
      });
    },

    async minutes(symbol, fromMs, toMs, asking = {}) {
      const first = Math.ceil(fromMs / MINUTE_MS) * MINUTE_MS;
      const last = Math.min(toMs, now() - MINUTE_MS, first + (MAX_MINUTES - 1) * MINUTE_MS);
      if (last < first) return [];
      const {
        candles: found,
        source,
        fetchedAtMs,
        failures,
      } = await fetchMinutes({ symbol, fromMs: first, toMs: last }, asking);
      if (source !== null) {
        const traded = found.filter(isTraded).map((one) => ({ ...one, source, fetchedAtMs, flag: null }));
        return believedOf(symbol, traded);
      }
      const down = failures.filter(({ code }) => !ANSWERS.has(code));
      if (down.length === 0) return [];
      const message = `No market source answered for minutes of ${symbol}. ${down.map(({ reason }) => reason).join(' ')}`;
      throw new SourcesFailedError('CC_SOURCE_UNAVAILABLE', message, failures, {
        context: { symbol },
        retryable: true,
      });
    },
  };
}

const isTraded = ({ volume }: Candle) => volume > 0;

function closedAtMs({ interval, series }: KnownCloses): number {
  return closeTimeMs(series.candles.at(-1)!, interval);
}

function closeOf(symbol: string, known: KnownCloses): LivePrice {
  const { candles, source, fetchedAtMs, unconfirmed, failures } = known.series;
  const price = candles.at(-1)!.close;
  const atMs = closedAtMs(known);
  return { symbol, price, atMs, source, fetchedAtMs, kind: 'close', doubted: unconfirmed, failures };
}

/** The last trade among minutes; its time is the end of its minute, or now within the open one. Null where nothing was traded. */
function tradeIn(candles: readonly Candle[], source: string, fetchedAtMs: number): Trade | null {
  const minutes = candles.filter(isTraded);
  const last = minutes.at(-1);
  if (!last) return null;
  return { price: last.close, atMs: Math.min(closeTimeMs(last, '1m'), fetchedAtMs), source, fetchedAtMs, minutes };
}

/** Minutes joined to hours or days, ascending. */
function joined(minutes: readonly Candle[], interval: Interval): readonly Candle[] {
  const step = INTERVAL_MS[interval];
  const parts = new Map<number, Candle[]>();
  for (const minute of minutes) {
    const openTimeMs = Math.floor(minute.openTimeMs / step) * step;
    parts.set(openTimeMs, [...(parts.get(openTimeMs) ?? []), minute]);
  }
  return [...parts].map(([openTimeMs, part]) => ({
    openTimeMs,
    open: part[0]!.open,
    high: Math.max(...part.map(({ high }) => high)),
    low: Math.min(...part.map(({ low }) => low)),
    close: part.at(-1)!.close,
    volume: part.reduce((sum, { volume }) => sum + volume, 0),
  }));
}

/** The candle in which the last trade lies, as far as it goes. Of a day, its beginning is not known: it opens at the close before. */
function newestCandle({ minutes, source, fetchedAtMs }: Trade, { interval, series }: KnownCloses): SourcedCandle {
  const candle = joined(minutes, interval).at(-1)!;
  const previous = series.candles.findLast(({ openTimeMs }) => openTimeMs < candle.openTimeMs);
  const open = interval === '1d' && previous ? previous.close : candle.open;
  return { ...candle, open, source, fetchedAtMs, flag: null };
}
