import { INTERVAL_MS, type Interval, type SourcedCandle } from '../core/candle.ts';
import { findGaps } from '../core/candle-quality.ts';
import { CANDLE_RULE_TEXT, findCandleProblem } from '../core/candle-validation.ts';
import { asCandlecastError, type CandlecastError, ERROR_CATALOGUE, type ErrorCode } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { SourceFailure } from '../core/market.ts';
import { type Clock, DAY_MS, HOUR_MS } from '../core/time.ts';
import type { MarketGateway } from '../sources/source.ts';
import type { CandleRepository } from '../storage/candle-repository.ts';

/** Stretches asked for at most in one go, newest first; the rest waits for the next call. */
const MAX_STRETCHES = 6;
/** A stretch all sources answered without filling it stays unfilled for as long as this. */
const UNFILLABLE_FOR_MS = DAY_MS;
/** A stretch that some source could not be asked about is asked for again after this. */
const RETRY_AFTER_MS = HOUR_MS;
/** Candles at the end that a refresh asks for again: sources revise their newest ones. */
const REVISED_CANDLES = 3;

/** A window of one series, by open times, both included. */
export interface SeriesWindow {
  readonly symbol: string;
  readonly interval: Interval;
  readonly fromMs: number;
  readonly toMs: number;
}

/** How a walk to the sources went. */
export interface SyncOutcome {
  readonly failures: readonly SourceFailure[];
  /** The error of the last stretch that brought nothing; null when all were answered. */
  readonly error: CandlecastError | null;
  /** Whether any source was asked. */
  readonly asked: boolean;
}

/** What {@link createCandleSync} works with. */
export interface CandleSyncOptions {
  readonly gateway: MarketGateway;
  readonly candles: CandleRepository;
  readonly now: Clock;
  readonly logger: Logger;
}

interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

/** A stretch that is not asked for until a moment. */
interface LeftAlone extends Stretch {
  readonly untilMs: number;
}

/**
 * Makes the function that asks the gateway for what a window lacks and stores it. Stretches that stay empty (history
 * before the listing, outages of the exchange) are remembered and left alone for a day. Slots after the last candle are
 * not: a source may just be late. Whoever calls decides how often to look for those.
 */
export function createCandleSync({ gateway, candles, now, logger }: CandleSyncOptions) {
  const leftAlone = new Map<string, readonly LeftAlone[]>();

  function missingStretches(window: SeriesWindow, stored: readonly SourcedCandle[], refresh: boolean): Stretch[] {
    const { interval, fromMs, toMs } = window;
    const step = INTERVAL_MS[interval];
    const known = (leftAlone.get(seriesKey(window)) ?? []).filter((stretch) => stretch.untilMs > now());
    leftAlone.set(seriesKey(window), known);
    const wanted = known.reduce<readonly Stretch[]>(
      (stretches, hole) => stretches.flatMap((stretch) => without(stretch, hole, step)),
      findGaps(stored, interval, fromMs, toMs),
    );
    const revised = { fromMs: Math.max(fromMs, toMs - (REVISED_CANDLES - 1) * step), toMs };
    const current = stored.at(-1)?.openTimeMs === toMs;
    return [...wanted, ...(refresh && current ? [revised] : [])]
      .sort((a, b) => b.toMs - a.toMs)
      .slice(0, MAX_STRETCHES);
  }

  function leaveAlone(window: SeriesWindow, holes: readonly Stretch[], forMs: number): void {
    const key = seriesKey(window);
    const untilMs = now() + forMs;
    const added = holes.map(({ fromMs, toMs }) => ({ fromMs, toMs, untilMs }));
    leftAlone.set(key, [...(leftAlone.get(key) ?? []), ...added]);
  }

  /** Throws what storage throws; failures of sources are part of the outcome. */
  return async function sync(window: SeriesWindow, refresh: boolean): Promise<SyncOutcome> {
    const { symbol, interval } = window;
    const stored = await candles.range(symbol, interval, window.fromMs, window.toMs);
    const failures: SourceFailure[] = [];
    let error: CandlecastError | null = null;
    const stretches = missingStretches(window, stored, refresh);
    for (const stretch of stretches) {
      try {
        const answer = await gateway.fetchCandles({ symbol, interval, ...stretch });
        const { sound, bad } = onlySound(answer.candles, interval, stretch, now(), answer.source);
        // That a source does not list the coin is no failure once another has answered.
        const failed = answer.failures.filter(({ code }) => code !== 'CC_SOURCE_UNKNOWN_MARKET');
        failures.push(...failed, ...bad);
        if (bad.length > 0) logger.warn({ symbol, interval, reason: bad[0]?.reason }, 'candles were refused');
        await candles.upsert(symbol, interval, sound);
        const complete = failed.length === 0 && bad.length === 0;
        const holes = findGaps(sound, interval, stretch.fromMs, stretch.toMs).filter((gap) => gap.toMs < window.toMs);
        leaveAlone(window, holes, complete ? UNFILLABLE_FOR_MS : RETRY_AFTER_MS);
      } catch (reason) {
        error = asCandlecastError(reason);
        if (error.code === 'CC_DATABASE' || error.code === 'CC_CONFIG_INVALID') throw error;
        failures.push(...failuresOf(error));
        logger.warn({ symbol, interval, code: error.code, err: error }, 'market sources did not answer');
        if (stretch.toMs !== window.toMs) leaveAlone(window, [stretch], RETRY_AFTER_MS);
        // Each further try might wait for every source until the deadline; the next call goes on with the rest.
        break;
      }
    }
    return { failures: distinct(failures), error, asked: stretches.length > 0 };
  };
}

/** Names a series in maps. */
export function seriesKey({ symbol, interval }: Pick<SeriesWindow, 'symbol' | 'interval'>): string {
  return `${symbol} ${interval}`;
}

/** What of a stretch lies before and after a hole. */
function without(stretch: Stretch, hole: Stretch, step: number): Stretch[] {
  if (hole.toMs < stretch.fromMs || hole.fromMs > stretch.toMs) return [stretch];
  const before = { fromMs: stretch.fromMs, toMs: hole.fromMs - step };
  const after = { fromMs: hole.toMs + step, toMs: stretch.toMs };
  return [before, after].filter((part) => part.fromMs <= part.toMs);
}

/** The gateway validates already; this holds even if a new source forgets to. */
function onlySound(
  candles: readonly SourcedCandle[],
  interval: Interval,
  stretch: Stretch,
  nowMs: number,
  source: string,
): { sound: SourcedCandle[]; bad: SourceFailure[] } {
  const bad: SourceFailure[] = [];
  const sound = candles.filter((candle) => {
    const problem = findCandleProblem([candle], { interval, nowMs, ...stretch });
    if (problem && bad.length === 0) {
      const reason = `${candle.source || source} sent a candle ${CANDLE_RULE_TEXT[problem.rule]}.`;
      bad.push({ source: candle.source || source, code: 'CC_SOURCE_BAD_DATA', reason });
    }
    return !problem;
  });
  return { sound, bad };
}

/** One failure for each source the gateway's error tells of, or the error itself where it tells of none. */
function failuresOf(error: CandlecastError): SourceFailure[] {
  const { failures } = error.context;
  const told = (Array.isArray(failures) ? failures : []).flatMap((line: string) => {
    const [, source, code, reason] = /^(.+?): (CC_\w+): (.*)$/s.exec(line) ?? [];
    return source && code && reason && code in ERROR_CATALOGUE ? [{ source, code: code as ErrorCode, reason }] : [];
  });
  return told.length > 0 ? told : [{ source: 'market', code: error.code, reason: error.message }];
}

function distinct(failures: readonly SourceFailure[]): SourceFailure[] {
  return [...new Map(failures.map((failure) => [`${failure.source} ${failure.code}`, failure])).values()];
}
