import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Candle, Interval } from '../../src/core/candle.ts';
import { FLAG_LOOKAHEAD, findGaps, flagCandles, seriesVerdict } from '../../src/core/candle-quality.ts';
import { DAY_MS, HOUR_MS } from '../../src/core/time.ts';
import { START_MS, walk } from '../support/candles.ts';

const day = (index: number) => START_MS + index * DAY_MS;
const without = (candles: readonly Candle[], ...missing: number[]) => candles.filter((_, i) => !missing.includes(i));

/** A copy in which candle `index` is changed. */
function changed(candles: readonly Candle[], index: number, change: (candle: Candle) => Partial<Candle>): Candle[] {
  return candles.map((candle, i) => (i === index ? { ...candle, ...change(candle) } : candle));
}
/** A copy whose close alone is multiplied at `index`, with high and low stretched to hold it. */
function jump(candles: readonly Candle[], index: number, factor: number): Candle[] {
  return changed(candles, index, ({ close, high, low }) => ({
    close: close * factor,
    high: Math.max(high, close * factor),
    low: Math.min(low, close * factor),
  }));
}
const flagged = (candles: readonly Candle[], interval: Interval = '1d') =>
  flagCandles(candles, interval).flatMap(({ flag }, index) => (flag ? [[index, flag]] : []));

describe('findGaps', () => {
  const candles = walk(10);
  it('finds none where every slot is there', () => {
    expect(findGaps(candles, '1d', day(0), day(9))).toEqual([]);
  });

  it('finds holes, the missing beginning and the missing end', () => {
    expect(findGaps(without(candles, 0, 1, 4, 9), '1d', day(0), day(9))).toEqual([
      { fromMs: day(0), toMs: day(1), missing: 2 },
      { fromMs: day(4), toMs: day(4), missing: 1 },
      { fromMs: day(9), toMs: day(9), missing: 1 },
    ]);
  });

  it('is one gap where nothing is stored, and none in an empty range', () => {
    expect(findGaps([], '1h', day(0), day(1))).toEqual([{ fromMs: day(0), toMs: day(1), missing: 25 }]);
    expect(findGaps([], '1h', day(1), day(1) - HOUR_MS)).toEqual([]);
  });

  it('together with the candles accounts for every slot, whichever are missing', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }), (present) => {
        const kept = walk(present.length).filter((_, i) => present[i]);
        const gaps = findGaps(kept, '1d', day(0), day(present.length - 1));
        const slots = gaps.flatMap(({ fromMs, missing }) =>
          Array.from({ length: missing }, (_, i) => fromMs + i * DAY_MS),
        );
        const all = [...slots, ...kept.map((candle) => candle.openTimeMs)].sort((a, b) => a - b);
        expect(all).toEqual(present.map((_, i) => day(i)));
        for (const gap of gaps) expect(gap.toMs).toBe(gap.fromMs + (gap.missing - 1) * DAY_MS);
      }),
    );
  });
});

describe('flagCandles', () => {
  const calm = walk(80);

  it('leaves ordinary candles alone', () => {
    for (const seed of [1, 2, 3]) {
      expect(flagged(walk(500, '1d', seed))).toEqual([]);
      expect(flagged(walk(500, '1h', seed), '1h')).toEqual([]);
    }
  });

  it.each([3, 0.3])('flags a close that is %d times the others and is taken back at once', (factor) => {
    expect(flagged(jump(calm, 40, factor))).toEqual([[40, 'glitch']]);
  });

  it('does not flag a jump that stays', () => {
    const lifted = calm.map((candle, i) => {
      const factor = i < 40 ? 1 : 3;
      const { open, high, low, close } = candle;
      return { ...candle, open: open * factor, high: high * factor, low: low * factor, close: close * factor };
    });
    expect(flagged(lifted)).toEqual([]);
  });

  it('does not flag a jump of which half is taken back', () => {
    const half = jump(jump(calm, 40, 3), 41, 1.6).map((candle, i) =>
      i > 41 ? { ...candle, close: candle.close * 1.6, high: candle.high * 1.6 } : candle,
    );
    expect(flagged(half)).toEqual([]);
  });

  it.each<[string, (candle: Candle) => Partial<Candle>]>([
    ['high', ({ high }) => ({ high: high * 5 })],
    ['low', ({ low }) => ({ low: low / 5 })],
  ])('flags a spike of the %s alone, as soon as it is there', (_, change) => {
    const spiked = changed(calm, 40, change);
    expect(flagged(spiked)).toEqual([[40, 'glitch']]);
    expect(flagged(spiked.slice(0, 41))).toEqual([[40, 'glitch']]);
  });

  it("goes by the coin's own moves: what is far out for a calm one is not for a wild one", () => {
    let price = 100;
    const wild = calm.map((candle, i) => {
      const open = price;
      const close = open * (i % 2 === 0 ? 1.2 : 1 / 1.15);
      price = close;
      return { ...candle, open, close, high: Math.max(open, close), low: Math.min(open, close) };
    });
    expect(flagged(jump(wild, 41, 2))).toEqual([]);
    expect(flagged(jump(calm, 41, 2))).toEqual([[41, 'glitch']]);
  });

  it('compares with no neighbour across a gap', () => {
    expect(flagged(without(jump(calm, 40, 3), 41))).toEqual([]);
  });

  it('flags an unmoving stretch from its third candle on', () => {
    const { close } = calm[39]!;
    const flat = calm.map((candle, i) =>
      i >= 40 && i < 45 ? { ...candle, open: close, high: close, low: close, close, volume: 0 } : candle,
    );
    expect(flagged(flat)).toEqual([
      [41, 'stale'],
      [42, 'stale'],
      [43, 'stale'],
      [44, 'stale'],
    ]);
  });

  it('flags a stretch that was filled with copies of a candle', () => {
    const filled = calm.map((candle, i) =>
      i > 40 && i < 45 ? { ...calm[40]!, openTimeMs: candle.openTimeMs } : candle,
    );
    expect(flagged(filled).map(([index]) => index)).toEqual([42, 43, 44]);
  });

  it('does not flag closes that are equal by chance while there is trade', () => {
    const same = calm.map((candle, i) => (i >= 40 && i < 44 ? { ...candle, close: 100, high: 200, low: 90 } : candle));
    expect(flagged(same).filter(([, flag]) => flag === 'stale')).toEqual([]);
  });

  it('keeps what else a candle carries', () => {
    const [candle] = flagCandles([{ ...calm[0]!, source: 'binance' }], '1d');
    expect(candle).toEqual({ ...calm[0]!, source: 'binance', flag: null });
  });

  it(`depends on no more than ${FLAG_LOOKAHEAD} later candle, whatever comes after`, () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 5, max: 59 }),
        fc.array(fc.tuple(fc.integer({ min: 0, max: 79 }), fc.double({ min: 0.2, max: 5, noNaN: true })), {
          maxLength: 6,
        }),
        (seed, at, jumps) => {
          const candles = jumps.reduce((series, [index, factor]) => jump(series, index, factor), walk(80, '1d', seed));
          const whole = flagCandles(candles, '1d');
          const early = flagCandles(candles.slice(0, at + 1 + FLAG_LOOKAHEAD), '1d');
          expect(early.slice(0, at + 1)).toEqual(whole.slice(0, at + 1));
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('seriesVerdict', () => {
  const codes = (candles: readonly Candle[], interval: Interval = '1d') =>
    seriesVerdict(candles, interval).faults.map(({ code }) => code);
  const series = walk(400);

  it('trusts an ordinary series, a short one and an empty one', () => {
    expect(seriesVerdict(series, '1d')).toEqual({ trusted: true, faults: [] });
    expect(codes(walk(3))).toEqual([]);
    expect(codes([])).toEqual([]);
  });

  it('forgives single cases', () => {
    expect(codes(without(jump(walk(60), 40, 3), 20, 21))).toEqual([]);
  });

  it('does not trust repeated glitches', () => {
    const glitched = [100, 200, 300].reduce((candles, index) => jump(candles, index, 4), series);
    expect(codes(glitched)).toEqual(['glitches']);
  });

  it('does not trust what is stale, untraded or full of holes', () => {
    const { close } = series[99]!;
    const flat = { open: close, high: close, low: close, close };
    expect(codes(series.map((c, i) => (i >= 100 && i < 140 ? { ...c, ...flat } : c)))).toEqual(['stale']);
    expect(codes(series.map((c, i) => (i % 10 === 0 ? { ...c, volume: 0 } : c)))).toEqual(['untraded']);
    expect(codes(series.filter((_, i) => i % 9 !== 3))).toContain('missing');
  });

  it('takes a volume that is never there for unknown, not for untraded', () => {
    expect(codes(series.map((candle) => ({ ...candle, volume: 0 })))).toEqual([]);
  });

  it.each([20, 1 / 20])('does not trust a price level that changes %d-fold at once and stays there', (factor) => {
    const other = series.map((candle, i) => {
      if (i < 200) return candle;
      const { open, high, low, close } = candle;
      return { ...candle, open: open * factor, high: high * factor, low: low * factor, close: close * factor };
    });
    const verdict = seriesVerdict(other, '1d');
    expect(verdict.trusted).toBe(false);
    expect(verdict.faults.map(({ code }) => code)).toEqual(['level-break']);
    expect(verdict.faults[0]?.text).toContain(new Date(day(200)).toISOString().slice(0, 10));
    expect(codes(without(other, 199))).toEqual(['level-break']);
  });

  it('takes a tenfold price that is gone the next day for a glitch, not for another level', () => {
    expect(codes(jump(series, 200, 20))).toEqual([]);
  });
});
