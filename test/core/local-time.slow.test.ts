import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { latestOccurrence, nextOccurrence } from '../../src/core/local-time.ts';
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
