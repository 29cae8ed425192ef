import type { SourcedCandle } from '../core/candle.ts';
import { CandlecastError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { SourceFailure } from '../core/market.ts';
import type { Clock } from '../core/time.ts';
import { orAborted, startDeadline } from '../sources/deadline.ts';
import type { Stretch } from '../sources/market/pages.ts';
import type { CandleAnswer, CandleRequest } from '../sources/source.ts';
import { sourceError, toSourceFailure } from '../sources/source-error.ts';
import { isUnknownMarket, type MonitoredSource } from '../sources/source-monitor.ts';
import { type HoleMemory, missingSlots } from './holes.ts';

/** What one walk over the sources works with. */
export interface WalkContext {
  readonly sources: readonly MonitoredSource[];
  readonly holes: HoleMemory;
  readonly now: Clock;
  readonly logger: Logger;
  /** For the whole walk. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

/**
 * Asks the sources in order until one answers, then asks the following ones for what is missing. A source whose candles are
 * approximate is never used to fill single holes.
 *
 * Throws `CC_UNKNOWN_SYMBOL` when at least one source answered and none lists the coin, else `CC_SOURCE_UNAVAILABLE`.
 */
export async function walkSources(
  request: CandleRequest,
  stretch: Stretch,
  context: WalkContext,
): Promise<CandleAnswer> {
  const { sources, holes, now } = context;
  const { symbol, interval } = request;
  const found = new Map<number, SourcedCandle>();
  const failures: SourceFailure[] = [];
  const answered: string[] = [];
  let everybodySaid = true;
  const deadlineAtMs = now() + context.deadlineMs;
  for (const [index, monitored] of sources.entries()) {
    const missing = holes.unknown(symbol, interval, missingSlots(stretch, interval, found));
    if (answered.length > 0 && missing.length === 0) break;
    if (found.size > 0 && monitored.source.approximate) continue;
    const wanted = answered.length > 0 ? { fromMs: missing[0]!, toMs: missing.at(-1)! } : stretch;
    const remainingMs = deadlineAtMs - now();
    const { name } = monitored.source;
    const blocked = monitored.blocked();
    if (blocked || remainingMs <= 0) {
      failures.push(blocked ?? toSourceFailure(name, outOfTime(name, 0)));
      everybodySaid = false;
      continue;
    }
    // Half of what is left, so that however slow one source is, the next still gets its chance.
    const othersLeft = sources.slice(index + 1).some((other) => other.blocked() === null);
    try {
      const candles = await ask(
        monitored,
        { ...request, ...wanted },
        othersLeft ? remainingMs / 2 : remainingMs,
        context,
      );
      const fetchedAtMs = now();
      answered.push(name);
      for (const candle of candles) {
        if (found.has(candle.openTimeMs)) continue;
        found.set(candle.openTimeMs, { ...candle, source: name, fetchedAtMs, flag: null });
      }
    } catch (error) {
      context.signal.throwIfAborted();
      const failure = toSourceFailure(name, error);
      if (isUnknownMarket(error) && answered.length > 0) continue;
      failures.push(failure);
      if (!isUnknownMarket(error)) {
        everybodySaid = false;
        context.logger.warn({ ...failure, symbol, interval }, 'market source failed');
      }
    }
  }
  const noneFailed = failures.every(({ code }) => code === 'CC_SOURCE_UNKNOWN_MARKET');
  // An empty answer beside sources that are down says nothing about the market.
  if (answered.length === 0 || (found.size === 0 && !noneFailed)) throw nobodyHelped(symbol, failures, answered);
  if (everybodySaid) holes.remember(symbol, interval, missingSlots(stretch, interval, found));
  const candles = [...found.values()].sort((a, b) => a.openTimeMs - b.openTimeMs);
  return { candles, source: mainSource(candles) ?? answered[0]!, failures };
}

async function ask(monitored: MonitoredSource, request: CandleRequest, budgetMs: number, context: WalkContext) {
  const { name } = monitored.source;
  const deadline = startDeadline(budgetMs, () => outOfTime(name, budgetMs), context.signal);
  try {
    return await monitored.call(() =>
      orAborted(monitored.source.fetchCandles({ ...request, signal: deadline.signal }), deadline.signal),
    );
  } finally {
    deadline.dispose();
  }
}

function outOfTime(name: string, budgetMs: number): CandlecastError {
  const within = budgetMs > 0 ? `within the ${(budgetMs / 1000).toFixed(1)} s left for it` : 'before the time was up';
  return sourceError(name, 'CC_SOURCE_TIMEOUT', `did not answer ${within}.`, {
    context: { budgetMs },
    retryable: true,
  });
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

function nobodyHelped(symbol: string, failures: readonly SourceFailure[], empty: readonly string[]): CandlecastError {
  const silent = failures.filter(({ code }) => code !== 'CC_SOURCE_UNKNOWN_MARKET');
  const context = { symbol, failures: failures.map(({ source, code, reason }) => `${source}: ${code}: ${reason}`) };
  if (silent.length === failures.length || empty.length > 0) {
    const reasons = [...failures.map(({ reason }) => reason), ...empty.map((name) => `${name} has no candles for it.`)];
    const message = `No market source answered for ${symbol}. ${reasons.join(' ')}`.trim();
    return new CandlecastError('CC_SOURCE_UNAVAILABLE', message, { context, retryable: true });
  }
  const names = silent.map(({ source }) => source).join(', ');
  const message = names
    ? `No market source that answered lists ${symbol} (no answer from ${names}).`
    : `No market source lists ${symbol}.`;
  return new CandlecastError('CC_UNKNOWN_SYMBOL', message, { context, retryable: silent.length > 0 });
}
