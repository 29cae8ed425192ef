import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/time.ts';
import { candlesFromPoints, lastValueByDay, type Point } from '../../../src/sources/market/price-points.ts';

const day = Date.UTC(2024, 4, 20);
const series = (spacingMs: number, count: number): Point[] =>
  Array.from({ length: count }, (_, i) => [day + i * spacingMs, 100 + (i % 5)]);

describe('candles from price points', () => {
  it('needs at least eight points to a candle', () => {
    expect(candlesFromPoints(series(5 * MINUTE_MS, 36), series(5 * MINUTE_MS, 36), '1h')).toHaveLength(3);
    expect(candlesFromPoints(series(HOUR_MS, 72), series(HOUR_MS, 72), '1h')).toEqual([]);
    expect(candlesFromPoints(series(HOUR_MS, 72), series(HOUR_MS, 72), '1d')).toHaveLength(3);
    expect(candlesFromPoints(series(DAY_MS, 30), series(DAY_MS, 30), '1d')).toEqual([]);
    expect(candlesFromPoints([], [], '1d')).toEqual([]);
  });

  it('leaves out a slot that begins late, ends early or has a hole', () => {
    const points = series(HOUR_MS, 96);
    const volumes = points;
    const keep = (test: (hour: number) => boolean) => points.filter((_, hour) => test(hour));
    const opens = (kept: Point[]) => candlesFromPoints(kept, volumes, '1d').map((c) => (c.openTimeMs - day) / DAY_MS);
    expect(opens(keep((hour) => hour > 4))).toEqual([1, 2, 3]);
    expect(opens(keep((hour) => hour < 90))).toEqual([0, 1, 2]);
    expect(opens(keep((hour) => hour < 30 || hour > 38))).toEqual([0, 2, 3]);
    expect(opens(keep((hour) => hour !== 30))).toEqual([0, 1, 2, 3]);
  });

  it('leaves out a slot without a volume rather than calling it zero', () => {
    const points = series(HOUR_MS, 48);
    expect(candlesFromPoints(points, points.slice(0, 24), '1d').map((c) => c.openTimeMs)).toEqual([day]);
  });
});

describe('last value by day', () => {
  it('counts midnight to the day that ends there', () => {
    const points: Point[] = [
      [day, 1],
      [day + 5 * HOUR_MS, 2],
      [day + DAY_MS, 3],
      [day + DAY_MS + 1, 4],
    ];
    expect([...lastValueByDay(points)]).toEqual([
      [day - DAY_MS, 1],
      [day, 3],
      [day + DAY_MS, 4],
    ]);
  });
});
