import { SYMBOL_PATTERN } from '../core/asset.ts';
import {
  CANDLE_RULE_TEXT,
  type Candle,
  findCandleProblem,
  INTERVAL_MS,
  type Interval,
  lastFinalOpenMs,
  openTimeText,
  withoutOpenCandle,
} from '../core/candle.ts';
import { mapLimited } from '../core/map-limited.ts';
import type { Clock } from '../core/time.ts';
import type { CandleRequest, CandleSource } from '../sources/source.ts';
import { SourceError, unknownMarket } from '../sources/source-error.ts';

/** Open times from `fromMs` to `toMs`, both included and both on the grid of an interval. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The part of a range that can be answered: moved onto the grid and cut at the newest complete candle; null when empty. */
export function finalRange({ fromMs, toMs }: TimeRange, interval: Interval, nowMs: number): TimeRange | null {
  const step = INTERVAL_MS[interval];
  const range = {
    fromMs: Math.max(0, Math.ceil(fromMs / step) * step),
    toMs: Math.min(Math.floor(toMs / step) * step, lastFinalOpenMs(nowMs, interval)),
  };
  return range.fromMs <= range.toMs ? range : null;
}

/**
 * Closed candles of one source inside the request: valid, ascending, one for each open time. This is the one place where a request
 * is cut into pages, the candle that is still open is dropped and candles are validated.
 *
 * Throws `CC_SOURCE_UNKNOWN_MARKET` for a symbol that must not reach a URL or a path, `CC_SOURCE_BAD_DATA` naming the rule and the
 * time when one candle of an answer is not valid, and what the source throws.
 */
export async function fetchCandles(
  source: CandleSource,
  request: CandleRequest,
  now: Clock,
): Promise<readonly Candle[]> {
  const { symbol, interval, signal } = request;
  if (!SYMBOL_PATTERN.test(symbol)) throw unknownMarket(source.name, symbol);
  signal?.throwIfAborted();
  const range = finalRange(request, interval, now());
  const reachMs = source.reachMs?.[interval] ?? Number.POSITIVE_INFINITY;
  if (!range || range.toMs < now() - reachMs) return [];
  const { candles, parallel } = source.paging ?? { candles: Number.POSITIVE_INFINITY, parallel: 1 };
  const pages = pagesOf(range, INTERVAL_MS[interval], candles);
  const answers = await mapLimited(pages, parallel, async (page) =>
    finalCandles(source, await source.fetchPage({ ...request, ...page }), page, { interval, nowMs: now() }),
  );
  return answers.flat();
}

/** Cuts a range into pages of at most `perPage` candles, oldest first. */
function pagesOf(range: TimeRange, stepMs: number, perPage: number): readonly TimeRange[] {
  const pages: TimeRange[] = [];
  for (let fromMs = range.fromMs; fromMs <= range.toMs; fromMs += perPage * stepMs) {
    pages.push({ fromMs, toMs: Math.min(range.toMs, fromMs + (perPage - 1) * stepMs) });
  }
  return pages;
}

/** Every candle of an answer is validated, those outside the page too. */
function finalCandles(
  { name, overlapping = false }: CandleSource,
  answer: readonly Candle[],
  page: TimeRange,
  expected: { readonly interval: Interval; readonly nowMs: number },
): readonly Candle[] {
  const final = withoutOpenCandle(answer, expected.interval, expected.nowMs);
  const problem = findCandleProblem(final, overlapping ? expected : { ...expected, ...page });
  if (problem) {
    const when = openTimeText(problem.openTimeMs);
    throw new SourceError(name, 'CC_SOURCE_BAD_DATA', `sent a candle ${CANDLE_RULE_TEXT[problem.rule]} (${when}).`, {
      context: { rule: problem.rule, openTime: when },
    });
  }
  return final.filter(({ openTimeMs }) => openTimeMs >= page.fromMs && openTimeMs <= page.toMs);
}
