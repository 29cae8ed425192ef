import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../src/core/time.ts';
import type { Job } from '../../src/jobs/job.ts';
import { createScheduler, type Scheduler } from '../../src/jobs/scheduler.ts';
import { openStorage, type Storage } from '../../src/storage/open-storage.ts';
import { LogRecorder } from '../discord/bot.ts';
import { ManualSleep } from '../discord/manual-sleep.ts';
import { noting } from '../support/noting-job.ts';

const NOON = Date.UTC(2026, 5, 1, 12);
let nowMs: number;
let storage: Storage;
let log: LogRecorder;
let manual: ManualSleep;

beforeEach(async () => {
  nowMs = NOON;
  log = new LogRecorder();
  manual = new ManualSleep();
  storage = await openStorage('sqlite::memory:', { now: () => nowMs });
});
afterEach(() => storage.close());

function scheduler(jobs: readonly Job[], owner = 'this process', random = () => 0.5): Scheduler {
  const now = () => nowMs;
  return createScheduler({ jobs, runs: storage.jobRuns, owner, now, sleep: manual.sleep, random, logger: log });
}

describe('a year in seconds', () => {
  const ZONES = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'America/Santiago', 'Asia/Kolkata'];

  it('runs every daily job once on every local day, over both changes of the clocks in five zones', async () => {
    nowMs = Date.UTC(2026, 0, 1, 0, 30);
    const endMs = nowMs + 365 * DAY_MS;
    // 02:30 does not exist on one day in Berlin and New York and exists twice on another; Santiago changes at midnight.
    const daily = ZONES.flatMap((timeZone) =>
      ['30 2 * * *', '0 0 * * *'].map((schedule) => noting({ name: `${timeZone} ${schedule}`, timeZone, schedule })),
    );
    const jobs = scheduler(daily);
    await jobs.runDue();
    while (nowMs < endMs) {
      nowMs += HOUR_MS;
      await jobs.runDue();
    }
    for (const job of daily) {
      const toDay = new Intl.DateTimeFormat('en-CA', { timeZone: job.timeZone });
      const days = job.ran.map((ms) => toDay.format(ms));
      expect(new Set(days).size).toBe(days.length);
      expect(days.length).toBeGreaterThanOrEqual(364);
      expect(days.length).toBeLessThanOrEqual(366);
      const gaps = job.ran.slice(1).map((ms, i) => ms - job.ran[i]!);
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(23 * HOUR_MS);
      expect(Math.max(...gaps)).toBeLessThanOrEqual(25 * HOUR_MS);
    }
    const changes = daily.filter(({ ran }) => ran.slice(1).some((ms, i) => ms - ran[i]! !== DAY_MS));
    expect(changes.map(({ timeZone }) => timeZone)).toEqual(expect.arrayContaining(ZONES.slice(0, 4)));
  }, 180_000);
});
