import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/time.ts';
import { historySlots, niceTicks, priceDomain, spreadLabels } from '../../../src/render/chart/chart-layout.ts';
import { axisDate, formatZoned, timeTicks } from '../../../src/render/chart/time-axis.ts';
import { ORIGIN_MS } from '../forecast/believable-report.ts';

const candle = (openTimeMs: number, close = 100) => ({ openTimeMs, open: 100, high: 105, low: 95, close, volume: 1 });

const days = (count: number) => ({ interval: '1d' as const, each: 1, count });

describe('historySlots', () => {
  test('shows a hole in the history as empty slots', () => {
    const history = [10, 9, 6, 5, 4, 3, 2, 1].map((ago) => candle(ORIGIN_MS - ago * DAY_MS));
    const slots = historySlots(history, days(10), ORIGIN_MS);
    expect(slots.map((slot) => slot.candle !== null)).toEqual([true, true, false, false, ...Array(6).fill(true)]);
  });

  test('starts a young coin where its history starts', () => {
    const history = Array.from({ length: 9 }, (_, i) => candle(ORIGIN_MS - (9 - i) * DAY_MS));
    expect(historySlots(history, days(40), ORIGIN_MS)).toHaveLength(9);
  });

  test('is empty without history', () => {
    expect(historySlots([], days(40), ORIGIN_MS)).toEqual([]);
  });

  test('ends at the newest close there may be, however far into the next candle the moment lies', () => {
    const history = Array.from({ length: 30 }, (_, i) => candle(ORIGIN_MS - (30 - i) * HOUR_MS));
    const at = (originMs: number) => historySlots(history, { interval: '1h', each: 1, count: 4 }, originMs);
    expect(at(ORIGIN_MS + 59 * MINUTE_MS).map(({ openTimeMs }) => openTimeMs)).toEqual(
      [4, 3, 2, 1].map((ago) => ORIGIN_MS - ago * HOUR_MS),
    );
    // The hour that has closed since is not there.
    expect(at(ORIGIN_MS + 61 * MINUTE_MS).map((slot) => slot.candle !== null)).toEqual([true, true, true, false]);
  });

  test('puts hours together: open of the first, close of the last, extremes of all; without any it is a gap', () => {
    const history = [8, 7, 6, 5, 2, 1].map((ago) => candle(ORIGIN_MS - ago * HOUR_MS, 100 + ago));
    history[1] = { ...history[1]!, high: 130, low: 70 };
    const slots = historySlots(history, { interval: '1h', each: 2, count: 4 }, ORIGIN_MS);
    expect(
      slots.map((slot) => slot.candle && [slot.candle.open, slot.candle.high, slot.candle.low, slot.candle.close]),
    ).toEqual([[100, 130, 70, 107], [100, 105, 95, 105], null, [100, 105, 95, 101]]);
  });
});

describe('priceDomain', () => {
  test('does not let one freak wick press everything else flat', () => {
    const slots = [candle(0), { ...candle(1, 102), high: 5_000 }].map((c) => ({ openTimeMs: c.openTimeMs, candle: c }));
    const { max } = priceDomain(slots, [90, 110]);
    expect(max).toBeLessThan(125);
    expect(max).toBeGreaterThan(110);
  });

  test('gives the band two fifths of the height, whatever happened before', () => {
    const old = [candle(0, 900), candle(1, 20), candle(2)].map((c) => ({ openTimeMs: c.openTimeMs, candle: c }));
    const { min, max } = priceDomain(old, [95, 105]);
    expect(10 / (max - min)).toBeGreaterThan(0.36);
    expect(min).toBeLessThan(95);
    expect(max).toBeGreaterThan(105);
    // A past on one side only gets all the room there.
    const crashed = [candle(0, 900), candle(1)].map((c) => ({ openTimeMs: c.openTimeMs, candle: { ...c, low: 99 } }));
    expect(priceDomain(crashed, [95, 105]).max).toBeGreaterThan(119);
  });

  test('has a width even where no price moves', () => {
    const { min, max } = priceDomain([], [5, 5]);
    expect(min).toBeLessThan(5);
    expect(max).toBeGreaterThan(5);
  });
});

describe('niceTicks', () => {
  test.each([
    [84_000, 104_000, [85_000, 90_000, 95_000, 100_000], 0],
    [0.0000108, 0.0000141, [0.000011, 0.000012, 0.000013, 0.000014], 6],
  ])('between %d and %d', (min, max, values, decimals) => {
    const ticks = niceTicks(min, max, 5);
    expect(ticks.values).toHaveLength(values.length);
    ticks.values.forEach((value, i) => {
      expect(value / values[i]!).toBeCloseTo(1, 9);
    });
    expect(ticks.decimals).toBe(decimals);
  });

  test('gives different ticks different labels at any scale', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -8, max: 6, noNaN: true }),
        fc.double({ min: 0.001, max: 2, noNaN: true }),
        (power, width) => {
          const min = 10 ** power;
          const { values, decimals } = niceTicks(min, min * (1 + width), 5);
          const labels = values.map((value) => value.toFixed(decimals));
          expect(new Set(labels).size).toBe(labels.length);
          expect(labels.length).toBeGreaterThanOrEqual(2);
        },
      ),
    );
  });
});

test('spreadLabels keeps order and distance, inside the plot, and moves nothing that has room', () => {
  expect(spreadLabels([50, 200, 120], 27, 0, 400)).toEqual([50, 200, 120]);
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 300, noNaN: true }), { minLength: 1, maxLength: 7 }), (wanted) => {
      const sorted = [...wanted].sort((a, b) => a - b);
      const placed = spreadLabels(sorted, 27, 0, 300);
      placed.forEach((centre, i) => {
        expect(centre).toBeGreaterThanOrEqual(-1e-6);
        expect(centre).toBeLessThanOrEqual(300 + 1e-6);
        if (i > 0) expect(centre - placed[i - 1]!).toBeGreaterThanOrEqual(27 - 1e-6);
      });
    }),
  );
});

const labels = (hours: number, timeZone: string, gapHours: number, toMs = ORIGIN_MS) =>
  timeTicks(toMs - hours * HOUR_MS, toMs, timeZone, gapHours * HOUR_MS).map(({ label }) => label);

describe('timeTicks', () => {
  test('names days, and hours within a day', () => {
    expect(labels(38, 'UTC', 10)).toEqual(['12:00', '20 Nov', '12:00', '21 Nov']);
  });

  test.each([
    ['America/Los_Angeles', ['12:00', '20 Nov', '12:00']],
    ['Asia/Kathmandu', ['20 Nov', '12:00', '21 Nov']],
  ])('lie at full hours of the clock in %s', (timeZone, expected) => {
    expect(labels(36, timeZone, 10)).toEqual(expected);
    for (const { timeMs, label } of timeTicks(ORIGIN_MS - 36 * HOUR_MS, ORIGIN_MS, timeZone, 10 * HOUR_MS)) {
      expect(axisDate(timeMs, true, timeZone)).toMatch(/ (00|12):00$/);
      expect(axisDate(timeMs, true, timeZone)).toContain(label);
    }
  });

  test('keep their distance, and midnight where the clocks were changed', () => {
    // In Berlin winter time began on 25 October 2026.
    const toMs = Date.UTC(2026, 9, 28, 9, 17, 31);
    expect(labels(10 * 24, 'Europe/Berlin', 60, toMs)).toEqual(['19 Oct', '22 Oct', '25 Oct', '28 Oct']);
    for (const { timeMs } of timeTicks(toMs - 10 * DAY_MS, toMs, 'Europe/Berlin', DAY_MS)) {
      expect(axisDate(timeMs, true, 'Europe/Berlin')).toMatch(/ 00:00$/);
    }
  });
});

test('a moment is written by the clock of a zone, its year too', () => {
  const timeMs = Date.UTC(2027, 0, 1, 3, 48);
  expect(axisDate(timeMs, true)).toBe('1 Jan 03:48');
  expect(axisDate(timeMs, true, 'America/Los_Angeles')).toBe('31 Dec 19:48');
  expect(formatZoned(timeMs, 'UTC')).toBe('1 Jan 2027, 03:48 (UTC)');
  expect(formatZoned(timeMs, 'America/Los_Angeles')).toBe('31 Dec 2026, 19:48 (Los Angeles time)');
  expect(() => axisDate(Number.NaN, true)).toThrow(RangeError);
});

test.each([
  ['UTC', 'UTC'],
  ['Etc/UTC', 'UTC'],
  ['Etc/GMT', 'UTC'],
  ['Etc/GMT+8', 'UTC\u22128'],
  ['Etc/GMT-5', 'UTC+5'],
  ['America/Los_Angeles', 'Los Angeles time'],
  ['America/Argentina/Buenos_Aires', 'Buenos Aires time'],
])('the zone %s is called %s', (timeZone, name) => {
  expect(formatZoned(ORIGIN_MS, timeZone)).toMatch(new RegExp(`, \\d\\d:\\d\\d \\(${name.replace('+', '\\+')}\\)$`));
});
