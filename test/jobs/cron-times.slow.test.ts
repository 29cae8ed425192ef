import fc from 'fast-check';
import { createTask, validate } from 'node-cron';
import { afterEach, describe, expect, it, vi } from 'vitest';
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
});
