import type { Candle } from '../core/candle.ts';
import type { ErrorCode } from '../core/errors.ts';
import type { SourceFailure } from '../core/market.ts';
import { type Clock, MINUTE_MS } from '../core/time.ts';
import { countRefused, type MonitoredSource } from '../sources/health.ts';
import type { OddRowSink } from '../sources/odd-rows.ts';
import type { CandleSource, MinuteRequest } from '../sources/source.ts';
import { fetchMinutes, fetchOpenHour } from './fetch-candles.ts';

/** The minutes of one source. */
export interface MinuteAnswer {
  /** Ascending, at most one a minute; the newest may be the one still open. Empty where no source gave any. */
  readonly candles: readonly Candle[];
  /** The first source that gave some; null where none did. */
  readonly source: string | null;
  readonly fetchedAtMs: number;
  /** Of the sources that were asked before, and could not help. */
  readonly failures: readonly SourceFailure[];
}

/** What is asked for in minutes. */
export interface MinuteAsk extends MinuteRequest {
  /** Names of sources that are not asked, where only the others' word counts. */
  readonly notFrom?: readonly string[];
  /** Longest the call takes; default the gateway's own limit. */
  readonly withinMs?: number;
  /** True where a source whose prices are approximate is not asked. */
  readonly exact?: boolean;
  /** Judges the minutes of a source before they are used; what it throws is the source's failure. */
  readonly accept?: (answer: { readonly source: string; readonly candles: readonly Candle[] }) => Promise<void>;
}

/** Minutes from the sources of a gateway. */
export interface MinuteGateway {
  /**
   * The minutes of the first source that has some, with the gateway's order, failover and circuit breakers. Rejects with the reason of the
   * signal when it is aborted, and with `CC_DATABASE`; what else goes wrong is among the failures.
   */
  fetchMinutes(request: MinuteAsk): Promise<MinuteAnswer>;
}

/** The request in which a source failed. */
interface FailedRequest extends Pick<MinuteRequest, 'symbol'> {
  readonly interval: '1m' | '1h';
  readonly signal: AbortSignal | undefined;
}

/** What is shared with the failover of candles. */
export interface MinuteFailoverParts {
  /** The sources of candles, and those of them that have minutes, with circuits of their own. */
  readonly sources: readonly MonitoredSource[];
  readonly minuteSources: readonly MonitoredSource[];
  readonly ask: <R extends MinuteRequest>(
    monitored: MonitoredSource,
    request: R,
    budgetMs: number,
    fetchFrom: (source: CandleSource, request: R, now: Clock, odd: OddRowSink) => Promise<readonly Candle[]>,
  ) => Promise<readonly Candle[]>;
  readonly budgetOf: (asked: readonly MonitoredSource[], index: number, deadlineAtMs: number) => number | SourceFailure;
  readonly failureOf: (name: string, error: unknown, request: FailedRequest) => SourceFailure;
  readonly now: Clock;
  /** Longest a call takes. */
  readonly deadlineMs: number;
}

/** A server that answers so about minutes may still know the hour. */
const HOUR_INSTEAD: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'CC_SOURCE_HTTP',
  'CC_SOURCE_BAD_DATA',
  'CC_SOURCE_UNKNOWN_MARKET',
  'CC_SOURCE_CIRCUIT_OPEN',
]);

/** Makes the failover of minutes. Where no source gives minutes and the last trade is wanted, the open hour of one that refused them tells it. */
export function createMinuteFailover(parts: MinuteFailoverParts): MinuteGateway['fetchMinutes'] {
  const { sources, minuteSources, ask, budgetOf, failureOf, now, deadlineMs } = parts;

  async function openHourOf(
    { source }: MonitoredSource,
    request: MinuteAsk,
    deadlineAtMs: number,
  ): Promise<readonly Candle[]> {
    const monitored = sources.find((one) => one.source === source);
    const leftMs = deadlineAtMs - now();
    if (!monitored || monitored.blocked() || leftMs <= 0 || source.approximate) return [];
    return ask(monitored, request, leftMs / 2, fetchOpenHour);
  }

  return async (request) => {
    const { symbol, signal, accept, notFrom = [], exact = false, withinMs = deadlineMs } = request;
    signal?.throwIfAborted();
    const asked = minuteSources.filter(
      ({ source }) => !notFrom.includes(source.name) && !(exact && source.approximate),
    );
    const failures: SourceFailure[] = [];
    const deadlineAtMs = now() + withinMs;
    const failed: FailedRequest = { symbol, interval: '1m', signal };
    for (const [index, monitored] of asked.entries()) {
      const { name } = monitored.source;
      const budgetMs = budgetOf(asked, index, deadlineAtMs);
      let failure = typeof budgetMs === 'number' ? null : budgetMs;
      let candles: readonly Candle[] = [];
      try {
        if (typeof budgetMs === 'number') candles = await ask(monitored, request, budgetMs, fetchMinutes);
      } catch (error) {
        failure = failureOf(name, error, failed);
      }
      const fetchedAtMs = now();
      try {
        await accept?.({ source: name, candles }).catch(countRefused(monitored, candles.length));
        if (candles.length > 0) return { candles, source: name, fetchedAtMs, failures };
      } catch (error) {
        failure = failureOf(name, error, failed);
      }
      if (failure) failures.push(failure);
    }
    const isNowWanted = request.toMs > now() - MINUTE_MS;
    const refusing = asked.filter(({ source: { name } }) =>
      failures.some(({ source, code }) => source === name && HOUR_INSTEAD.has(code)),
    );
    for (const monitored of isNowWanted ? refusing : []) {
      const { name } = monitored.source;
      try {
        const candles = await openHourOf(monitored, request, deadlineAtMs);
        const fetchedAtMs = now();
        await accept?.({ source: name, candles }).catch(countRefused(monitored, candles.length));
        if (candles.length > 0) return { candles, source: name, fetchedAtMs, failures };
      } catch (error) {
        failures.push(failureOf(name, error, { ...failed, interval: '1h' }));
      }
    }
    return { candles: [], source: null, fetchedAtMs: now(), failures };
  };
}
