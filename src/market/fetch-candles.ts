import { SYMBOL_PATTERN } from '../core/asset.ts';
import {
  brokenRule,
  CANDLE_RULE_TEXT,
  type Candle,
  closeTimeMs,
  FETCHED_MS,
  type FetchedInterval,
  INTERVAL_MS,
  type Interval,
  lastFinalOpenMs,
  openTimeText,
} from '../core/candle.ts';
import { mapLimited } from '../core/concurrency.ts';
import { CLOCK_TOLERANCE_MS, type Clock, HOUR_MS, MINUTE_MS } from '../core/time.ts';
import { checkRows, type OddRowSink, type RowCheck } from '../sources/odd-rows.ts';
import type { CandleRequest, CandleSource, MinuteRequest } from '../sources/source.ts';
import { unknownMarket } from '../sources/source-error.ts';

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
 * is cut into pages, the candle that is still open is dropped and candles are put in order and validated. Odd rows are dropped,
 * which leaves gaps, and reported to `odd`.
 *
 * Throws `CC_SOURCE_UNKNOWN_MARKET` for a symbol that must not reach a URL or a path, `CC_SOURCE_BAD_DATA` when more than a fifth of
 * the rows or the newest one are odd (see checkRows), and what the source throws.
 */
export async function fetchCandles(
  source: CandleSource,
  request: CandleRequest,
  now: Clock,
  odd?: OddRowSink,
): Promise<readonly Candle[]> {
  const { interval } = request;
  requireAskable(source, request);
  const range = finalRange(request, interval, now());
  if (!range) return [];
  return fetchPages(source, interval, range, now, odd, async (page, check) => {
    const answer = await source.fetchPage({ ...request, ...page }, check);
    const nowMs = now();
    const isOpen = (candle: Candle) => candle.openTimeMs <= nowMs && closeTimeMs(candle, interval) > nowMs;
    return { rows: answer.filter((candle) => !isOpen(candle)), nowMs };
  });
}

/**
 * Minutes of one source inside the request, as {@link fetchCandles} gives candles, but with the minute that is still open: its close is the
 * last trade. Minutes without a trade are absent or have no volume. A minute that has not begun is odd, except the next one, which a clock that is
 * a little ahead of ours may have begun: it is left out.
 */
export async function fetchMinutes(
  source: CandleSource,
  request: MinuteRequest,
  now: Clock,
  odd?: OddRowSink,
): Promise<readonly Candle[]> {
  requireAskable(source, request);
  const onGrid = (ms: number) => Math.floor(ms / MINUTE_MS) * MINUTE_MS;
  const range = { fromMs: Math.max(0, onGrid(request.fromMs)), toMs: Math.min(onGrid(request.toMs), onGrid(now())) };
  if (!source.fetchMinutes || range.fromMs > range.toMs) return [];
  return fetchPages(source, '1m', range, now, odd, async (page, check) => {
    const answer = (await source.fetchMinutes?.({ ...request, ...page }, check)) ?? [];
    // Valid is what a minute that ends with the open one may be.
    const nowMs = onGrid(now()) + MINUTE_MS;
    const isNext = ({ openTimeMs }: Candle) => openTimeMs >= nowMs && openTimeMs < nowMs + CLOCK_TOLERANCE_MS;
    return { rows: answer.filter((candle) => !isNext(candle)), nowMs };
  });
}

/**
 * The last trade as the exchange's open hour tells it, for one that refuses minutes: a candle of this minute at that price. Empty where nothing was
 * traded in the hour. Throws as {@link fetchCandles} does.
 */
export async function fetchOpenHour(
  source: CandleSource,
  request: MinuteRequest,
  now: Clock,
  odd?: OddRowSink,
): Promise<readonly Candle[]> {
  requireAskable(source, request);
  const openTimeMs = Math.floor(now() / HOUR_MS) * HOUR_MS;
  const range = { fromMs: openTimeMs, toMs: openTimeMs };
  const hours = await fetchPages(source, '1h', range, now, odd, async (page, check) => {
    const answer = await source.fetchPage({ ...request, ...page, interval: '1h' }, check);
    return { rows: answer.filter((candle) => candle.openTimeMs === openTimeMs), nowMs: openTimeMs + HOUR_MS };
  });
  const minuteMs = Math.floor(now() / MINUTE_MS) * MINUTE_MS;
  return hours
    .filter(({ volume }) => volume > 0)
    .map(({ close, volume }) => ({ openTimeMs: minuteMs, open: close, high: close, low: close, close, volume }));
}

/** Throws `CC_SOURCE_UNKNOWN_MARKET` for a symbol that must not reach a URL or a path, and the reason of a signal that has fired. */
function requireAskable({ name }: CandleSource, { symbol, signal }: MinuteRequest): void {
  if (!SYMBOL_PATTERN.test(symbol)) throw unknownMarket(name, symbol);
  signal?.throwIfAborted();
}

/** The sound candles of a range, page by page. `fetchPage` gives the rows that are to be validated, and the moment at which they must be complete. */
async function fetchPages(
  source: CandleSource,
  interval: FetchedInterval,
  range: TimeRange,
  now: Clock,
  odd: OddRowSink | undefined,
  fetchPage: (page: TimeRange, check: RowCheck) => Promise<{ rows: readonly Candle[]; nowMs: number }>,
): Promise<readonly Candle[]> {
  const reachMs = source.reachMs?.[interval] ?? Number.POSITIVE_INFINITY;
  if (range.toMs < now() - reachMs) return [];
  const { candles, parallel } = source.paging ?? { candles: Number.POSITIVE_INFINITY, parallel: 1 };
  const pages = pagesOf(range, FETCHED_MS[interval], candles);
  const check = checkRows(source.name, odd);
  let soundCount = 0;
  let newestMs: number | null = null;
  const answers = await mapLimited(pages, parallel, async (page) => {
    const { rows, nowMs } = await fetchPage(page, check);
    const sound = soundCandles(source, rows, page, check, { interval, nowMs });
    soundCount += sound.length;
    newestMs = sound.reduce((newest, { openTimeMs }) => Math.max(newest, openTimeMs), newestMs ?? 0);
    return sound.filter(({ openTimeMs }) => openTimeMs >= page.fromMs && openTimeMs <= page.toMs);
  });
  check.finish(soundCount, newestMs);
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

/**
 * The sound candles of an answer, ascending; every candle is validated, those outside the page too. The same candle twice is kept
 * once; two that contradict each other are both odd.
 */
function soundCandles(
  { overlapping = false }: CandleSource,
  final: readonly Candle[],
  page: TimeRange,
  check: RowCheck,
  { interval, nowMs }: { readonly interval: FetchedInterval; readonly nowMs: number },
): readonly Candle[] {
  const times = final.map(({ openTimeMs }) => (openTimeMs <= nowMs ? openTimeMs : null));
  const expected = overlapping ? { interval, nowMs } : { interval, nowMs, ...page };
  const sound = new Map<number, Candle>();
  const contradicted = new Set<number>();
  for (const [index, candle] of final.entries()) {
    const { openTimeMs } = candle;
    const rule = brokenRule(candle, expected);
    const before = sound.get(openTimeMs);
    if (rule) check.odd(CANDLE_RULE_TEXT[rule], index, times, openTimeText(openTimeMs));
    else if (!before) sound.set(openTimeMs, candle);
    else if (isSame(before, candle)) check.leaveOut(CANDLE_RULE_TEXT.duplicate);
    else {
      check.odd('that contradicts another of the same time', index, times, openTimeText(openTimeMs));
      contradicted.add(openTimeMs);
    }
  }
  for (const openTimeMs of contradicted) sound.delete(openTimeMs);
  return [...sound.values()].sort((a, b) => a.openTimeMs - b.openTimeMs);
}

function isSame(a: Candle, b: Candle): boolean {
  return a.open === b.open && a.high === b.high && a.low === b.low && a.close === b.close && a.volume === b.volume;
}
