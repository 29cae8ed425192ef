import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Candle, INTERVAL_MS } from '../../src/core/candle.ts';
import { DAY_MS, HOUR_MS } from '../../src/core/time.ts';
import {
  movingAverage,
  TIMEFRAME_SHAPES,
  TIMEFRAMES,
  type Timeframe,
  timeframeCandles,
  timeframeMs,
  timeframeOpenMs,
} from '../../src/core/timeframe.ts';

const START_MS = Date.UTC(2026, 10, 2);
const prices = fc.record({
  open: fc.double({ min: 1, max: 2, noNaN: true }),
  close: fc.double({ min: 1, max: 2, noNaN: true }),
  above: fc.double({ min: 0, max: 1, noNaN: true }),
  below: fc.double({ min: 0, max: 0.5, noNaN: true }),
  volume: fc.integer({ min: 0, max: 1_000 }),
});
/** Consecutive candles of an interval that begin anywhere on its grid. */
const candlesOf = (stepMs: number) =>
  fc.tuple(fc.nat(60), fc.array(prices, { minLength: 1, maxLength: 60 })).map(([shift, rows]) =>
    rows.map(
      ({ open, close, above, below, volume }, i): Candle => ({
        openTimeMs: START_MS + (shift + i) * stepMs,
        open,
        close,
        high: Math.max(open, close) + above,
        low: Math.min(open, close) - below,
        volume,
      }),
    ),
  );

describe.each(TIMEFRAMES)('candles of %s', (timeframe: Timeframe) => {
  const { interval, each } = TIMEFRAME_SHAPES[timeframe];
  const stepMs = INTERVAL_MS[interval];

  it('have open, high, low, close and volume of what they hold, on the grid, and none is complete later than now', () => {
    fc.assert(
      fc.property(candlesOf(stepMs), fc.nat(80 * stepMs), (candles, sinceMs) => {
        const nowMs = START_MS + sinceMs;
        const closed = candles.filter(({ openTimeMs }) => openTimeMs + stepMs <= nowMs);
        const made = timeframeCandles(candles, timeframe, nowMs);
        for (const one of made) {
          const endMs = one.openTimeMs + timeframeMs(timeframe);
          expect(endMs).toBeLessThanOrEqual(nowMs);
          expect(timeframeOpenMs(one.openTimeMs, timeframe)).toBe(one.openTimeMs);
          const inside = closed.filter(({ openTimeMs }) => openTimeMs >= one.openTimeMs && openTimeMs < endMs);
          expect(one.open).toBe(inside[0]!.open);
          expect(one.close).toBe(inside.at(-1)!.close);
          expect(one.high).toBe(Math.max(...inside.map(({ high }) => high)));
          expect(one.low).toBe(Math.min(...inside.map(({ low }) => low)));
          expect(one.volume).toBe(inside.reduce((sum, { volume }) => sum + volume, 0));
        }
        // Nothing that lies after now changes anything.
        expect(timeframeCandles(closed, timeframe, nowMs)).toEqual(made);
        // Every stretch that is whole and over is there.
        const starts = closed.filter(
          ({ openTimeMs }, i) => timeframeOpenMs(openTimeMs, timeframe) === openTimeMs && closed.length - i >= each,
        );
        expect(made.map(({ openTimeMs }) => openTimeMs)).toEqual(
          expect.arrayContaining(starts.map(({ openTimeMs }) => openTimeMs)),
        );
      }),
    );
  });
});

describe('candles that are put together', () => {
  const hours = Array.from(
    { length: 8 },
    (_, i): Candle => ({
      openTimeMs: START_MS + i * HOUR_MS,
      open: i + 1,
      high: i + 3,
      low: i + 0.5,
      close: i + 2,
      volume: 10,
    }),
  );
  const nowMs = START_MS + 8 * HOUR_MS;
  const without = (...missing: number[]) =>
    timeframeCandles(
      hours.filter((_, i) => !missing.includes(i)),
      '4h',
      nowMs,
    ).map(({ openTimeMs }) => (openTimeMs - START_MS) / HOUR_MS);

  it('miss a quarter of their hours at most, and never the last one', () => {
    expect(without()).toEqual([0, 4]);
    expect(without(1)).toEqual([0, 4]);
    expect(without(0, 1)).toEqual([4]);
    expect(without(3)).toEqual([4]);
    expect(without(7)).toEqual([0]);
  });

  it('leave the open one out', () => {
    expect(timeframeCandles(hours, '4h', nowMs - 1)).toHaveLength(1);
  });

  it('begin weeks on Mondays', () => {
    expect(new Date(timeframeOpenMs(Date.UTC(2026, 10, 22, 23), '1w')).toISOString()).toBe('2026-11-16T00:00:00.000Z');
    expect(timeframeOpenMs(Date.UTC(2026, 10, 23), '1w')).toBe(Date.UTC(2026, 10, 23));
    expect(timeframeMs('1w')).toBe(7 * DAY_MS);
  });
});

it('averages the last values alone', () => {
  expect(movingAverage([1, 2, 3, 10], 2)).toEqual([null, 1.5, 2.5, 6.5]);
  expect(movingAverage([1], 2)).toEqual([null]);
});
