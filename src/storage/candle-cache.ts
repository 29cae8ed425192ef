import { LRUCache } from 'lru-cache';
import { CORRECTED_WITHIN_MS, INTERVAL_MS, INTERVALS, type Interval, type SourcedCandle } from '../core/candle.ts';
import { type Clock, DAY_MS, steadyClock } from '../core/time.ts';
import type { CandleRepository } from './candle-repository.ts';
import type { OthersStamp } from './connection.ts';

/** Candles kept in memory over all series, about 200 bytes each. */
const MAX_CANDLES = 100_000;
/** Ranges of fewer candles are cheap to read, and those of more are read once, for training. */
const MIN_RANGE = 250;
const MAX_RANGE = 2_500;
/** Candles read beyond those that are asked for, so that what is kept has no gap. */
const MAX_ADDED = 100;
/** The newest candles are read anew where another process may have written: sources correct them, and it may have stored the correction. */
const REREAD_MS = CORRECTED_WITHIN_MS;
/** A whole range is read anew after this: another process may have filled a gap in it. */
const KEPT_MS = DAY_MS;

/** A range of one series as read last. */
interface KeptRange {
  readonly fromMs: number;
  /** Open time up to which `candles` are known; those of the last `REREAD_MS` before it are only relied on while nobody has written. */
  readonly toMs: number;
  readonly candles: readonly SourcedCandle[];
  /** The stamp of the writes of others when they were read. */
  readonly others: number | null;
}

/** The repository with a memory. */
export interface CandleCache extends CandleRepository {
  /**
   * How many writes through it have changed candles of a series that are older than those which sources still correct. What was read of the
   * series before the number changed is out of date.
   */
  olderWrites(symbol: string, interval: Interval): number;
}

/**
 * The repository with the ranges that forecasts read kept in memory: of two thousand candles a new hour changes one, and reading the others
 * again at every forecast is most of what a day of the bot costs. A write through this repository takes effect at once. While `othersStamp` says that nobody
 * else has written, nothing is read at all.
 */
export function createCandleCache(
  inner: CandleRepository,
  now: Clock,
  othersStamp: OthersStamp = () => null,
): CandleCache {
  const steady = steadyClock(now);
  const kept = new LRUCache<string, KeptRange>({
    maxSize: MAX_CANDLES,
    sizeCalculation: ({ candles }) => Math.max(1, candles.length),
    ttl: KEPT_MS,
    ttlResolution: 0,
    // The cache takes an age that begins at 0 for none.
    perf: { now: () => 1 + steady() },
  });
  /** Writes so far of each series; a read that a write overtook is not kept. */
  const writes = new Map<string, number>();
  const olderWrites = new Map<string, number>();
  const keyOf = (symbol: string, interval: Interval) => `${symbol} ${interval}`;
  /** Oldest open time that was written of each series since its range was read. */
  const writtenFromMs = new Map<string, number>();
  /** Open time before which the candles of a range need not be read again. */
  const reliedOnMs = (key: string, interval: Interval, { toMs, others }: KeptRange): number => {
    if (others === null || others !== othersStamp()) return toMs - REREAD_MS[interval];
    return Math.min(writtenFromMs.get(key) ?? Number.POSITIVE_INFINITY, toMs + INTERVAL_MS[interval]);
  };
  const older = (key: string) => olderWrites.set(key, (olderWrites.get(key) ?? 0) + 1);

  return {
    async upsert(symbol, interval, candles) {
      const key = keyOf(symbol, interval);
      const drop = () => {
        const range = kept.peek(key);
        const oldMs = range ? range.toMs - REREAD_MS[interval] : Number.NEGATIVE_INFINITY;
        if (candles.some(({ openTimeMs }) => openTimeMs < oldMs)) kept.delete(key);
        for (const { openTimeMs } of candles) {
          writtenFromMs.set(key, Math.min(openTimeMs, writtenFromMs.get(key) ?? openTimeMs));
        }
        writes.set(key, (writes.get(key) ?? 0) + 1);
        if (candles.some(({ openTimeMs }) => openTimeMs < now() - REREAD_MS[interval])) older(key);
      };
      drop();
      try {
        return await inner.upsert(symbol, interval, candles);
      } finally {
        drop();
      }
    },

    async range(symbol, interval, fromMs, toMs) {
      const key = keyOf(symbol, interval);
      const before = writes.get(key) ?? 0;
      const others = othersStamp();
      const known = kept.get(key);
      const step = INTERVAL_MS[interval];
      const wanted = Math.floor((toMs - fromMs) / step) + 1;
      const keep = (range: Omit<KeptRange, 'others'>, ttl = KEPT_MS) => {
        if ((writes.get(key) ?? 0) !== before) return;
        kept.set(key, { ...range, others }, { ttl });
        writtenFromMs.delete(key);
      };
      const freshMs = known ? reliedOnMs(key, interval, known) : 0;
      if (known && fromMs >= known.fromMs && toMs < freshMs) return between(known.candles, fromMs, toMs);
      // Where it will be known whether anybody writes, a reading of few candles reads the others too, so that the next one finds them.
      const nearMs = others === null ? freshMs : freshMs + MAX_ADDED * step;
      if (known && fromMs >= known.fromMs && fromMs < nearMs) {
        const untilMs = Math.max(toMs, known.toMs);
        const fresh = await inner.range(symbol, interval, freshMs, untilMs);
        const isWhole = wanted >= MIN_RANGE && toMs > known.toMs;
        const firstMs = isWhole ? fromMs : Math.max(known.fromMs, untilMs - (MAX_RANGE - 1) * step);
        const candles = [...between(known.candles, firstMs, freshMs - 1), ...fresh];
        // The time of the whole read stays, so that the range is read anew a day after it.
        keep({ fromMs: firstMs, toMs: untilMs, candles }, kept.getRemainingTTL(key));
        return isWhole ? candles : between(candles, fromMs, toMs);
      }
      const candles = await inner.range(symbol, interval, fromMs, toMs);
      // An older part of the history, read to fill its gaps, does not take the place of the newest.
      const larger = !known || toMs > known.toMs || (toMs === known.toMs && fromMs < known.fromMs);
      if (larger && wanted >= MIN_RANGE && wanted <= MAX_RANGE) keep({ fromMs, toMs, candles });
      return candles;
    },

    span: (symbol, interval) => inner.span(symbol, interval),
    count: () => inner.count(),
    olderWrites: (symbol, interval) => olderWrites.get(keyOf(symbol, interval)) ?? 0,

    async removeSource(symbol, source) {
      const drop = () => {
        for (const key of INTERVALS.map((interval) => keyOf(symbol, interval))) {
          kept.delete(key);
          writes.set(key, (writes.get(key) ?? 0) + 1);
          older(key);
        }
      };
      drop();
      try {
        return await inner.removeSource(symbol, source);
      } finally {
        drop();
      }
    },
  };
}

/** The candles of a range, both ends included. */
function between(candles: readonly SourcedCandle[], fromMs: number, toMs: number): SourcedCandle[] {
  return candles.slice(firstAt(candles, fromMs), firstAt(candles, toMs + 1));
}

/** Place of the first candle that opens at that time or later. */
function firstAt(candles: readonly SourcedCandle[], openTimeMs: number): number {
  let low = 0;
  let high = candles.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (candles[middle]!.openTimeMs < openTimeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
