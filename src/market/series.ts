import { isDeepStrictEqual } from 'node:util';
import { LRUCache } from 'lru-cache';
import {
  areSameCandles,
  INTERVAL_MS,
  INTERVALS,
  type Interval,
  lastFinalOpenMs,
  openTimeText,
  type SourcedCandle,
} from '../core/candle.ts';
import { findGaps, flagCandles } from '../core/candle-quality.ts';
import { createSharedCalls, type SharedWork, shareWork } from '../core/concurrency.ts';
import { asCandlecastError, CandlecastError } from '../core/errors.ts';
import { type Asking, createFairQueue } from '../core/fair-queue.ts';
import type { Logger } from '../core/logger.ts';
import { type MarketSeries, type SourceFailure, SourcesFailedError } from '../core/market.ts';
import { type Clock, DAY_MS, HOUR_MS, steadyClock } from '../core/time.ts';
import { priceUnconfirmed, type UnconfirmedPrice } from '../core/unconfirmed-price.ts';
import type { CandleRepository } from '../storage/candle-repository.ts';
import type { UnconfirmedPriceRepository } from '../storage/unconfirmed-price-repository.ts';
import { correct, correctableRange, joinedWith } from './corrections.ts';
import { covers, createCoverage, type SeriesRange, type SeriesWindow, seriesKey } from './coverage.ts';
import type { MarketGateway } from './failover.ts';
import type { TimeRange } from './fetch-candles.ts';
import type { CoinIdentity, SourceCandles } from './identity.ts';
import { type Admission, createPriceGate } from './price-gate.ts';

/** A series of candles up to the newest complete one. */
export interface SeriesRequest {
  readonly symbol: string;
  readonly interval: Interval;
  /** How many open times back from the newest complete candle. */
  readonly candles: number;
  /** Fetch newer or corrected candles although the newest one is stored. */
  readonly refresh?: boolean;
  /** Judge a doubted newest price anew although the sources were asked a moment ago; more may be known of the market since. */
  readonly recheck?: boolean;
  /** Believe the newest price that is noted as doubted: an owner says that it is right. */
  readonly believe?: boolean;
}

/** Candles of a coin: stored ones where there are, fetched ones where not. */
export interface MarketService {
  /**
   * Candles of one coin with their flags, gaps and the failures of the sources. When sources fail and something is
   * stored, the stored candles come back with the failures: the caller decides whether they are too old. Otherwise
   * throws the gateway's error (`CC_SOURCE_UNAVAILABLE`, `CC_UNKNOWN_SYMBOL`), `CC_HISTORY_TOO_SHORT` when the sources
   * answered but hold nothing, `CC_DATABASE`, and the signal's reason. What persons ask for waits in a fair queue before the sources
   * are asked; scheduled work does not.
   */
  series(request: SeriesRequest, asking?: Asking): Promise<MarketSeries>;
  /**
   * Fetches and stores what is missing of a range that is older than what `series` reads; what no source has is asked for again a day
   * later, or an hour where one failed. Throws `CC_DATABASE`, `CC_BUSY`, and the signal's reason.
   */
  fill(range: SeriesRange, asking?: Asking): Promise<FilledRange>;
  /** Whether the history comes from files, so that an old newest candle is not late. */
  isStatic(symbol: string, interval: Interval): Promise<boolean>;
}

/** What is stored of a range after it was filled. */
export interface FilledRange {
  readonly candles: number;
  /** False where no source answered for a part of it. */
  readonly answered: boolean;
  /** Sources that could not help this time. */
  readonly failures: readonly SourceFailure[];
}

/** What a market service is made of. */
export interface MarketServiceOptions {
  readonly gateway: MarketGateway;
  readonly candles: CandleRepository;
  /** Judges whether the sources mean the same coin; absent where candles come from files or a simulation. */
  readonly identity?: CoinIdentity;
  readonly unconfirmed: UnconfirmedPriceRepository;
  /** Tracked coins: what moves as they do is no jump. */
  readonly symbols: readonly string[];
  readonly now: Clock;
  readonly logger: Logger;
  /** Minimum time between two requests to the sources for one series. Default 15 s. */
  readonly minRefreshMs?: number;
}

/** The outcome of a request to the sources. */
interface SyncOutcome {
  readonly failures: readonly SourceFailure[];
  /** The error of the last range that could not be fetched; null when all were answered. */
  readonly error: CandlecastError | null;
  /** Whether any source was asked. */
  readonly asked: boolean;
  /** Whether the newest candles that came are not believed. */
  readonly doubted: boolean;
}

/** Candles as they were stored when so many requests had changed something. */
interface StoredCandles {
  readonly candles: readonly SourcedCandle[];
  readonly changes: number;
}

/** A series, and what it was built from. */
interface Built {
  readonly toMs: number;
  readonly stored: readonly SourcedCandle[];
  readonly said: Pick<MarketSeries, 'reachMs' | 'failures' | 'unconfirmed'>;
  readonly series: MarketSeries;
}

/** Whether sources are asked although there are candles, and although they were asked a moment ago about an unconfirmed price. */
interface Freshness {
  readonly refresh: boolean;
  readonly recheck: boolean;
  readonly believe: boolean;
}

interface Sync {
  readonly window: SeriesWindow;
  readonly refresh: boolean;
  readonly work: SharedWork<SyncOutcome>;
}

const MIN_REFRESH_MS = 15_000;
/** Series kept in memory, about 16 kB each besides the candles, which they share with what is kept of the database. */
const MAX_SERIES_KEPT = 100;
/** Series whose last request to the sources is remembered. */
const MAX_SYNCS_KEPT = 2_000;
/** Ranges fetched at most in one call, newest first; the next call takes the rest. */
const MAX_RANGES = 6;
/** A range that all sources answered without filling it counts as unavailable for as long as this. */
const UNAVAILABLE_FOR_MS = DAY_MS;
/** A range is fetched again after this where some source failed. */
const RETRY_AFTER_MS = HOUR_MS;
/** Series that the sources are asked for at once on behalf of persons; who waits takes turns by server and person. */
const FETCHING = { atOnce: 8, perPerson: 20, perServer: 500, total: 2_000, noun: 'requests for new candles' } as const;

/**
 * Makes the service. It fetches only missing ranges: candles newer than the last one stored, older history and gaps
 * once a day. Calls for the same series share one request to the sources, and requests for one series run one after another.
 */
export function createMarketService(options: MarketServiceOptions): MarketService {
  const { gateway, candles, unconfirmed, symbols, identity, now, logger, minRefreshMs = MIN_REFRESH_MS } = options;
  const gate = createPriceGate({ gateway, candles, unconfirmed, symbols, now, logger });
  const coverage = createCoverage(now);
  const running = new Map<string, Sync>();
  const reading = createSharedCalls<MarketSeries>();
  const turns = createFairQueue(FETCHING);
  const clock = { ttl: minRefreshMs, ttlResolution: 0, perf: { now: steadyClock(now) } };
  const finished = new LRUCache<string, { readonly window: SeriesWindow; readonly outcome: SyncOutcome }>({
    max: MAX_SYNCS_KEPT,
    ...clock,
  });
  // A series read and flagged a moment ago is reused, for many requests for one coin at once.
  const assembled = new LRUCache<string, MarketSeries>({ max: MAX_SERIES_KEPT, ...clock });
  // The newest of each length is given again while nothing has changed, so that what was worked out from it holds on.
  const newestBuilt = new LRUCache<string, Built>({ max: MAX_SERIES_KEPT });
  /** Requests to the sources that have stored something, or may have: what was read before is read again. */
  let changes = 0;

  async function windowOf({ symbol, interval, candles: count }: SeriesRequest): Promise<SeriesWindow> {
    // A static history ends where its file ends; there "now" is that moment.
    const endMs = await gateway.newestOpenMs?.(symbol, interval);
    const toMs = endMs ?? lastFinalOpenMs(now(), interval);
    const fromMs = Math.max(0, toMs - (Math.max(1, count) - 1) * INTERVAL_MS[interval]);
    return { symbol, interval, fromMs, toMs, newestMs: toMs };
  }

  /** The ranges of a window to fetch, newest first. */
  function wantedRanges(
    window: SeriesWindow,
    stored: readonly SourcedCandle[],
    refresh: boolean,
  ): readonly TimeRange[] {
    const { interval, fromMs, toMs } = window;
    const missing = coverage.missing(window, stored).toSorted((a, b) => b.toMs - a.toMs);
    const correctable = correctableRange(toMs, interval);
    const ranges = refresh
      ? joinedWith(missing, { fromMs: Math.max(fromMs, correctable.fromMs), toMs }, interval)
      : missing;
    return ranges.slice(0, MAX_RANGES);
  }

  /**
   * Fetches and stores what the window lacks. Ranges that stay empty (before the listing, outages of the exchange) become
   * unavailable for a day. The range after the last candle does not: a source may be late. Throws what storage throws.
   */
  async function sync(
    window: SeriesWindow,
    { refresh, believe }: Pick<Freshness, 'refresh' | 'believe'>,
    asking: Asking,
    known: StoredCandles | null = null,
  ): Promise<SyncOutcome> {
    const stored = known?.changes === changes ? known.candles : await storedOf(window);
    const ranges = wantedRanges(window, stored, refresh);
    if (ranges.length === 0) return { failures: [], error: null, asked: false, doubted: false };
    const believed = believe ? await unconfirmed.get(window.symbol, window.interval) : null;
    const fetching = () => fetchRanges(window, ranges, stored, believed, asking);
    return asking.asker ? turns.run(asking, fetching) : fetching();
  }

  async function fetchRanges(
    window: SeriesWindow,
    ranges: readonly TimeRange[],
    stored: readonly SourcedCandle[],
    believed: UnconfirmedPrice | null,
    { asker, signal, background }: Asking,
  ): Promise<SyncOutcome> {
    const { symbol, interval } = window;
    const failures: SourceFailure[] = [];
    let error: CandlecastError | null = null;
    let doubted = false;
    const judged = identity && {
      accept: (answer: Pick<SourceCandles, 'source' | 'candles'>, others: readonly SourcedCandle[]) =>
        identity.check({ symbol, interval, ...answer }, others),
      secondOpinion: identity.isUnknown(symbol, stored),
    };
    for (const range of ranges) {
      try {
        const answer = await gateway.fetchCandles({
          symbol,
          interval,
          ...range,
          ...judged,
          ...(asker ? { asker } : {}),
          ...(background ? { background } : {}),
          ...(signal ? { signal } : {}),
          unfillable: coverage.unavailable(window),
        });
        // A source that does not list the coin is no failure once another has answered, nor one that halted its trading once another
        // has the newest candle.
        const failed = answer.failures.filter(
          ({ code }) => code !== 'CC_SOURCE_UNKNOWN_MARKET' && code !== 'CC_SOURCE_HALTED',
        );
        const isLate = answer.candles.at(-1)?.openTimeMs !== range.toMs;
        failures.push(...(isLate ? answer.failures.filter(({ code }) => code !== 'CC_SOURCE_UNKNOWN_MARKET') : failed));
        const { taken, refused } = correct(stored, answer.candles, gateway.isApproximate);
        if (refused.length > 0) {
          const openTimes = refused.slice(0, 5).map(({ openTimeMs }) => openTimeText(openTimeMs));
          logger.warn({ symbol, interval, rows: refused.length, openTimes }, 're-read candles are no corrections');
        }
        const known = new Set(
          stored.filter(({ openTimeMs }) => openTimeMs >= range.fromMs).map(({ openTimeMs }) => openTimeMs),
        );
        const fresh = taken.filter(({ openTimeMs }) => !known.has(openTimeMs));
        const corrections = taken.filter(({ openTimeMs }) => known.has(openTimeMs));
        const arrived = { symbol, interval, ...range, newestMs: window.newestMs, candles: fresh, believed, ...judged };
        const admitted = await gate.admit(arrived);
        failures.push(...admitted.refused);
        await candles.upsert(symbol, interval, [...corrections, ...admitted.candles]);
        changes++;
        if (range.toMs === window.newestMs) doubted = await keepDoubt(window, admitted);
        const kept = await candles.range(symbol, interval, range.fromMs, range.toMs);
        const unfilled = findGaps(kept, interval, range.fromMs, range.toMs);
        coverage.noteUnavailable(
          window,
          unfilled.filter((gap) => gap.toMs < window.newestMs),
          failed.length === 0 ? UNAVAILABLE_FOR_MS : RETRY_AFTER_MS,
        );
      } catch (reason) {
        signal?.throwIfAborted();
        error = asCandlecastError(reason);
        if (error.code === 'CC_DATABASE' || error.code === 'CC_CONFIG_INVALID') throw error;
        failures.push(...failuresOf(error));
        logger.warn({ symbol, interval, code: error.code, err: error }, 'market sources did not answer');
        if (range.toMs !== window.newestMs) coverage.noteUnavailable(window, [range], RETRY_AFTER_MS);
        // Each further range might wait for every source until the deadline; the next call goes on with the rest.
        break;
      }
    }
    return { failures: distinct(failures), error, asked: true, doubted };
  }

  /** Keeps or removes the note of an unconfirmed price; returns whether there is one. */
  async function keepDoubt({ symbol, interval }: SeriesWindow, { candles: believed, unconfirmed: found }: Admission) {
    const known = await unconfirmed.get(symbol, interval);
    if (found) {
      const foundAtMs = known?.openTimeMs === found.openTimeMs ? known.foundAtMs : found.foundAtMs;
      await unconfirmed.put({ ...found, foundAtMs });
      return true;
    }
    if (!known || (believed.at(-1)?.openTimeMs ?? 0) < known.openTimeMs) return known !== null;
    await unconfirmed.remove(symbol, interval);
    logger.info({ symbol, interval, sinceMs: known.foundAtMs }, 'a price is confirmed again');
    return false;
  }

  /** The outcome of a request to the sources for the window: a running one, a recent one, or a new one. */
  async function syncOnce(
    window: SeriesWindow,
    freshness: Freshness,
    { asker, signal }: Asking,
    known: StoredCandles,
  ): Promise<SyncOutcome> {
    const { refresh, recheck, believe } = freshness;
    const key = seriesKey(window);
    for (let current = running.get(key); current; current = running.get(key)) {
      const outcome = await current.work.join(signal);
      if (!believe && covers(current.window, window) && (current.refresh || !refresh)) return outcome;
    }
    const last = finished.get(key);
    if (!believe && last && covers(last.window, window) && !(recheck && last.outcome.doubted)) return last.outcome;

    const work = shareWork(
      (wanted) => sync(window, freshness, { asker, signal: wanted }, known),
      () => running.delete(key),
    );
    running.set(key, { window, refresh, work });
    const done = await work.join(signal);
    if (done.asked) finished.set(key, { window, outcome: done });
    return done;
  }

  const storedOf = ({ symbol, interval, fromMs, toMs }: SeriesWindow) => candles.range(symbol, interval, fromMs, toMs);

  async function readStored(window: SeriesWindow): Promise<StoredCandles> {
    const before = changes;
    return { candles: await storedOf(window), changes: before };
  }

  async function assemble(window: SeriesWindow, freshness: Freshness, asking: Asking): Promise<MarketSeries> {
    const { symbol, interval, fromMs, toMs } = window;
    let known = await readStored(window);
    if (identity && (await identity.clean(symbol, interval, known.candles)) > 0) {
      for (const of of INTERVALS) finished.delete(seriesKey({ symbol, interval: of }));
      for (const held of [...assembled.keys()]) if (held.startsWith(`${symbol} `)) assembled.delete(held);
      known = await readStored(window);
    }
    const { failures, error } = await syncOnce(window, freshness, asking, known);
    const stored = known.changes === changes ? known.candles : await storedOf(window);
    const newest = stored.at(-1);
    const noted = await unconfirmed.get(symbol, interval);
    // Another process may have confirmed it meanwhile.
    const doubt = noted && noted.openTimeMs > (newest?.openTimeMs ?? 0) ? noted : null;
    if (noted && !doubt) await unconfirmed.remove(symbol, interval);
    if (!newest) {
      if (doubt) throw priceUnconfirmed(doubt);
      throw error ?? new CandlecastError('CC_HISTORY_TOO_SHORT', `No source has ${interval} candles of ${symbol}.`);
    }
    const reachMs = gateway.reachMs?.(newest.source, interval) ?? null;
    const said = { ...(reachMs === null ? {} : { reachMs }), failures, unconfirmed: doubt };
    const lengthKey = `${seriesKey(window)} ${toMs - fromMs}`;
    const before = newestBuilt.get(lengthKey);
    if (before?.toMs === toMs && isDeepStrictEqual(before.said, said) && areSameCandles(before.stored, stored)) {
      return before.series;
    }
    const series = {
      symbol,
      interval,
      candles: flagCandles(stored, interval),
      gaps: findGaps(stored, interval, stored[0]!.openTimeMs, toMs),
      source: newest.source,
      fetchedAtMs: newest.fetchedAtMs,
      ...said,
    };
    newestBuilt.set(lengthKey, { toMs, stored, said, series });
    return series;
  }

  return {
    async series(request, { asker, signal } = {}) {
      const { refresh = false, recheck = false, believe = false } = request;
      const window = await windowOf(request);
      const { fromMs, toMs } = window;
      const key = `${seriesKey(window)} ${fromMs} ${toMs}`;
      const known = refresh || recheck || believe ? undefined : assembled.get(key);
      if (known) return known;
      return reading.run(`${key} ${refresh} ${recheck} ${believe}`, signal, async (wanted) => {
        const series = await assemble(window, { refresh, recheck, believe }, { asker, signal: wanted });
        assembled.purgeStale();
        assembled.set(key, series);
        return series;
      });
    },

    async fill(range, asking = {}) {
      const { symbol, interval, fromMs, toMs } = range;
      const newestMs = (await gateway.newestOpenMs?.(symbol, interval)) ?? lastFinalOpenMs(now(), interval);
      const { failures, error } = await sync({ ...range, newestMs }, { refresh: false, believe: false }, asking);
      const stored = await candles.range(symbol, interval, fromMs, toMs);
      return { candles: stored.length, answered: error === null, failures };
    },

    async isStatic(symbol, interval) {
      const endMs = await gateway.newestOpenMs?.(symbol, interval);
      return typeof endMs === 'number';
    },
  };
}

/** The failure of each source, or the error itself where it is about none. */
function failuresOf(error: CandlecastError): readonly SourceFailure[] {
  if (error instanceof SourcesFailedError && error.failures.length > 0) return error.failures;
  return [{ source: 'market', code: error.code, reason: error.message }];
}

function distinct(failures: readonly SourceFailure[]): SourceFailure[] {
  return [...new Map(failures.map((failure) => [`${failure.source} ${failure.code}`, failure])).values()];
}
