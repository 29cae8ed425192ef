import { ema as libraryEma, macd as libraryMacd, rsi as libraryRsi } from 'indicatorts';
import { describe, expect, it } from 'vitest';
import { contextNames } from '../../../src/ml/features/build.ts';
import { dailyPattern, ema, macd, rsi } from '../../../src/ml/features/indicators.ts';
import { randomCandles } from '../../support/candles.ts';

const closes = Float64Array.from(randomCandles(400, { seed: 3 }), (candle) => candle.close);

/** Wilder's own worksheet as StockCharts publishes it (ChartSchool, "Relative Strength Index"): closes and RSI(14). */
const WORKSHEET = [
  44.3389, 44.0902, 44.1497, 43.6124, 44.3278, 44.8264, 45.0955, 45.4245, 45.8433, 46.0826, 45.8931, 46.0328, 45.614,
  46.282, 46.282, 46.0028, 46.0328, 46.4116, 46.2222, 45.6439,
];
const WORKSHEET_RSI = [70.53, 66.32, 66.55, 69.41, 66.36, 57.97];

describe('indicators', () => {
  it('gives the published RSI of the worksheet', () => {
    const values = rsi(Float64Array.from(WORKSHEET), 14);
    expect(values.findIndex((value) => !Number.isNaN(value))).toBe(14);
    WORKSHEET_RSI.forEach((expected, i) => {
      expect(Math.abs(values[14 + i]! - expected)).toBeLessThan(0.1);
    });
  });

  it('agrees with a well-kept library on RSI once both have warmed up', () => {
    const theirs = libraryRsi([...closes], { period: 14 });
    const ours = rsi(closes, 14);
    for (let i = 250; i < closes.length; i++) expect(ours[i]).toBeCloseTo(theirs[i]!, 3);
  });

  it('agrees with a well-kept library on EMA and MACD once both have warmed up', () => {
    const theirEma = libraryEma([...closes], { period: 20 });
    const ourEma = ema(closes, 20);
    const theirMacd = libraryMacd([...closes], { fast: 12, slow: 26, signal: 9 });
    const ourMacd = macd(closes, 12, 26, 9);
    for (let i = 300; i < closes.length; i++) {
      expect(ourEma[i]! / theirEma[i]!).toBeCloseTo(1, 6);
      expect(ourMacd.line[i]).toBeCloseTo(theirMacd.macdLine[i]!, 4);
      expect(ourMacd.signal[i]).toBeCloseTo(theirMacd.signalLine[i]!, 4);
      expect(ourMacd.histogram[i]).toBeCloseTo(theirMacd.macdLine[i]! - theirMacd.signalLine[i]!, 4);
    }
  });

  it('carries its state over a gap instead of starting again', () => {
    const holed = closes.slice();
    holed[200] = Number.NaN;
    const values = rsi(holed, 14);
    expect(values[200]).toBeNaN();
    expect(Math.abs(values[260]! - rsi(closes, 14)[260]!)).toBeLessThan(2);
  });

  it('is 50 where nothing moves', () => {
    expect(rsi(new Float64Array(40).fill(7), 14)[39]).toBe(50);
  });
});

const START_MS = Date.UTC(2022, 0, 1, 5);
const ROWS = 24 * 60;
const hourOf = (row: number) => (5 + row) % 24;
const columns = (rows = ROWS) => {
  const nothing = new Float64Array(rows);
  const fields = { open: nothing, high: nothing, low: nothing, close: nothing, volume: nothing };
  return { interval: '1h' as const, startMs: START_MS, rows, ...fields };
};
/** Twice as wide at 14 and 15 UTC as at every other hour. */
const busyAfternoon = Float64Array.from({ length: ROWS }, (_, row) =>
  hourOf(row) === 14 || hourOf(row) === 15 ? 0.02 : 0.01,
);
const last = (hour: number) =>
  Array.from({ length: ROWS }, (_, row) => row)
    .filter((row) => hourOf(row) === hour)
    .at(-1)!;

describe('the daily pattern', () => {
  const [now, next, nextFour] = dailyPattern({ columns: columns(), range: busyAfternoon }, [
    [0, 0],
    [1, 1],
    [1, 4],
  ]);

  it('finds the hours of the day that are wider than the others', () => {
    expect(now![last(14)]! - now![last(3)]!).toBeGreaterThan(0.9 * Math.log(2));
    expect(now![last(14)]! - now![last(3)]!).toBeLessThan(Math.log(2));
  });

  it('looks the coming hours up, past midnight too', () => {
    // What 13 UTC expects of 14 is what was known the last time 14 UTC had closed.
    expect(next![last(13)]).toBe(now![last(13) - 23]);
    expect(next![last(23)]).toBe(now![last(23) - 23]);
    const meanSquare = [14, 15, 16, 17].reduce((sum, hour) => sum + Math.exp(2 * now![last(hour)]!) / 4, 0);
    // The pattern of 14 to 17 UTC as it stood at 13 differs from the one a few hours later by one observation of each.
    expect(nextFour![last(13)]).toBeCloseTo(0.5 * Math.log(meanSquare), 2);
  });

  it('follows a pattern that moves to other hours', () => {
    const moved = busyAfternoon.map((value, row) => (row < ROWS / 2 ? value : (busyAfternoon[row - 6] ?? value)));
    const [after] = dailyPattern({ columns: columns(), range: moved }, [[0, 0]]);
    expect(after![last(20)]).toBeGreaterThan(after![last(14)]!);
    expect(now![last(20)]).toBeLessThan(now![last(14)]!);
  });

  it('knows nothing at first, skips gaps and is never NaN', () => {
    const holes = busyAfternoon.map((value, row) => (row % 5 === 0 || row < 30 ? Number.NaN : value));
    const all = dailyPattern({ columns: columns(), range: holes }, [
      [0, 0],
      [1, 4],
    ]);
    expect(all.every((column) => column.every(Number.isFinite))).toBe(true);
    expect(Array.from(all[0]!.subarray(0, 30))).toEqual(new Array(30).fill(0));
    expect(all[0]![last(14)]! - all[0]![last(3)]!).toBeGreaterThan(0.8 * Math.log(2));
  });

  it('is an input of hours and not of days', () => {
    const pattern = (names: readonly string[]) => names.filter((name) => name.startsWith('hourRange'));
    expect(pattern(contextNames('1h'))).toEqual(['hourRange0to0', 'hourRange1to1', 'hourRange1to4']);
    expect(pattern(contextNames('1d'))).toEqual([]);
  });
});
