import { describe, expect, it } from 'vitest';
import { type Candle, INTERVAL_MS, type Interval } from '../../src/core/candle.ts';
import { type Doubt, doubtAbout, provenByNext, sourcesAgree } from '../../src/core/price-doubt.ts';
import { normals, START_MS, scaled } from '../support/candles.ts';

/** Usual sizes: a day of 3 % (or an hour of 0.6 %), and as much trading as always. */
function usual(interval: Interval, count: number, from = 3_000, seed = 1): Candle[] {
  const normal = normals(seed);
  const sigma = interval === '1d' ? 0.03 : 0.006;
  let price = from;
  return Array.from({ length: count }, (_, i) => {
    const open = price;
    price *= Math.exp(sigma * normal());
    const high = Math.max(open, price) * Math.exp((sigma / 3) * Math.abs(normal()));
    const low = Math.min(open, price) * Math.exp((-sigma / 3) * Math.abs(normal()));
    const openTimeMs = START_MS + i * INTERVAL_MS[interval];
    return { openTimeMs, open, high, low, close: price, volume: 1_000 * Math.exp(0.3 * normal()) };
  });
}

/** A candle that trades from the close before it to a price. */
function traded(before: readonly Candle[], interval: Interval, close: number, volume = 1_000, low = close): Candle {
  const { close: open, openTimeMs } = before.at(-1)!;
  const high = Math.max(open, close) * 1.01;
  return { openTimeMs: openTimeMs + INTERVAL_MS[interval], open, high, low: Math.min(low, open, close), close, volume };
}

const doubtOf = (before: readonly Candle[], candle: Candle, interval: Interval, market = 0) =>
  doubtAbout(candle, before, interval, market)?.kind ?? null;

/** Whether one source alone proves a series from `from` on: which of its candles are believed with the next one known. */
function believedAlone(before: readonly Candle[], after: readonly Candle[], interval: Interval): number {
  const chain = [...before];
  for (const [i, candle] of after.entries()) {
    const doubt = doubtAbout(candle, chain, interval);
    const next = after[i + 1];
    if (doubt && !(next && provenByNext(doubt, candle, next, chain, interval))) return i;
    chain.push(candle);
  }
  return after.length;
}

describe.each(['1d', '1h'] as const)('a %s candle of one source alone', (interval) => {
  const before = usual(interval, 200);
  const last = before.at(-1)!;
  const step = INTERVAL_MS[interval];
  const go = (candles: readonly Candle[]) =>
    candles.map((candle, i) => ({ ...candle, openTimeMs: last.openTimeMs + (i + 1) * step }));
  const following = go(usual(interval, 60, last.close, 2));

  it('is believed while the coin moves as usual, day after day', () => {
    expect(believedAlone(before, following, interval)).toBe(60);
  });

  it.each([
    ['×10', 10],
    ['÷10', 0.1],
    ['÷1000', 0.001],
    ['1000:1', 1_000],
    ['in yen', 150],
    ['of another coin', 0.05],
    ['of another coin of half the price', 0.5],
    ['of another coin a third dearer', 1.35],
  ])('is never believed when every price is %s from one close on, however long', (_, factor) => {
    const wrong = following.map((candle) => scaled(candle, factor));
    expect(believedAlone(before, wrong, interval)).toBe(0);
  });

  it.each([10, 0.1, 0.001, 3, 0.3])('is never believed when the price changes to ×%f within a candle', (factor) => {
    const [first, ...rest] = following;
    const wrong = [
      traded(before, interval, first!.close * factor, first!.volume),
      ...rest.map((candle) => scaled(candle, factor)),
    ];
    expect(believedAlone(before, wrong, interval)).toBe(0);
  });

  it('is not believed when a thousand coins become one, though the volume follows', () => {
    const first = following[0]!;
    const one = traded(before, interval, first.close * 1_000, first.volume / 1_000);
    const rest = following.slice(1).map((candle) => ({ ...scaled(candle, 1_000), volume: candle.volume / 1_000 }));
    expect(believedAlone(before, [one, ...rest], interval)).toBe(0);
  });

  it('is doubted for one candle when it is in another currency, which one source cannot show longer', () => {
    const euros = following.map((candle) => scaled(candle, 0.9));
    expect(doubtOf(before, euros[0]!, interval)).toBe('gap');
    expect(believedAlone(before, euros.slice(0, 1), interval)).toBe(0);
  });

  it('is not believed while it repeats the one before, and is once trading goes on', () => {
    const stuck = go(Array.from({ length: 30 }, () => ({ ...last, volume: 0 })));
    expect(believedAlone(before, stuck, interval)).toBe(0);
    const copied = go(Array.from({ length: 30 }, () => last));
    expect(believedAlone(before, copied, interval)).toBe(0);
    // A source that stands still may go on with volumes.
    const volumes = normals(9);
    const busy = () => ({ volume: 1_000 * Math.exp(0.3 * volumes()) });
    expect(believedAlone(before, go(Array.from({ length: 30 }, () => ({ ...last, ...busy() }))), interval)).toBe(0);
    const at = { open: last.close, high: last.close, low: last.close };
    expect(believedAlone(before, go(Array.from({ length: 30 }, () => ({ ...last, ...at, ...busy() }))), interval)).toBe(
      0,
    );
    const flat = { ...stuck[0]!, open: last.close, high: last.close, low: last.close };
    expect(believedAlone(before, [flat], interval)).toBe(0);
    expect(believedAlone(before, [flat, traded([flat], interval, last.close * 1.01)], interval)).toBe(2);
  });

  it('may stand still where the coin often does', () => {
    const sleepy = before.map((candle, i) => {
      const { close } = before[i - (i % 4)]!;
      return { ...candle, open: close, high: close, low: close, close, volume: i % 4 === 0 ? 5 : 0 };
    });
    expect(doubtOf(sleepy, go([{ ...sleepy.at(-1)!, volume: 0 }])[0]!, interval)).toBeNull();
  });

  it('may move far after hours or days are missing, but not tenfold', () => {
    const later = { ...traded(before, interval, last.close * 0.93), openTimeMs: last.openTimeMs + 9 * step };
    expect(doubtOf(before, { ...later, open: last.close * 0.95 }, interval)).toBeNull();
    expect(doubtOf(before, scaled(later, 10), interval)).toBe('gap');
  });
});

describe('a real crash', () => {
  const days = usual('1d', 200, 8_000);
  const hours = usual('1h', 400, 40_000);
  const close = (before: readonly Candle[], factor: number) => before.at(-1)!.close * factor;

  it('of 2020-03-12 is ordinary beside a market that fell with it, and proven by the next day without', () => {
    const crash = traded(days, '1d', close(days, 0.6), 8_000, close(days, 0.5));
    expect(doubtOf(days, crash, '1d', -0.55)).toBeNull();
    expect(doubtOf(days, crash, '1d')).toBe('jump');
    const rebound = traded([crash], '1d', crash.close * 1.15, 6_000);
    expect(believedAlone(days, [crash, rebound], '1d')).toBe(2);
    // Half of everything, as smaller coins did that day.
    const deeper = traded(days, '1d', close(days, 0.45), 3_000);
    expect(doubtOf(days, deeper, '1d', -0.6)).toBeNull();
  });

  it('of 2021-05-19 is ordinary in the hour in which all fell, and its rebound too', () => {
    const crash = traded(hours, '1h', close(hours, 0.78), 12_000, close(hours, 0.7));
    expect(doubtOf(hours, crash, '1h', -0.23)).toBeNull();
    const rebound = traded([crash], '1h', crash.close * 1.18, 9_000);
    const calm = traded([rebound], '1h', rebound.close * 0.99, 5_000);
    expect(believedAlone(hours, [crash, rebound, calm], '1h')).toBe(3);
  });

  it('of one coin alone, as LUNA on 2022-05-11 and 12, passes with the next candle by its trading', () => {
    const luna = usual('1d', 200, 80);
    const first = traded(luna, '1d', close(luna, 0.06), 30_000, close(luna, 0.04));
    const second = traded([first], '1d', first.close * 0.0003, 9e9);
    const third = traded([second], '1d', second.close * 0.8, 8e9);
    expect(doubtOf(luna, first, '1d', -0.1)).toBe('jump');
    expect(believedAlone(luna, [first, second, third], '1d')).toBeGreaterThanOrEqual(2);
    const hourly: Candle[] = [];
    for (const factor of [0.85, 0.7, 0.6, 0.9, 0.5, 1.3]) {
      const before = [...hours, ...hourly];
      hourly.push(traded(before, '1h', close(before, factor), 20_000));
    }
    expect(believedAlone(hours, [...hourly, traded(hourly, '1h', hourly.at(-1)!.close)], '1h')).toBeGreaterThan(5);
  });

  it('that is a wick of most of the price, as in October 2025, is judged by its close', () => {
    const wick = traded(hours, '1h', close(hours, 0.92), 30_000, close(hours, 0.01));
    expect(doubtOf(hours, wick, '1h')).toBeNull();
  });
});

describe('a second source', () => {
  const candle = (close: number) => ({ openTimeMs: 0, open: close, high: close, low: close, close, volume: 1 });
  const agree = (own: number, other: number, otherPreviousClose: number | null) =>
    sourcesAgree({ candle: candle(own), previousClose: 100, other: candle(other), otherPreviousClose });

  it('agrees on nearly the same price, or on the same move from a price that always differed', () => {
    expect(agree(60, 58, 100)).toBe(true);
    expect(agree(60, 54.5, 90)).toBe(true);
    expect(agree(60, 58, null)).toBe(true);
  });

  it('does not agree on a constant factor that was not there before', () => {
    expect(agree(90, 100, 100)).toBe(false);
    expect(agree(1_000, 101, 100)).toBe(false);
    expect(agree(0.1, 99, null)).toBe(false);
  });
});

it('names how far the price moved and where it opened', () => {
  const before = usual('1d', 60, 100);
  const { close } = before.at(-1)!;
  const candle = scaled({ ...before.at(-1)!, openTimeMs: before.at(-1)!.openTimeMs + INTERVAL_MS['1d'] }, 10);
  const doubt = doubtAbout(candle, before, '1d') satisfies Doubt | null;
  expect(doubt?.move).toBeCloseTo(Math.log((10 * close) / close));
});
