import { DAY_MS, HOUR_MS, MINUTE_MS } from './time.ts';

/** The two candle intervals. */
export const INTERVALS = ['1h', '1d'] as const;
export type Interval = (typeof INTERVALS)[number];

/** Length of an interval in ms. */
export const INTERVAL_MS: Readonly<Record<Interval, number>> = { '1h': HOUR_MS, '1d': DAY_MS };

/** What sources are asked for: candles of the two intervals, and minutes, whose newest close is the last trade. No model reads minutes. */
export type FetchedInterval = Interval | '1m';

/** Length of what is asked for in ms. */
export const FETCHED_MS: Readonly<Record<FetchedInterval, number>> = { ...INTERVAL_MS, '1m': MINUTE_MS };

/**
 * How long after its close a candle may still be corrected by its source: three days for hours, ten for days, as docs/ledger.md says, and the time
 * until the next reading.
 */
export const CORRECTED_WITHIN_MS: Readonly<Record<Interval, number>> = {
  '1h': 3 * DAY_MS + 4 * HOUR_MS,
  '1d': 11 * DAY_MS,
};

/** One finished candle. Times are UTC; prices in US dollars (or a dollar stablecoin); volume in base units. */
export interface Candle {
  readonly openTimeMs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

/** Why a candle that is formally valid should not be trusted. */
export type CandleFlag = 'glitch' | 'stale';

/** A candle with its source and its quality flag. */
export interface SourcedCandle extends Candle {
  /** Name of the source, such as `binance`. */
  readonly source: string;
  readonly fetchedAtMs: number;
  readonly flag: CandleFlag | null;
}

const FIELDS = ['openTimeMs', 'open', 'high', 'low', 'close', 'volume', 'source', 'fetchedAtMs', 'flag'] as const;

/** Whether two lists hold the same candles in the same order. */
export function areSameCandles(a: readonly SourcedCandle[], b: readonly SourcedCandle[]): boolean {
  if (a.length !== b.length) return false;
  return a.every((one, i) => one === b[i] || FIELDS.every((field) => one[field] === b[i]![field]));
}

/** A gap in a series: from the open time of the first missing to that of the last, both included. */
export interface CandleGap {
  readonly fromMs: number;
  readonly toMs: number;
  readonly missing: number;
}

/** The time from which a candle is complete and may be used. */
export function closeTimeMs(candle: Pick<Candle, 'openTimeMs'>, interval: FetchedInterval): number {
  return candle.openTimeMs + FETCHED_MS[interval];
}

/** Leaves out the newest candle if it is the one still open now; a candle that opens later stays, to be refused. */
export function withoutOpenCandle(candles: readonly Candle[], interval: Interval, nowMs: number): readonly Candle[] {
  const newest = candles.at(-1);
  const stillOpen = newest && newest.openTimeMs <= nowMs && closeTimeMs(newest, interval) > nowMs;
  return stillOpen ? candles.slice(0, -1) : candles;
}

/** Open time of the newest candle that is already complete at `nowMs`. */
export function lastFinalOpenMs(nowMs: number, interval: Interval): number {
  const step = INTERVAL_MS[interval];
  return Math.floor(nowMs / step) * step - step;
}

/** The rules that a candle can break. */
export type CandleRule =
  | 'not-finite'
  | 'price-not-positive'
  | 'high-too-low'
  | 'low-too-high'
  | 'volume-negative'
  | 'off-grid'
  | 'still-open'
  | 'outside-request'
  | 'duplicate'
  | 'not-ascending';

/** The first broken rule in a list of candles: which, where in the list, at which open time (NaN when that is the fault). */
export interface CandleProblem {
  readonly rule: CandleRule;
  readonly index: number;
  readonly openTimeMs: number;
}

/** What the candles are checked against. Without `fromMs` or `toMs` that side of the request is not checked. */
export interface CandleExpectation {
  readonly interval: FetchedInterval;
  readonly nowMs: number;
  readonly fromMs?: number;
  readonly toMs?: number;
}

/** The broken rule as a half sentence that follows "a candle …". */
export const CANDLE_RULE_TEXT: Readonly<Record<CandleRule, string>> = {
  'not-finite': 'that holds something which is not a finite number',
  'price-not-positive': 'with a price that is not positive',
  'high-too-low': 'whose high is below its open, close or low',
  'low-too-high': 'whose low is above its open or close',
  'volume-negative': 'with a negative volume',
  'off-grid': 'whose open time is not on the grid of its interval',
  'still-open': 'that is not complete yet or lies in the future',
  'outside-request': 'outside the requested range',
  duplicate: 'that occurs twice',
  'not-ascending': 'that is out of order',
};

/** Returns the first rule one of the candles breaks, or null when every one may be stored. */
export function findCandleProblem(candles: readonly Candle[], expected: CandleExpectation): CandleProblem | null {
  let previousMs = Number.NEGATIVE_INFINITY;
  for (const [index, candle] of candles.entries()) {
    const rule = brokenRule(candle, expected) ?? brokenOrder(candle.openTimeMs, previousMs);
    if (rule) return { rule, index, openTimeMs: candle.openTimeMs };
    previousMs = candle.openTimeMs;
  }
  return null;
}

/** The rule that a candle breaks by itself, whatever stands beside it, or null. */
export function brokenRule(candle: Candle, { interval, nowMs, fromMs, toMs }: CandleExpectation): CandleRule | null {
  const { openTimeMs, open, high, low, close, volume } = candle;
  if (![openTimeMs, open, high, low, close, volume].every(Number.isFinite)) return 'not-finite';
  if (Math.min(open, high, low, close) <= 0) return 'price-not-positive';
  if (high < Math.max(open, close, low)) return 'high-too-low';
  if (low > Math.min(open, close)) return 'low-too-high';
  if (volume < 0) return 'volume-negative';
  if (openTimeMs % FETCHED_MS[interval] !== 0) return 'off-grid';
  if (openTimeMs + FETCHED_MS[interval] > nowMs) return 'still-open';
  if (openTimeMs < (fromMs ?? openTimeMs) || openTimeMs > (toMs ?? openTimeMs)) return 'outside-request';
  return null;
}

function brokenOrder(openTimeMs: number, previousMs: number): CandleRule | null {
  if (openTimeMs === previousMs) return 'duplicate';
  return openTimeMs < previousMs ? 'not-ascending' : null;
}

/** The open time for a message: ISO 8601, or the words for a time that is none. */
export function openTimeText(openTimeMs: number): string {
  const inRange = Number.isFinite(openTimeMs) && Math.abs(openTimeMs) <= 8.64e15;
  return inRange ? new Date(openTimeMs).toISOString() : 'an unreadable time';
}

/** Hours of a day, and at each of which a day may end. */
export const DAY_HOURS = 24;
/** Fewest hourly candles of a day, its last one among them; a day with fewer is a gap. */
export const MIN_DAY_HOURS = 20;

/**
 * Builds the 24-hour candles that end at `endHour` o'clock UTC (0 to 23) from hourly candles (ascending): open of the first hour,
 * close of the last, highest high, lowest low, volumes added up. Open times lie at `endHour` of the day, so the result passes for daily
 * candles everywhere, and at 0 it has the days of a daily file.
 *
 * A day with at least twenty hours, the last one included, is a candle; another is missing, as a day is that a source does not have.
 * The last hour is needed because its close is the price at the day's end. Hours that are flagged are taken in, as in the daily candle
 * of an exchange; `flagCandles` judges the days. A day reads no hour but its own, so no candle depends on what follows it.
 */
export function rollingDays(hours: readonly Candle[], endHour: number): Candle[] {
  const shiftMs = endHour * HOUR_MS;
  const days: Candle[] = [];
  let dayMs = Number.NaN;
  let first = 0;
  hours.forEach((hour, i) => {
    const openTimeMs = Math.floor((hour.openTimeMs - shiftMs) / DAY_MS) * DAY_MS + shiftMs;
    if (openTimeMs !== dayMs) {
      dayMs = openTimeMs;
      first = i;
    }
    const isLast = hour.openTimeMs + HOUR_MS === openTimeMs + DAY_MS;
    if (isLast && i - first + 1 >= MIN_DAY_HOURS) days.push(joined(openTimeMs, hours, first, i + 1));
  });
  return days;
}

/** A candle with its prices times a rate, and all else as it is. */
export function timesRate<T extends Candle>(candle: T, rate: number): T {
  const { open, high, low, close } = candle;
  return rate === 1
    ? candle
    : { ...candle, open: open * rate, high: high * rate, low: low * rate, close: close * rate };
}

/** Consecutive candles (ascending, at least one; those from one place up to another) as one that opens at `openTimeMs`. */
export function joined(openTimeMs: number, hours: readonly Candle[], from = 0, to = hours.length): Candle {
  const { open } = hours[from]!;
  let { high, low, close, volume } = hours[from]!;
  for (let i = from + 1; i < to; i++) {
    const hour = hours[i]!;
    high = Math.max(high, hour.high);
    low = Math.min(low, hour.low);
    close = hour.close;
    volume += hour.volume;
  }
  return { openTimeMs, open, high, low, close, volume };
}
