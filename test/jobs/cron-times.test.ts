import { validate } from 'node-cron';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { HOUR_MS } from '../../src/core/time.ts';
import { cronTimes } from '../../src/jobs/cron-times.ts';

const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
const at = (text: string) => Date.parse(text);
afterEach(() => vi.useRealTimers());

describe('the moments of a schedule', () => {
  it.each([
    ['Europe/Berlin', 2026],
    ['America/New_York', 2026],
    ['Australia/Lord_Howe', 2026],
    ['Africa/Cairo', 2026],
    ['Pacific/Auckland', 2026],
  ])('of a daily schedule in %s come once on every day of the year, at whatever hour', (zone, year) => {
    for (const hour of [0, 1, 2, 3, 23]) {
      const times = cronTimes(`30 ${hour} * * *`, zone);
      const days = new Map<string, number>();
      const toDay = new Intl.DateTimeFormat('en-CA', { timeZone: zone });
      for (
        let ms = times.next(at(`${year}-01-01T12:00:00Z`))!;
        ms < at(`${year}-12-30T00:00:00Z`);
        ms = times.next(ms)!
      ) {
        const day = toDay.format(ms);
        days.set(day, (days.get(day) ?? 0) + 1);
      }
      expect([...days.values()].every((count) => count === 1)).toBe(true);
      expect(days.size).toBeGreaterThanOrEqual(361);
    }
  });

  it('come later by the jump on a day that leaves them out, and once on a day that has them twice', () => {
    const times = cronTimes('30 2 * * *', 'Europe/Berlin');
    expect(iso(times.next(at('2026-03-28T12:00:00Z')))).toBe('2026-03-29T01:30:00.000Z');
    expect(iso(times.next(at('2026-10-24T12:00:00Z')))).toBe('2026-10-25T00:30:00.000Z');
    expect(iso(times.next(at('2026-10-25T00:30:00Z')))).toBe('2026-10-26T01:30:00.000Z');
  });

  it.each(['Europe/Berlin', 'America/New_York', 'Africa/Cairo', 'UTC'])(
    'of a schedule of every hour in %s are never more than an hour apart',
    (zone) => {
      const times = cronTimes('0 * * * *', zone);
      let ms = times.next(at('2026-01-01T00:00:00Z'))!;
      while (ms < at('2027-01-01T00:00:00Z')) {
        const next = times.next(ms)!;
        expect(next - ms).toBeLessThanOrEqual(HOUR_MS);
        ms = next;
      }
    },
  );

  it('know a leap day years ahead, and that the 31st of February never comes', () => {
    expect(iso(cronTimes('0 0 29 2 *', 'UTC').next(at('2026-01-01T00:00:00Z')))).toBe('2028-02-29T00:00:00.000Z');
    expect(iso(cronTimes('0 0 29 2 *', 'UTC').last(at('2026-01-01T00:00:00Z')))).toBe('2024-02-29T00:00:00.000Z');
    expect(validate('0 0 31 2 *')).toBe(false);
  });

  it('cannot be had of a schedule or a zone that does not exist', () => {
    expect(() => cronTimes('99 * * * *', 'UTC')).toThrow();
    expect(() => cronTimes('0 * * * *', 'Mars/Olympus')).toThrow(RangeError);
  });
});
