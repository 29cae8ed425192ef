import { asCandlecastError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import {
  OBSERVATION_METRICS,
  type Observation,
  type ObservationMetric,
  type OddRowCount,
  type SourceFailure,
} from '../core/market.ts';
import { type Clock, DAY_MS, HOUR_MS, steadyClock } from '../core/time.ts';
import type { ObservationSource } from '../sources/source.ts';
import type { ObservationRepository } from '../storage/observation-repository.ts';

/** A range of daily numbers about one coin, by the day they describe, both ends included. */
export interface ObservationRequest {
  readonly symbol: string;
  /** All metrics when left out. */
  readonly metrics?: readonly ObservationMetric[];
  readonly fromMs: number;
  readonly toMs: number;
}

/** Observations, ascending by day within each metric, and the sources that failed. */
export interface ObservationAnswer {
  readonly observations: readonly Observation[];
  readonly failures: readonly SourceFailure[];
}

export interface ObservationService {
  /** Never throws because of a source; throws `CC_DATABASE`. */
  observations(request: ObservationRequest): Promise<ObservationAnswer>;
}

/** What an observation service is made of. */
export interface ObservationServiceOptions {
  readonly sources: readonly ObservationSource[];
  readonly repository: ObservationRepository;
  readonly now: Clock;
  readonly logger: Logger;
}

interface Asked {
  readonly fromMs: number;
  /** Earliest time of the next request, by the steady clock. */
  readonly untilMs: number;
  readonly failure: SourceFailure | null;
}

/** Days that each daily refresh fetches again, because sources revise them. */
const REVISED_DAYS = 7;
const RETRY_AFTER_MS = HOUR_MS;

/**
 * Makes the service. Each source is asked about a coin once a day at most (an hour after a failure), for what is newer
 * than the newest day stored or older than anything asked before; calls for the same coin meanwhile wait for that request.
 */
export function createObservationService(options: ObservationServiceOptions): ObservationService {
  const { sources, repository, now, logger } = options;
  const steady = steadyClock(now);
  const asked = new Map<string, Asked>();
  const running = new Map<string, Promise<void>>();

  async function refresh(source: ObservationSource, request: ObservationRequest): Promise<void> {
    const { symbol, fromMs, toMs } = request;
    const key = keyOf(source, symbol);
    const before = asked.get(key);
    const reachesBack = before !== undefined && before.fromMs <= fromMs;
    if (before && before.untilMs > steady() && (reachesBack || before.failure)) return;
    const startMs = reachesBack ? Math.max(fromMs, (await newestDay(source, request)) - REVISED_DAYS * DAY_MS) : fromMs;
    const reach = Math.min(fromMs, before?.fromMs ?? fromMs);
    const odd = (dropped: readonly OddRowCount[]) =>
      logger.warn({ source: source.name, symbol, dropped }, 'odd rows of daily numbers were dropped');
    try {
      const found = await source.fetchObservations({ symbol, fromMs: startMs, toMs, odd });
      await repository.upsert(found.filter((one) => isSound(one, symbol, source, now())));
      asked.set(key, { fromMs: reach, untilMs: steady() + DAY_MS, failure: null });
    } catch (error) {
      const { code, message } = asCandlecastError(error);
      if (code === 'CC_DATABASE') throw error;
      logger.warn({ source: source.name, symbol, code }, 'a source of daily numbers did not answer');
      const failure = { source: source.name, code, reason: message };
      // The covered range stays as it was: a failed request is repeated in full.
      asked.set(key, {
        fromMs: before?.fromMs ?? Number.POSITIVE_INFINITY,
        untilMs: steady() + RETRY_AFTER_MS,
        failure,
      });
    }
  }

  async function newestDay(source: ObservationSource, { symbol, fromMs, toMs }: ObservationRequest): Promise<number> {
    const ends = await Promise.all(
      source.metrics.map(
        async (metric) => (await repository.range(symbol, metric, fromMs, toMs)).at(-1)?.timeMs ?? fromMs,
      ),
    );
    return Math.min(...ends);
  }

  function shared(source: ObservationSource, request: ObservationRequest): Promise<void> {
    const key = keyOf(source, request.symbol);
    const turn = (running.get(key) ?? Promise.resolve()).catch(() => undefined).then(() => refresh(source, request));
    running.set(key, turn);
    return turn.finally(() => {
      if (running.get(key) === turn) running.delete(key);
    });
  }

  return {
    async observations(request) {
      const metrics = request.metrics ?? OBSERVATION_METRICS;
      const useful = sources.filter((source) => source.metrics.some((metric) => metrics.includes(metric)));
      await Promise.all(useful.map((source) => shared(source, request)));
      const stored = await Promise.all(
        metrics.map((metric) => repository.range(request.symbol, metric, request.fromMs, request.toMs)),
      );
      const failures = useful.flatMap((source) => asked.get(keyOf(source, request.symbol))?.failure ?? []);
      return { observations: stored.flat(), failures };
    },
  };
}

function keyOf(source: ObservationSource, symbol: string): string {
  return `${source.name} ${symbol}`;
}

/** Drops observations that are not finite, belong to another coin or metric, or are of a day to come, or were published before their day. */
function isSound(one: Observation, symbol: string, source: ObservationSource, nowMs: number): boolean {
  const finite = [one.timeMs, one.availableAtMs, one.value].every(Number.isFinite);
  const ours = one.symbol === symbol && source.metrics.includes(one.metric);
  return finite && ours && one.value >= 0 && one.availableAtMs >= one.timeMs && one.timeMs <= nowMs;
}
