import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { latestOccurrence, nextOccurrence, parseLocalTime } from '../../src/core/local-time.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/core/time.ts';

const iso = (atMs: number) => new Date(atMs).toISOString().slice(0, 16);
const at = (text: string) => Date.parse(`${text}:00Z`);
const formats = new Map<string, Intl.DateTimeFormat>();

/** What the wall clock shows, as sortable text; by Intl alone. */
function wallClock(timeZone: string, atMs: number): string {
  let format = formats.get(timeZone);
  if (!format) {
    const parts = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' } as const;
    format = new Intl.DateTimeFormat('sv-SE', { timeZone, hourCycle: 'h23', ...parts });
    formats.set(timeZone, format);
  }
  return format.format(atMs);
}

/**
 * The reference: the first minute of each local day at which the clock shows the wanted time or later, which is the first of two
 * and the end of a gap; found by walking over the minutes.
 */
function walkedOccurrence(localTime: string, timeZone: string, afterMs: number): number {
  const reached = new Set<string>();
  const fromMs = Math.floor(afterMs / MINUTE_MS) * MINUTE_MS - 26 * HOUR_MS;
  for (let atMs = fromMs; atMs < afterMs + 50 * HOUR_MS; atMs += MINUTE_MS) {
    const shown = wallClock(timeZone, atMs);
    const day = shown.slice(0, 10);
    if (shown.slice(11) < localTime || reached.has(day)) continue;
    reached.add(day);
    // The walk may have begun in the middle of a day whose time had passed before.
    if (atMs > afterMs && atMs > fromMs) return atMs;
  }
  throw new Error('not reached');
}

const ZONES = [
  'UTC',
  'Europe/London',
  'Europe/Berlin',
  'America/New_York',
  'America/St_Johns',
  'America/Havana',
  'Africa/Casablanca',
  'Asia/Kolkata',
  'Asia/Beirut',
  'Asia/Gaza',
  'Australia/Lord_Howe',
  'Pacific/Chatham',
  'Atlantic/Azores',
  'America/Santiago',
];

describe('the next occurrence of a wall-clock time', () => {
  test.each([
    ['09:00', 'Europe/London', '2026-03-28T09:00', '2026-03-29T08:00'],
    // 01:30 does not exist on that day: the clock goes from 01:00 to 02:00.
    ['01:30', 'Europe/London', '2026-03-28T12:00', '2026-03-29T01:00'],
    // 01:30 comes twice; the first is taken, and the second is not another.
    ['01:30', 'Europe/London', '2026-10-24T12:00', '2026-10-25T00:30'],
    ['01:30', 'Europe/London', '2026-10-25T00:30', '2026-10-26T01:30'],
    ['02:30', 'America/New_York', '2026-03-07T12:00', '2026-03-08T07:00'],
    // Half an hour.
    ['02:15', 'Australia/Lord_Howe', '2026-10-03T05:00', '2026-10-03T15:30'],
    ['01:45', 'Australia/Lord_Howe', '2026-04-04T03:00', '2026-04-04T14:45'],
    ['02:50', 'Pacific/Chatham', '2026-09-25T20:00', '2026-09-26T14:00'],
    // The gap lies at midnight.
    ['00:10', 'America/Havana', '2026-03-07T12:00', '2026-03-08T05:00'],
    // Samoa left out 30 December 2011.
    ['09:00', 'Pacific/Apia', '2011-12-29T20:00', '2011-12-30T19:00'],
  ])('%s in %s after %s is %s', (localTime, timeZone, after, expected) => {
    expect(iso(nextOccurrence({ localTime, timeZone }, at(after)).atMs)).toBe(expected);
  });

  test('is what a walk over the minutes finds, in every zone and year', () => {
    const time = fc
      .tuple(fc.nat(23), fc.nat(59))
      .map(([hour, minute]) => `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`);
    const moment = fc.integer({ min: at('2015-01-01T00:00'), max: at('2035-01-01T00:00') });
    fc.assert(
      fc.property(time, fc.constantFrom(...ZONES), moment, (localTime, timeZone, afterMs) => {
        const expected = walkedOccurrence(localTime, timeZone, afterMs);
        expect(iso(nextOccurrence({ localTime, timeZone }, afterMs).atMs)).toBe(iso(expected));
      }),
      { numRuns: 120 },
    );
  });

  test('is what a walk finds around every change of the clocks', () => {
    const times = ['00:00', '00:30', '01:45', '02:15', '02:30', '02:59', '03:00', '23:45'];
    for (const timeZone of ZONES.slice(1)) {
      for (const changeMs of changes(timeZone, 2026)) {
        for (const localTime of times) {
          const afterMs = changeMs - 13 * HOUR_MS;
          const expected = walkedOccurrence(localTime, timeZone, afterMs);
          const found = nextOccurrence({ localTime, timeZone }, afterMs).atMs;
          expect(`${timeZone} ${localTime} ${iso(found)}`).toBe(`${timeZone} ${localTime} ${iso(expected)}`);
        }
      }
    }
  });

  test('comes once for every day of a year, on seven weekdays in turn', () => {
    for (const timeZone of ZONES) {
      let atMs = at('2026-01-01T12:00');
      let weekday = nextOccurrence({ localTime: '02:30', timeZone }, atMs - DAY_MS).weekday;
      for (let day = 0; day < 365; day++) {
        const next = nextOccurrence({ localTime: '02:30', timeZone }, atMs);
        expect(latestOccurrence({ localTime: '02:30', timeZone }, next.atMs)).toEqual(next);
        if (day > 0) expect(next.weekday).toBe((weekday % 7) + 1);
        expect(next.atMs - atMs).toBeLessThanOrEqual(26 * HOUR_MS);
        ({ atMs, weekday } = next);
      }
    }
  });
});

/** The first minute of each new distance from UTC in a year. */
function changes(timeZone: string, year: number): number[] {
  const found: number[] = [];
  const distance = (atMs: number) => Date.parse(`${wallClock(timeZone, atMs).replace(' ', 'T')}:00Z`) - atMs;
  for (let atMs = Date.UTC(year, 0, 1); atMs < Date.UTC(year + 1, 0, 1); atMs += 15 * MINUTE_MS) {
    if (distance(atMs) !== distance(atMs - 15 * MINUTE_MS)) found.push(atMs);
  }
  return found;
}

describe('a typed time', () => {
  test.each([
    ['09:30', '09:30'],
    ['9:30', '09:30'],
    [' 9.30 ', '09:30'],
    ['0', '00:00'],
    ['21', '21:00'],
    ['9am', '09:00'],
    ['12 am', '00:00'],
    ['12:15 p.m.', '12:15'],
    ['9:05 PM', '21:05'],
    ['18h30', '18:30'],
  ])('%j is %s', (text, expected) => {
    expect(parseLocalTime(text)).toBe(expected);
  });

  test.each(['', '24:00', '9:60', '13pm', '0am', 'noon', '9m', '09:30:00', '-1'])('%j is refused', (text) => {
    expect(() => parseLocalTime(text)).toThrow('is not a time of day');
  });
});
