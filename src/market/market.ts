import { LRUCache } from 'lru-cache';
import { INTERVAL_MS, type Interval, lastFinalOpenMs } from '../core/candle.ts';
import { findGaps, flagCandles } from '../core/candle-quality.ts';
import { CandlecastError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { MarketSeries } from '../core/market.ts';
import type { Clock } from '../core/time.ts';
import type { MarketGateway } from '../sources/source.ts';
import type { CandleRepository } from '../storage/candle-repository.ts';
import { createCandleSync, type SeriesWindow, type SyncOutcome, seriesKey } from './candle-sync.ts';

/** A series of candles up to the newest complete one. */
export interface SeriesRequest {
  readonly symbol: string;
  readonly interval: Interval;
  /** How many slots back from the newest complete one. */
  readonly candles: number;
  /** Look for newer or revised candles although the newest one is stored. */
  readonly refresh?: boolean;
}

/** Candles for whoever needs them: stored ones where there are, fetched ones where not. */
export interface MarketService {
  /**
   * Candles of one coin with their flags, gaps and what went wrong on the way. When sources fail and something is
   * stored, the stored candles come back with the failures: the caller decides whether they are too old. Otherwise
   * throws the gateway's error (`CC_SOURCE_UNAVAILABLE`, `CC_UNKNOWN_SYMBOL`), `CC_HISTORY_TOO_SHORT` when the sources
   * answered but hold nothing, and `CC_DATABASE`.
   */
  series(request: SeriesRequest): Promise<MarketSeries>;
  /** Whether the history comes from files, so that its end is not "late" however long ago it was. */
  isStatic(symbol: string, interval: Interval): Promise<boolean>;
}

/** What a market service is made of. */
export interface MarketServiceOptions {
  readonly gateway: MarketGateway;
  readonly candles: CandleRepository;
  readonly now: Clock;
  readonly logger: Logger;
  /** Least time between two walks to the sources for one series, whatever is asked. Default 15 s. */
  readonly minRefreshMs?: number;
}

interface Attempt {
  readonly window: SeriesWindow;
  readonly refresh: boolean;
  readonly outcome: Promise<SyncOutcome>;
}

const MIN_REFRESH_MS = 15_000;
/** Series kept in memory, about 150 kB each. */
const MOST_ASSEMBLED = 100;

/**
 * Makes the service. It goes to the network only for what is missing: candles newer than the last one stored, older
 * history and holes once a day. Calls for the same series share one walk, and walks for one series run one after another.
 */
export function createMarketService(options: MarketServiceOptions): MarketService {
  const { gateway, candles, now, logger, minRefreshMs = MIN_REFRESH_MS } = options;
  const sync = createCandleSync({ gateway, candles, now, logger });
  const running = new Map<string, Attempt>();
  const finished = new Map<string, { window: SeriesWindow; atMs: number; outcome: SyncOutcome }>();

  async function windowOf({ symbol, interval, candles: count }: SeriesRequest): Promise<SeriesWindow> {
    // A static history ends where its file ends; there "now" is that moment.
    const endMs = await gateway.newestOpenMs?.(symbol, interval);
    const toMs = endMs ?? lastFinalOpenMs(now(), interval);
    return { symbol, interval, toMs, fromMs: Math.max(0, toMs - (Math.max(1, count) - 1) * INTERVAL_MS[interval]) };
  }

  async function ensure(window: SeriesWindow, refresh: boolean): Promise<SyncOutcome> {
    const key = seriesKey(window);
    for (let current = running.get(key); current; current = running.get(key)) {
      const outcome = await current.outcome;
      if (covers(current.window, window) && (current.refresh || !refresh)) return outcome;
    }
    const last = finished.get(key);
    if (last && covers(last.window, window) && now() - last.atMs < minRefreshMs) return last.outcome;

    const outcome = sync(window, refresh).finally(() => running.delete(key));
    running.set(key, { window, refresh, outcome });
    const done = await outcome;
    if (done.asked) finished.set(key, { window, atMs: now(), outcome: done });
    return done;
  }

  // What was read and flagged a moment ago is not read again: a channel full of people asks for the same coin.
  const assembled = new LRUCache<string, { readonly atMs: number; readonly series: MarketSeries }>({
    max: MOST_ASSEMBLED,
  });

  return {
    async series(request) {
      const window = await windowOf(request);
      const { symbol, interval, fromMs, toMs } = window;
      const key = `${seriesKey(window)} ${fromMs} ${toMs}`;
      const known = assembled.get(key);
      if (known && !request.refresh && now() - known.atMs < minRefreshMs) return known.series;
      const { failures, error } = await ensure(window, request.refresh ?? false);
      const stored = await candles.range(symbol, interval, fromMs, toMs);
      const newest = stored.at(-1);
      if (!newest) {
        throw error ?? new CandlecastError('CC_HISTORY_TOO_SHORT', `No source has ${interval} candles of ${symbol}.`);
      }
      const series: MarketSeries = {
        symbol,
        interval,
        candles: flagCandles(stored, interval),
        gaps: findGaps(stored, interval, stored[0]!.openTimeMs, toMs),
        source: newest.source,
        fetchedAtMs: newest.fetchedAtMs,
        failures,
      };
      assembled.set(key, { atMs: now(), series });
      return series;
    },

    async isStatic(symbol, interval) {
      const endMs = await gateway.newestOpenMs?.(symbol, interval);
      return typeof endMs === 'number';
    },
  };
}

function covers(outer: SeriesWindow, inner: SeriesWindow): boolean {
  return outer.fromMs <= inner.fromMs && outer.toMs >= inner.toMs;
}
