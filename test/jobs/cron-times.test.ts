import fc from 'fast-check';
import { createTask, validate } from 'node-cron';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { HOUR_MS } from '../../src/core/time.ts';
import { cronTimes } from '../../src/jobs/cron-times.ts';

const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
const at = (text: string) => Date.parse(text);
afterEach(() => vi.useRealTimers());

/** Schedules of all kinds that node-cron accepts. */
const field = (from: number, to: number) =>
  fc.oneof(
    fc.constant('*'),
    fc.integer({ min: from, max: to }).map(String),
    fc.uniqueArray(fc.integer({ min: from, max: to }), { minLength: 1, maxLength: 3 }).map((list) => list.join()),
    fc.integer({ min: 2, max: 20 }).map((step) => `*/${step}`),
  );
const day = fc.oneof(
  { weight: 3, arbitrary: field(1, 28) },
  { weight: 1, arbitrary: fc.constantFrom('L', '15W', 'LW') },
);
const weekday = fc.oneof({ weight: 3, arbitrary: field(0, 6) }, { weight: 1, arbitrary: fc.constantFrom('1#2', '5L') });
// Not both of a day of the month and one of the week: some pairs never meet, and node-cron looks for a hundred years.
const date = fc.oneof(fc.tuple(day, field(1, 12), fc.constant('*')), fc.tuple(fc.constant('*'), field(1, 12), weekday));
const schedules = fc
  .tuple(field(0, 59), field(0, 23), date)
  .map(([minute, hour, rest]) => [minute, hour, ...rest].join(' '))
  .filter(validate);
const moments = fc.integer({ min: at('2024-01-01T00:00:00Z'), max: at('2030-12-31T00:00:00Z') });

describe('the moments of a schedule', () => {
  it('are the ones node-cron would come to next, in zones whose clocks do not change', () => {
    fc.assert(
      fc.property(schedules, moments, fc.constantFrom('UTC', 'Asia/Tokyo', 'Asia/Kolkata'), (schedule, ms, zone) => {
        vi.useFakeTimers({ now: ms, toFake: ['Date'] });
        const task = createTask(schedule, () => {}, { timezone: zone });
        void task.start();
        const expected = task.getNextRun()?.getTime() ?? null;
        void task.destroy();
        expect(iso(cronTimes(schedule, zone).next(ms))).toBe(iso(expected));
      }),
      { numRuns: 150 },
    );
  });

  it('agree with each other: the last one before the next is not after now', () => {
    const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Africa/Cairo');
    fc.assert(
      fc.property(schedules, moments, zones, (schedule, ms, zone) => {
        const times = cronTimes(schedule, zone);
        const next = times.next(ms);
        fc.pre(next !== null);
        expect(next).toBeGreaterThan(ms);
        expect(times.last(next)).toBe(next);
        const before = times.last(next - 1);
        expect(before === null || before <= ms).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

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
