import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Candle, type CandleRule, findCandleProblem } from '../../src/core/candle.ts';
import { DAY_MS, HOUR_MS } from '../../src/core/time.ts';
import { candleAt, candlesBetween } from '../support/market-candles.ts';

const today = Date.UTC(2024, 4, 20);
const expected = { interval: '1d', nowMs: today, fromMs: today - 30 * DAY_MS, toMs: today - DAY_MS } as const;
const good = candlesBetween(expected.fromMs, expected.toMs, '1d');

/** The good list with one candle changed. */
const withOne = (index: number, change: Partial<Candle>) => good.with(index, { ...good[index]!, ...change });

describe('candle validation', () => {
  it('finds nothing wrong with good candles, gaps and flat candles without trades included', () => {
    const flat = { ...candleAt(today - DAY_MS, '1d'), open: 5, high: 5, low: 5, close: 5, volume: 0 };
    expect(findCandleProblem(good, expected)).toBeNull();
    expect(findCandleProblem([], expected)).toBeNull();
    expect(findCandleProblem([good[0]!, good[7]!, flat], expected)).toBeNull();
  });

  it.each<[CandleRule, Partial<Candle>]>([
    ['not-finite', { open: Number.NaN }],
    ['not-finite', { high: Number.POSITIVE_INFINITY }],
    ['not-finite', { volume: Number.NaN }],
    ['not-finite', { openTimeMs: Number.NaN }],
    ['price-not-positive', { low: 0 }],
    ['price-not-positive', { close: -1 }],
    ['high-too-low', { high: 1 }],
    ['low-too-high', { low: good[5]!.high }],
    ['volume-negative', { volume: -1e-9 }],
    ['off-grid', { openTimeMs: good[5]!.openTimeMs + HOUR_MS }],
    ['still-open', { openTimeMs: today }],
    ['still-open', { openTimeMs: today + 400 * DAY_MS }],
    ['outside-request', { openTimeMs: expected.fromMs - DAY_MS }],
    ['duplicate', { openTimeMs: good[4]!.openTimeMs }],
    ['not-ascending', { openTimeMs: good[2]!.openTimeMs }],
  ])('names the rule %s and the candle for %o', (rule, change) => {
    const candles = withOne(5, change);
    expect(findCandleProblem(candles, expected)).toEqual({ rule, index: 5, openTimeMs: candles[5]!.openTimeMs });
  });

  it('holds candles only to the ends that are given', () => {
    const { interval, nowMs } = expected;
    const older = [candleAt(expected.fromMs - 9 * DAY_MS, '1d'), ...good];
    expect(findCandleProblem(older, { interval, nowMs })).toBeNull();
    expect(findCandleProblem(older, expected)?.rule).toBe('outside-request');
    expect(findCandleProblem(good, { ...expected, toMs: expected.toMs - DAY_MS })?.rule).toBe('outside-request');
  });

  it('lets no list through that breaks what it promises, whatever the numbers are', () => {
    const number = fc.oneof(fc.double(), fc.constantFrom(0, -0, 1, 2, 3, 1e-300));
    const candle = fc.record<Candle>({
      openTimeMs: fc.oneof(
        fc.integer({ min: -3, max: 40 }).map((day) => expected.fromMs + day * DAY_MS),
        fc.double(),
      ),
      open: number,
      high: number,
      low: number,
      close: number,
      volume: number,
    });
    fc.assert(
      fc.property(fc.array(candle, { maxLength: 4 }), (candles) => {
        fc.pre(findCandleProblem(candles, expected) === null);
        for (const [i, c] of candles.entries()) {
          expect(c.low > 0 && c.low <= c.open && c.low <= c.close && c.high >= c.open && c.high >= c.close).toBe(true);
          expect(Number.isFinite(c.high) && Number.isFinite(c.volume) && c.volume >= 0).toBe(true);
          expect(c.openTimeMs >= expected.fromMs && c.openTimeMs <= expected.toMs).toBe(true);
          expect(c.openTimeMs > (candles[i - 1]?.openTimeMs ?? 0)).toBe(true);
        }
      }),
      { numRuns: 500, seed: 1 },
    );
  });
});
