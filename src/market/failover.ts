import { LRUCache } from 'lru-cache';
import { SYMBOL_PATTERN } from '../core/asset.ts';
import {
  type Candle,
  type FetchedInterval,
  type Interval,
  lastFinalOpenMs,
  type SourcedCandle,
} from '../core/candle.ts';
import { findGaps } from '../core/candle-quality.ts';
import { orAborted, startDeadline } from '../core/concurrency.ts';
import { cutText } from '../core/cut-text.ts';
import { CandlecastError, type ErrorCode } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { type SourceFailure, type SourceHealth, SourcesFailedError } from '../core/market.ts';
import { type Clock, HOUR_MS, steadyClock } from '../core/time.ts';
import {
  type CircuitTuning,
  countRefused,
  healthWithMinutes,
  type MonitoredSource,
  monitorSource,
} from '../sources/health.ts';
import type { OddRowSink } from '../sources/odd-rows.ts';
import type { CandleRequest, CandleSource, MinuteRequest } from '../sources/source.ts';
import { isUnknownMarket, outOfTime, toSourceFailure, unknownMarket } from '../sources/source-error.ts';
import { fetchCandles, fetchMinutes, finalRange, type TimeRange } from './fetch-candles.ts';
import { createHaltCheck } from './halt-check.ts';
import { areFarApart } from './identity.ts';
import { createMinuteFailover, type MinuteGateway } from './minute-failover.ts';

/** The candles of the configured sources. */
export interface CandleAnswer {
  /** Ascending, one for each open time; each names its source. Gaps of the first source are filled from the next ones. */
  readonly candles: readonly SourcedCandle[];
  /** The source most of the answer came from. */
  readonly source: string;
  readonly failures: readonly SourceFailure[];
}

/** What the gateway is asked for. */
export interface MarketRequest extends CandleRequest {
  /** Judges the candles of each source before they are used, beside those that other sources gave; what it throws is the source's failure. */
  readonly accept?: (
    answer: { readonly source: string; readonly candles: readonly Candle[] },
    others: readonly SourcedCandle[],
  ) => Promise<void>;
  /** Ranges that no source could fill a while ago: a later source is not asked for them. */
  readonly unfillable?: readonly TimeRange[];
  /** True where the prices can be compared with nothing: a second source is asked for the newest candles, a third where they contradict. */
  readonly secondOpinion?: boolean;
  /** Names of sources that are not asked, where only the others' word counts. */
  readonly notFrom?: readonly string[];
  /** Longest the call takes; default the gateway's own limit. */
  readonly withinMs?: number;
}

/** All market sources behind one call: failover in the configured order, circuit breakers, health. */
export interface MarketGateway {
  /**
   * Throws a {@link SourcesFailedError}: `CC_SOURCE_UNAVAILABLE` when no source answered, `CC_UNKNOWN_SYMBOL` when those that
   * answered do not list the coin, `CC_MARKET_HALTED` when one lists it and has halted its trading. Rejects with the reason of the signal when it is aborted.
   */
  fetchCandles(request: MarketRequest): Promise<CandleAnswer>;
  /**
   * Where every source is a static history (files): open time of the newest candle that the first source with the coin holds.
   * Null when a live source is configured too, or none has the coin. Throws what reading the files throws when none of them
   * answered.
   */
  newestOpenMs?(symbol: string, interval: Interval): Promise<number | null>;
  /** Whether the candles of that source are put together from single prices; absent where none are. */
  isApproximate?(source: string): boolean;
  /** How far back the candles of that source reach; null where it has all there are. */
  reachMs?(source: string, interval: Interval): number | null;
  /** From memory; no network. */
  health(): readonly SourceHealth[];
}

/** What a gateway is made of. */
export interface MarketGatewayOptions {
  /** In the order they are tried. */
  readonly sources: readonly CandleSource[];
  readonly now: Clock;
  readonly logger: Logger;
  /** Longest a call takes, failover included. Default 9 s. */
  readonly deadlineMs?: number;
  readonly circuit?: CircuitTuning;
}

/** Coins that a source said it does not list are remembered for this long, so that nobody spends its budget on them. */
const UNLISTED_KEPT_MS = HOUR_MS;
const MAX_UNLISTED_KEPT = 5_000;

/** The request in which a source failed. */
interface FailedRequest extends Pick<MinuteRequest, 'symbol'> {
  readonly interval: FetchedInterval;
  readonly signal: AbortSignal | undefined;
}

/**
 * Joins the market sources to one. They are asked in order until one answers, then the following ones for the gaps that are left; a
 * source whose candles are approximate never fills gaps.
 */
export function createMarketGateway(options: MarketGatewayOptions): Required<MarketGateway> & MinuteGateway {
  const { now, logger, deadlineMs = 9000 } = options;
  const sources = options.sources.map((source) => monitorSource(source, now, options.circuit));
  // With circuits of their own: an exchange whose minutes cannot be read is still asked for hours and days.
  const minuteSources = sources
    .filter(({ source }) => source.fetchMinutes)
    .map(({ source, blocked }) => {
      const monitored = monitorSource(source, now, options.circuit);
      return { ...monitored, blocked: () => blocked() ?? monitored.blocked() };
    });
  const isHalted = createHaltCheck({ now, logger });
  const unlisted = new LRUCache<string, true>({
    max: MAX_UNLISTED_KEPT,
    ttl: UNLISTED_KEPT_MS,
    ttlResolution: 0,
    perf: { now: steadyClock(now) },
  });
  const isStatic = sources.length > 0 && sources.every(({ source }) => source.newestOpenMs);

  async function ask<R extends MinuteRequest>(
    { source, call }: MonitoredSource,
    request: R,
    budgetMs: number,
    fetchFrom: (source: CandleSource, request: R, now: Clock, odd: OddRowSink) => Promise<readonly Candle[]>,
  ): Promise<readonly Candle[]> {
    const listing = `${source.name} ${request.symbol}`;
    // A server that knows a coin may know no minutes of it.
    const key = fetchFrom === fetchMinutes ? `${listing} 1m` : listing;
    // Files may be added at any time, and cost nothing to look for.
    if (!source.newestOpenMs && (unlisted.has(key) || unlisted.has(listing)))
      throw unknownMarket(source.name, request.symbol);
    const deadline = startDeadline(budgetMs, () => outOfTime(source.name, budgetMs), request.signal);
    const { signal } = deadline;
    const fetching = async (odd: OddRowSink) => {
      try {
        return await orAborted(fetchFrom(source, { ...request, signal }, now, odd), signal);
      } catch (error) {
        throw request.signal?.aborted ? abandoned() : error;
      }
    };
    try {
      return await call(fetching);
    } catch (error) {
      if (isUnknownMarket(error)) unlisted.set(key, true);
      throw error;
    } finally {
      deadline.dispose();
    }
  }

  /** The sources whose newest price is several times off that of most others; of two that contradict each other, both. */
  async function contradicted(request: MarketRequest, answer: CandleAnswer, deadlineAtMs: number): Promise<string[]> {
    const newest = answer.candles.at(-1);
    if (!newest) return [];
    const { openTimeMs, source: first } = newest;
    const closes = new Map([[first, newest.close]]);
    for (const monitored of sources) {
      const { name } = monitored.source;
      const remainingMs = Math.min(deadlineMs, deadlineAtMs - now());
      if (closes.has(name) || monitored.blocked() || remainingMs <= 0) continue;
      const range = { fromMs: openTimeMs, toMs: openTimeMs };
      const opinion = await ask(monitored, { ...request, ...range }, remainingMs / 2, fetchCandles).catch(() => []);
      request.signal?.throwIfAborted();
      if (opinion[0]) closes.set(name, opinion[0].close);
      const alike = (close: number) => [...closes.values()].filter((other) => !areFarApart(close, other)).length;
      if (closes.size > 1 && alike(newest.close) > 1) return [];
      if (closes.size > 2) break;
    }
    if (closes.size === 1) return [];
    const others = [...closes].filter(([name]) => name !== first);
    const agreed = others.length > 1 && !areFarApart(others[0]![1], others[1]![1]);
    return agreed ? [first] : [...closes.keys()];
  }

  async function askInOrder(request: MarketRequest, excluded: readonly SourceFailure[] = []): Promise<CandleAnswer> {
    const { symbol, interval, fromMs, toMs, signal, accept, notFrom = [], withinMs = deadlineMs } = request;
    const isUnfillable = (gap: TimeRange) =>
      request.unfillable?.some((range) => range.fromMs <= gap.fromMs && range.toMs >= gap.toMs) ?? false;
    const left = [...notFrom, ...excluded.map(({ source }) => source)];
    const asked = sources.filter(({ source }) => !left.includes(source.name));
    const found = new Map<number, SourcedCandle>();
    const failures: SourceFailure[] = [...excluded];
    const answered: string[] = [];
    const deadlineAtMs = now() + withinMs;
    for (const [index, monitored] of asked.entries()) {
      const gaps = findGaps(ascending(found.values()), interval, fromMs, toMs).filter((gap) => !isUnfillable(gap));
      if (answered.length > 0 && gaps.length === 0) break;
      if (found.size > 0 && monitored.source.approximate) continue;
      const wanted = answered.length > 0 ? { fromMs: gaps[0]!.fromMs, toMs: gaps.at(-1)!.toMs } : { fromMs, toMs };
      const { name } = monitored.source;
      const budgetMs = budgetOf(asked, index, deadlineAtMs);
      if (typeof budgetMs !== 'number') {
        failures.push(budgetMs);
        continue;
      }
      try {
        const candles = await ask(monitored, { ...request, ...wanted }, budgetMs, fetchCandles);
        const fetchedAtMs = now();
        await accept?.({ source: name, candles }, [...found.values()]).catch(countRefused(monitored, candles.length));
        answered.push(name);
        for (const candle of candles) {
          if (found.has(candle.openTimeMs)) continue;
          const { openTimeMs, open, high, low, close, volume } = candle;
          // Field by field: spreading ten thousand objects of another shape takes a tenth of a first forecast.
          found.set(openTimeMs, { openTimeMs, open, high, low, close, volume, source: name, fetchedAtMs, flag: null });
        }
        const isLate = toMs === lastFinalOpenMs(now(), interval) && candles.at(-1)?.openTimeMs !== toMs;
        if (isLate && (await isHalted(monitored.source, symbol, deadlineAtMs - now(), signal))) {
          failures.push({ source: name, code: 'CC_SOURCE_HALTED', reason: `${name} has halted trading of ${symbol}.` });
        }
      } catch (error) {
        const failure = failureOf(name, error, { symbol, interval, signal });
        if (!isUnknownMarket(error) || answered.length === 0) failures.push(failure);
      }
    }
    const noneFailed = failures.every(({ code }) => ANSWERS.has(code));
    // An empty answer does not mean an unknown market while other sources are down.
    const halted = failures.some(({ code }) => code === 'CC_SOURCE_HALTED');
    if (answered.length === 0 || (found.size === 0 && (halted || !noneFailed))) {
      throw noAnswer(symbol, failures, answered);
    }
    const candles = ascending(found.values());
    const answer = { candles, source: mainSource(candles) ?? answered[0]!, failures };
    if (!request.secondOpinion) return answer;
    const refused = await contradicted(request, answer, deadlineAtMs);
    if (refused.length === 0) return answer;
    const wrong = refused.map((source) => otherCoin(source, symbol));
    logger.warn({ symbol, interval, sources: refused }, 'market sources contradict each other');
    const { secondOpinion: _, ...again } = request;
    return askInOrder(again, [...excluded, ...wrong]);
  }

  /** The time a source gets, half of what is left where another follows; or why it must not be asked. */
  function budgetOf(asked: readonly MonitoredSource[], index: number, deadlineAtMs: number): number | SourceFailure {
    const remainingMs = deadlineAtMs - now();
    const monitored = asked[index]!;
    const { name } = monitored.source;
    const blocked = monitored.blocked();
    if (blocked || remainingMs <= 0) return blocked ?? toSourceFailure(name, outOfTime(name, 0));
    // So that a slow source leaves time for the next.
    const othersLeft = asked.slice(index + 1).some((other) => other.blocked() === null);
    return othersLeft ? remainingMs / 2 : remainingMs;
  }

  /** Why the source failed, logged. Throws what is no failure of a source. */
  function failureOf(name: string, error: unknown, { symbol, interval, signal }: FailedRequest): SourceFailure {
    signal?.throwIfAborted();
    if (error instanceof CandlecastError && error.code === 'CC_DATABASE') throw error;
    const failure = toSourceFailure(name, error);
    if (!isUnknownMarket(error)) logger.warn({ ...failure, symbol, interval }, 'market source failed');
    return failure;
  }

  return {
    fetchMinutes: createMinuteFailover({ sources, minuteSources, ask, budgetOf, failureOf, now, deadlineMs }),
    async fetchCandles(request) {
      const { symbol, interval, signal } = request;
      if (!SYMBOL_PATTERN.test(symbol)) {
        throw new CandlecastError('CC_UNKNOWN_SYMBOL', `No market source lists ${cutText(symbol, 20)}.`);
      }
      signal?.throwIfAborted();
      const range = finalRange(request, interval, now());
      if (!range) return { candles: [], source: sources[0]?.source.name ?? 'none', failures: [] };
      return askInOrder({ ...request, ...range });
    },
    async newestOpenMs(symbol, interval) {
      if (!isStatic) return null;
      let failure: { readonly error: unknown } | null = null;
      for (const { source } of sources) {
        try {
          const newest = await source.newestOpenMs?.(symbol, interval);
          if (newest !== null && newest !== undefined) return newest;
        } catch (error) {
          failure ??= { error };
        }
      }
      if (failure) throw failure.error;
      return null;
    },
    isApproximate: (name) => sources.some(({ source }) => source.name === name && source.approximate === true),
    reachMs: (name, interval) => sources.find(({ source }) => source.name === name)?.source.reachMs?.[interval] ?? null,
    health: () =>
      sources.map((monitored) => {
        const minutes = minuteSources.find(({ source }) => source === monitored.source)?.health();
        return healthWithMinutes(monitored.health(), minutes);
      }),
  };
}

function otherCoin(source: string, symbol: string): SourceFailure {
  const reason = `${source}'s price of ${symbol} is several times off another source's: another coin, unit or currency.`;
  return { source, code: 'CC_SOURCE_OTHER_COIN', reason };
}

/** Failures that are answers about the coin, not faults of the source. */
const ANSWERS: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['CC_SOURCE_UNKNOWN_MARKET', 'CC_SOURCE_HALTED']);

function ascending<C extends Candle>(candles: Iterable<C>): C[] {
  return [...candles].sort((a, b) => a.openTimeMs - b.openTimeMs);
}

/** Passed to the source's health instead of the caller's abort reason: an aborted call is no failure of the source. */
function abandoned(): CandlecastError {
  return new CandlecastError('CC_TIMEOUT', 'Nobody waits for the answer any more.', { retryable: true });
}

/** The source most candles came from; of equals the one of the newer candle. */
function mainSource(candles: readonly SourcedCandle[]): string | null {
  const counts = new Map<string, number>();
  let best: string | null = null;
  for (const { source } of candles) {
    const count = (counts.get(source) ?? 0) + 1;
    counts.set(source, count);
    if (best === null || count >= counts.get(best)!) best = source;
  }
  return best;
}

function noAnswer(symbol: string, failures: readonly SourceFailure[], empty: readonly string[]): SourcesFailedError {
  const down = failures.filter(({ code }) => !ANSWERS.has(code));
  const context = { symbol };
  const halted = failures.filter(({ code }) => code === 'CC_SOURCE_HALTED').map(({ reason }) => reason);
  if (halted.length > 0) {
    const late = down.length > 0 ? ` No answer came from ${down.map(({ source }) => source).join(', ')}.` : '';
    const message = `Nobody trades ${symbol} at present. ${halted.join(' ')}${late}`;
    return new SourcesFailedError('CC_MARKET_HALTED', message, failures, { context, retryable: down.length > 0 });
  }
  if (down.length === failures.length || empty.length > 0) {
    const reasons = [...failures.map(({ reason }) => reason), ...empty.map((name) => `${name} has no candles for it.`)];
    const message = `No market source answered for ${symbol}. ${reasons.join(' ')}`.trim();
    return new SourcesFailedError('CC_SOURCE_UNAVAILABLE', message, failures, {
      context,
      retryable: true,
      said: { key: 'errors.noSource', values: { symbol } },
    });
  }
  const names = down.map(({ source }) => source).join(', ');
  const message = names
    ? `No market source that answered lists ${symbol} (no answer from ${names}).`
    : `No market source lists ${symbol}.`;
  return new SourcesFailedError('CC_UNKNOWN_SYMBOL', message, failures, {
    context,
    retryable: down.length > 0,
    said: { key: 'errors.coinUnlisted', values: { symbol } },
  });
}
