import { type Candle, INTERVAL_MS, type Interval } from './candle.ts';

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
  readonly interval: Interval;
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

function brokenRule(candle: Candle, { interval, nowMs, fromMs, toMs }: CandleExpectation): CandleRule | null {
  const { openTimeMs, open, high, low, close, volume } = candle;
  if (![openTimeMs, open, high, low, close, volume].every(Number.isFinite)) return 'not-finite';
  if (Math.min(open, high, low, close) <= 0) return 'price-not-positive';
  if (high < Math.max(open, close, low)) return 'high-too-low';
  if (low > Math.min(open, close)) return 'low-too-high';
  if (volume < 0) return 'volume-negative';
  if (openTimeMs % INTERVAL_MS[interval] !== 0) return 'off-grid';
  if (openTimeMs + INTERVAL_MS[interval] > nowMs) return 'still-open';
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
