import { describe, expect, test } from 'vitest';
import { nextOccurrence, parseLocalTime } from '../../src/core/local-time.ts';

const iso = (atMs: number) => new Date(atMs).toISOString().slice(0, 16);
const at = (text: string) => Date.parse(`${text}:00Z`);
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
});

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
