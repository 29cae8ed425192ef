import { LRUCache } from 'lru-cache';
import { type Candle, MIN_DAY_HOURS, type SourcedCandle } from '../core/candle.ts';
import { createSharedCalls } from '../core/concurrency.ts';
import { type Asker, createFairQueue } from '../core/fair-queue.ts';
import type { MarketSeries } from '../core/market.ts';
import { type Clock, DAY_MS, HOUR_MS, steadyClock } from '../core/time.ts';
import type { CandleCache } from '../storage/candle-cache.ts';
import type { TimeRange } from './fetch-candles.ts';
import type { MarketService } from './series.ts';

/**
 * Days of hourly candles that are kept of a coin: the 365 that the longest inputs and climatology look back over, with room for the horizon and
 * for gaps.
 */
export const HISTORY_DAYS = 400;
const HISTORY_HOURS = HISTORY_DAYS * 24;
/** Hours kept in memory: two days more, so that the days of a forecast made since then can be put together again, to explain it. */
const KEPT_HOURS = HISTORY_HOURS + 48;
/** Hours fetched at once: two pages of Binance, seven of Coinbase. They end at multiples of that many hours, so that each is tried once. */
const CHUNK_HOURS = 2_000;
/** Hours read from the database at once, few enough that no thread is kept busy. */
const READ_HOURS = 240;
/** Coins whose hours are kept in memory, 380 kB each. */
const MAX_COINS = 40;
/** Everything is read anew after this: another process may have filled a gap. */
const KEPT_MS = DAY_MS;
/** What is missing is tried again after this: where every source answered, and where one failed. */
const RETRY_AFTER_MS = { answered: DAY_MS, failed: HOUR_MS } as const;
/** Coins of which it is known when to try again. */
const MAX_TRIES_KEPT = 2_000;
/** Histories fetched at once because somebody asked; the others wait. */
const FETCHING = { atOnce: 2, perPerson: 10, perServer: 50, total: 100, noun: 'long histories' } as const;

const FIELDS = ['open', 'high', 'low', 'close', 'volume'] as const;

/** The hours of one coin, as they were last read. */
export interface KeptHours {
  /** Changes whenever an hour appears, is corrected or goes. */
  readonly version: number;
  /** Open time of the oldest hour; NaN where there is none. */
  readonly fromMs: number;
  /** The {@link HISTORY_DAYS} days at most that end at the hour of `untilMs`, the last one then, ascending; the same as `rollingDays` builds of the hours. */
  days(untilMs: number): Candle[];
}

/** The long hourly history of coins, of which memory holds the columns alone. */
export interface HourHistory {
  /** The hours of `recent`, the newest part of a series as the market service gives it, after those that are stored from before it. Throws `CC_DATABASE`. */
  read(recent: MarketSeries): Promise<KeptHours>;
  /**
   * Fetches what is missing before `recent`, newest first, once at a time for a coin; settles when that is done or nothing can be had at present, and goes
   * on where the caller does not wait. Rejects with `CC_BUSY` where too many wait, `CC_DATABASE`, and the reason of `ending`.
   */
  complete(recent: MarketSeries, asker?: Asker): Promise<void>;
}

/** What it is made of. */
export interface HourHistoryParts {
  readonly market: Pick<MarketService, 'fill'>;
  readonly candles: Pick<CandleCache, 'range' | 'olderWrites'>;
  /** Aborted when the program ends. */
  readonly ending: AbortSignal;
  readonly now: Clock;
}

/** A ring of the newest hours by field: an hour has its place by its number since 1970, so that a new one takes that of the oldest. */
interface Ring {
  readonly columns: Readonly<Record<(typeof FIELDS)[number], Float64Array>>;
  readonly olderWrites: number;
  /** Open times of the first and last candle of the newest reading that went in, and that reading, without keeping its candles in memory. */
  span: Span;
  recent: WeakRef<MarketSeries>;
  version: number;
  /** The version of which nothing before `recent` was missing. */
  wholeVersion: number;
}

interface Span {
  readonly firstMs: number;
  readonly newestMs: number;
}

/** Makes the history, with nothing in memory. */
export function createHourHistory({ market, candles, ending, now }: HourHistoryParts): HourHistory {
  const steady = steadyClock(now);
  const clock = { ttlResolution: 0, perf: { now: () => 1 + steady() } };
  const rings = new LRUCache<string, Ring>({ max: MAX_COINS, ttl: KEPT_MS, ...clock });
  const tried = new LRUCache<string, true>({ max: MAX_TRIES_KEPT, ttl: RETRY_AFTER_MS.answered, ...clock });
  const loading = createSharedCalls<Ring>();
  const completing = createSharedCalls<void>();
  const turns = createFairQueue(FETCHING);
  let versions = 0;

  async function load(recent: MarketSeries): Promise<Ring> {
    const { symbol } = recent;
    const column = () => new Float64Array(KEPT_HOURS).fill(Number.NaN);
    const ring: Ring = {
      columns: { open: column(), high: column(), low: column(), close: column(), volume: column() },
      olderWrites: candles.olderWrites(symbol, '1h'),
      span: spanOf(recent),
      recent: new WeakRef(recent),
      version: ++versions,
      wholeVersion: 0,
    };
    const { newestMs, firstMs } = ring.span;
    for (let fromMs = oldestMs(newestMs); fromMs < firstMs; fromMs += READ_HOURS * HOUR_MS) {
      const toMs = Math.min(firstMs, fromMs + READ_HOURS * HOUR_MS) - HOUR_MS;
      for (const candle of await candles.range(symbol, '1h', fromMs, toMs)) put(ring, candle.openTimeMs, candle);
    }
    putRecent(ring, recent);
    rings.set(symbol, ring);
    return ring;
  }

  async function ringOf(recent: MarketSeries): Promise<Ring> {
    const { symbol } = recent;
    const known = rings.get(symbol);
    const current = known?.olderWrites === candles.olderWrites(symbol, '1h') && joins(known.span, spanOf(recent));
    const ring = known && current ? known : await loading.run(symbol, undefined, () => load(recent));
    // An older reading, from before the newest hour came, adds nothing.
    if (ring.recent.deref() !== recent && spanOf(recent).newestMs >= ring.span.newestMs) {
      if (putRecent(ring, recent, ring.recent.deref())) ring.version = ++versions;
      ring.span = spanOf(recent);
      ring.recent = new WeakRef(recent);
    }
    return ring;
  }

  /** Parts of the history before `recent` with hours that are missing, newest first. */
  function missingChunks(ring: Ring): TimeRange[] {
    const { newestMs, firstMs } = ring.span;
    const chunkMs = CHUNK_HOURS * HOUR_MS;
    const chunks: TimeRange[] = [];
    const fromMs = oldestMs(newestMs);
    for (let end = firstMs; end > fromMs; ) {
      const start = Math.max(fromMs, Math.floor((end - HOUR_MS) / chunkMs) * chunkMs);
      for (let ms = start; ms < end; ms += HOUR_MS) {
        if (!Number.isNaN(ring.columns.close[placeOf(ms)])) continue;
        chunks.push({ fromMs: start, toMs: end - HOUR_MS });
        break;
      }
      end = start;
    }
    return chunks;
  }

  async function fetchMissing({ symbol }: MarketSeries, chunks: readonly TimeRange[], asker?: Asker): Promise<void> {
    let failed = false;
    for (const chunk of chunks) {
      ending.throwIfAborted();
      const asking = { signal: ending, ...(asker ? { asker } : {}) };
      const filled = await market.fill({ symbol, interval: '1h', ...chunk }, asking);
      failed ||= filled.failures.length > 0;
      // Nobody traded it before, or no source answers.
      if (filled.candles === 0 || !filled.answered) break;
    }
    tried.set(symbol, true, { ttl: failed ? RETRY_AFTER_MS.failed : RETRY_AFTER_MS.answered });
  }

  return {
    async read(recent) {
      const ring = await ringOf(recent);
      const { newestMs } = ring.span;
      return {
        version: ring.version,
        fromMs: firstHourMs(ring, newestMs),
        days(untilMs) {
          const oldest = Math.max(oldestMs(newestMs), untilMs - HISTORY_HOURS * HOUR_MS);
          const days: Candle[] = [];
          for (let ms = untilMs - HISTORY_DAYS * DAY_MS; ms < Math.min(newestMs + HOUR_MS, untilMs); ms += DAY_MS) {
            const day = ms + DAY_MS <= newestMs + HOUR_MS ? dayFrom(ring, ms, Math.max(ms, oldest)) : null;
            if (day) days.push(day);
          }
          return days;
        },
      };
    },

    async complete(recent, asker) {
      const { symbol } = recent;
      if (tried.has(symbol)) return;
      await completing.run(symbol, undefined, async () => {
        const ring = await ringOf(recent);
        if (ring.wholeVersion === ring.version) return;
        const chunks = missingChunks(ring);
        if (chunks.length === 0) {
          ring.wholeVersion = ring.version;
          return;
        }
        const fetching = () => fetchMissing(recent, chunks, asker);
        await (asker ? turns.run({ asker, signal: ending }, fetching) : fetching());
      });
    },
  };
}

const placeOf = (openTimeMs: number): number => (openTimeMs / HOUR_MS) % KEPT_HOURS;
const oldestMs = (newestMs: number): number => newestMs - (KEPT_HOURS - 1) * HOUR_MS;

function spanOf({ candles }: MarketSeries): Span {
  return { firstMs: candles[0]!.openTimeMs, newestMs: candles[candles.length - 1]!.openTimeMs };
}

/** Whether two readings of the same series join without a gap between them. */
function joins(before: Span, after: Span): boolean {
  return after.firstMs <= before.newestMs + HOUR_MS && before.firstMs <= after.newestMs + HOUR_MS;
}

/** Open time of the oldest hour; NaN where there is none. */
function firstHourMs({ columns }: Ring, newestMs: number): number {
  for (let ms = oldestMs(newestMs); ms <= newestMs; ms += HOUR_MS)
    if (!Number.isNaN(columns.close[placeOf(ms)]!)) return ms;
  return Number.NaN;
}

/** The day that opens then, of its hours from one on; null where too few of them are known, or the last one is not. */
function dayFrom({ columns }: Ring, openTimeMs: number, fromMs: number): Candle | null {
  const { close: closes } = columns;
  const close = closes[placeOf(openTimeMs + DAY_MS - HOUR_MS)]!;
  if (Number.isNaN(close)) return null;
  let [hours, open, high, low, volume] = [0, 0, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 0];
  for (let ms = fromMs; ms < openTimeMs + DAY_MS; ms += HOUR_MS) {
    const at = placeOf(ms);
    if (Number.isNaN(closes[at]!)) continue;
    if (hours === 0) open = columns.open[at]!;
    hours++;
    high = Math.max(high, columns.high[at]!);
    low = Math.min(low, columns.low[at]!);
    volume += columns.volume[at]!;
  }
  return hours < MIN_DAY_HOURS ? null : { openTimeMs, open, high, low, close, volume };
}

/** Puts an hour, or none, into its place; returns whether that changed anything. */
function put({ columns }: Ring, openTimeMs: number, candle: Candle | undefined): boolean {
  const at = placeOf(openTimeMs);
  let changed = false;
  for (const field of FIELDS) {
    const value = candle ? candle[field] : Number.NaN;
    if (Object.is(columns[field][at], value)) continue;
    columns[field][at] = value;
    changed = true;
  }
  return changed;
}

/** Puts the newest hours in; returns whether that changed anything. Most are the same objects as in the reading that went in before. */
function putRecent(ring: Ring, recent: MarketSeries, before?: MarketSeries): boolean {
  const { firstMs, newestMs } = spanOf(recent);
  const known: readonly SourcedCandle[] = before?.candles ?? [];
  let changed = false;
  let [next, at] = [0, 0];
  for (let ms = Math.max(firstMs, oldestMs(newestMs)); ms <= newestMs; ms += HOUR_MS) {
    while (recent.candles[next]!.openTimeMs < ms) next++;
    while (at < known.length && known[at]!.openTimeMs < ms) at++;
    const candle = recent.candles[next]!;
    if (candle.openTimeMs === ms && known[at] === candle) continue;
    if (put(ring, ms, candle.openTimeMs === ms ? candle : undefined)) changed = true;
  }
  return changed;
}
