import { describe, expect, it } from 'vitest';
import { contextNames } from '../../../src/ml/features/build.ts';
import { dailyPattern } from '../../../src/ml/features/daily-pattern.ts';

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
