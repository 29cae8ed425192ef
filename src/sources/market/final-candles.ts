import { type Candle, closeTimeMs, type Interval } from '../../core/candle.ts';
import { assertCandles } from '../source-error.ts';
import type { Stretch } from './pages.ts';

/** Leaves out the newest candle if it is the one still open now; a candle that opens later yet stays, to be found out. */
export function withoutOpenCandle(candles: readonly Candle[], interval: Interval, nowMs: number): readonly Candle[] {
  const newest = candles.at(-1);
  const stillOpen = newest && newest.openTimeMs <= nowMs && closeTimeMs(newest, interval) > nowMs;
  return stillOpen ? candles.slice(0, -1) : candles;
}

/**
 * The candles inside the stretch from an answer that may hold more, as some providers document. Every candle of the answer is
 * checked first, the ones outside too; throws `CC_SOURCE_BAD_DATA`.
 */
export function checkedCandlesInside(
  source: string,
  answer: readonly Candle[],
  stretch: Stretch,
  expected: { readonly interval: Interval; readonly nowMs: number },
): readonly Candle[] {
  const final = withoutOpenCandle(answer, expected.interval, expected.nowMs);
  assertCandles(source, final, expected);
  return final.filter(({ openTimeMs }) => openTimeMs >= stretch.fromMs && openTimeMs <= stretch.toMs);
}
