import { describe, expect, test } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../../src/core/time.ts';
import { axisDate, formatZoned, timeTicks } from '../../../src/render/chart/time-axis.ts';
import { ORIGIN_MS } from '../forecast/believable-report.ts';

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
