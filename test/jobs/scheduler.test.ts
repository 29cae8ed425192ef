import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { CandlecastError } from '../../src/core/errors.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/core/time.ts';
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

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A job that runs until the test lets it go on. */
function held(heedsSignal: boolean, extra: Partial<Job> = {}) {
  let release = () => {};
  let starts = 0;
  const job = noting({
    name: 'held',
    atFirstStart: true,
    run: (signal) => {
      starts++;
      return new Promise((resolve, reject) => {
        release = () => resolve('Done.');
        if (heedsSignal) signal.addEventListener('abort', () => reject(signal.reason));
      });
    },
    ...extra,
  });
  return { job, release: () => release(), starts: () => starts };
}

/** Fails the next call of a method of the job runs, before it is made or after, as a connection that breaks does. */
function failOnce(method: 'claim' | 'finish', when: 'before' | 'after'): void {
  const real = storage.jobRuns[method] as (...args: unknown[]) => Promise<unknown>;
  const broken = async (...args: unknown[]) => {
    Object.assign(storage.jobRuns, { [method]: real });
    if (when === 'after') await real(...args);
    throw new CandlecastError('CC_DATABASE', 'The server does not answer.', { retryable: true });
  };
  Object.assign(storage.jobRuns, { [method]: broken });
}

describe('a job while the database breaks off', () => {
  const cases = [
    ['claim', 'before'],
    ['claim', 'after'],
    ['finish', 'before'],
    ['finish', 'after'],
  ] as const;
  it.each(cases)('runs once, and its run is stored, although %s failed %s it was done', async (method, when) => {
    const job = noting({ atFirstStart: true });
    const jobs = scheduler([job]);
    failOnce(method, when);
    await jobs.tick();
    expect(log.at('error')).toEqual(['a job could not be started or written down']);
    nowMs += 15_000;
    await jobs.tick();
    expect(job.ran).toEqual([NOON]);
    expect(await storage.jobRuns.lastRuns(nowMs)).toMatchObject([{ job: 'noting', outcome: 'ok', summary: 'Run 1.' }]);
    nowMs = NOON + HOUR_MS;
    await jobs.tick();
    expect(job.ran).toEqual([NOON, NOON + HOUR_MS]);
  });
});

describe('a job', () => {
  it('is not started by a check while something else says when jobs run', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const job = noting();
    const jobs = scheduler([job]);
    await jobs.runDue();
    jobs.start();
    await settled();
    nowMs = NOON + HOUR_MS;
    await jobs.withoutChecks(async () => {
      vi.advanceTimersByTime(MINUTE_MS);
      await settled();
      expect(job.ran).toEqual([]);
      await jobs.runDue();
    });
    expect(job.ran).toEqual([NOON + HOUR_MS]);
    nowMs = NOON + 2 * HOUR_MS;
    vi.advanceTimersByTime(MINUTE_MS);
    await vi.waitFor(() => expect(job.ran).toEqual([NOON + HOUR_MS, NOON + 2 * HOUR_MS]));
    await jobs.stop();
  });

  it('runs once for each moment of its schedule, and not before the first after it was new', async () => {
    const job = noting();
    const jobs = scheduler([job]);
    await jobs.runDue();
    expect(job.ran).toEqual([]);
    nowMs = NOON + HOUR_MS - 1;
    await jobs.runDue();
    expect(job.ran).toEqual([]);
    for (const laterMs of [HOUR_MS, HOUR_MS + MINUTE_MS, 2 * HOUR_MS]) {
      nowMs = NOON + laterMs;
      await jobs.runDue();
    }
    expect(job.ran).toEqual([NOON + HOUR_MS, NOON + 2 * HOUR_MS]);
  });

  it('that wants it so runs at its very first start, for the moment that was last', async () => {
    const job = noting({ atFirstStart: true });
    nowMs = NOON + 20 * MINUTE_MS;
    const jobs = scheduler([job]);
    await jobs.runDue();
    await jobs.runDue();
    expect(job.ran).toEqual([NOON]);
  });

  it('missed while the bot was off is made up for once at the start, whatever the number of misses', async () => {
    const before = noting();
    await scheduler([before]).runDue();
    nowMs = NOON + 7 * HOUR_MS + 5 * MINUTE_MS;
    const after = noting();
    const restarted = scheduler([after], 'the next process');
    await restarted.tick();
    await restarted.tick();
    expect(after.ran).toEqual([NOON + 7 * HOUR_MS]);
  });

  it('begins later than its moment by a share of its jitter that chance decides', async () => {
    const job = noting({ jitterMs: 10 * MINUTE_MS });
    const jobs = scheduler([job], 'this process', () => 0.25);
    await jobs.runDue();
    nowMs = NOON + HOUR_MS;
    await jobs.runDue();
    nowMs = NOON + 2 * HOUR_MS + 2.5 * MINUTE_MS - 1;
    await jobs.runDue();
    expect(job.ran).toEqual([NOON + HOUR_MS]);
    nowMs += 1;
    await jobs.runDue();
    expect(job.ran).toEqual([NOON + HOUR_MS, NOON + 2 * HOUR_MS]);
  });

  it('does not overlap with itself, and the next run is for the newest moment', async () => {
    const { job, release, starts } = held(true);
    const jobs = scheduler([job]);
    const first = jobs.tick();
    await settled();
    nowMs = NOON + 3 * HOUR_MS;
    await jobs.tick();
    expect(starts()).toBe(1);
    expect((await jobs.status())[0]).toMatchObject({ running: true, lastRun: null });
    release();
    await first;
    void jobs.tick();
    await settled();
    expect(starts()).toBe(2);
    release();
    await jobs.stop();
    expect((await jobs.status())[0]?.lastRun).toMatchObject({ scheduledMs: NOON + 3 * HOUR_MS });
  });

  it('holds up its own lane and no other', async () => {
    const { job, release } = held(true, { lane: 'market' });
    const behind = noting({ name: 'behind', lane: 'market', atFirstStart: true });
    const beside = noting({ name: 'beside', lane: 'posts', atFirstStart: true });
    const jobs = scheduler([job, behind, beside]);
    const ticked = jobs.tick();
    await settled();
    await settled();
    expect([behind.ran, beside.ran]).toEqual([[], [NOON]]);
    release();
    await ticked;
    expect(behind.ran).toEqual([NOON]);
  });

  it('is cut off at its time limit, with the reason in the log and in its status', async () => {
    const { job } = held(true, { timeLimitMs: 90_000 });
    const jobs = scheduler([job]);
    const ticked = jobs.tick();
    await manual.elapse(90_000);
    await ticked;
    expect((await jobs.status())[0]).toMatchObject({
      running: false,
      lastRun: { outcome: 'timed-out', summary: 'CC_TIMEOUT: It took longer than 90 seconds.' },
    });
    expect(await log.logged('a job ran into its time limit')).toMatchObject({ job: 'held', code: 'CC_TIMEOUT' });
    expect(manual.pending).toEqual([]);
  });

  it('that does not heed the limit is not started again before it has really ended', async () => {
    const { job, release, starts } = held(false, { timeLimitMs: 90_000 });
    const jobs = scheduler([job]);
    const ticked = jobs.tick();
    await manual.elapse(90_000);
    await manual.elapse(10_000);
    await ticked;
    nowMs = NOON + 5 * HOUR_MS;
    await jobs.tick();
    expect(starts()).toBe(1);
    expect((await jobs.status())[0]).toMatchObject({ running: true, lastRun: { outcome: 'timed-out' } });
    release();
    await settled();
    void jobs.tick();
    await settled();
    expect(starts()).toBe(2);
    release();
    await jobs.stop();
  });

  it('that fails is tried again after growing waits, and then it is well', async () => {
    let failures = 2;
    const job = noting({ atFirstStart: true, retries: 2 });
    const flaky = {
      ...job,
      run: async (signal: AbortSignal, scheduledMs: number) => {
        if (failures-- > 0) throw new CandlecastError('CC_SOURCE_UNAVAILABLE', 'No market source answered.');
        return job.run(signal, scheduledMs);
      },
    };
    const jobs = scheduler([flaky]);
    const ticked = jobs.tick();
    await manual.elapse(6_250);
    await manual.elapse(12_500);
    await ticked;
    expect(job.ran).toEqual([NOON]);
    expect((await jobs.status())[0]?.lastRun).toMatchObject({ outcome: 'ok', summary: 'Run 1.' });
    expect(log.at('warn')).toEqual(['a job is tried again', 'a job is tried again']);
  });

  it('that goes on failing is logged with its code, and waits for its next moment', async () => {
    let runs = 0;
    const jobs = scheduler([
      noting({
        atFirstStart: true,
        run: async () => {
          runs++;
          throw new TypeError('undefined is not\na function');
        },
      }),
    ]);
    await jobs.runDue();
    await jobs.runDue();
    expect(runs).toBe(1);
    expect(log.at('error')).toEqual(['a job failed']);
    expect((await jobs.status())[0]).toMatchObject({
      lastRun: { outcome: 'failed', summary: 'CC_INTERNAL: An unexpected error occurred.' },
      nextRunMs: NOON + HOUR_MS,
    });
  });

  it('cut off by a stop is run again for the same moment at the next start', async () => {
    const { job } = held(true);
    const jobs = scheduler([job]);
    const ticked = jobs.tick();
    await settled();
    await jobs.stop();
    await ticked;
    expect((await jobs.status())[0]?.lastRun?.outcome).toBe('cancelled');
    const again = noting({ name: 'held' });
    await scheduler([again], 'the next process').runDue();
    expect(again.ran).toEqual([NOON]);
  });

  it('is not lost when the database does not answer for a moment', async () => {
    const job = noting({ atFirstStart: true });
    let down = true;
    const runs: Storage['jobRuns'] = {
      ...storage.jobRuns,
      claim: (wanted) =>
        down
          ? Promise.reject(new CandlecastError('CC_DATABASE', 'The server does not answer.'))
          : storage.jobRuns.claim(wanted),
    };
    const now = () => nowMs;
    const jobs = createScheduler({
      jobs: [job],
      runs,
      owner: 'a',
      now,
      sleep: manual.sleep,
      random: () => 0,
      logger: log,
    });
    await jobs.runDue();
    down = false;
    await jobs.runDue();
    expect(job.ran).toEqual([NOON]);
    expect(log.at('error')).toEqual(['a job could not be started or written down']);
  });

  it('of two processes on one database runs in one of them, moment by moment', async () => {
    const [one, two] = [noting({ atFirstStart: true }), noting({ atFirstStart: true })];
    const both = [scheduler([one], 'one'), scheduler([two], 'two')];
    for (let hour = 0; hour < 24; hour++) {
      nowMs = NOON + hour * HOUR_MS;
      await Promise.all((hour % 2 ? both : [...both].reverse()).map((jobs) => jobs.tick()));
    }
    const all = [...one.ran, ...two.ran].sort((a, b) => a - b);
    expect(all).toEqual(Array.from({ length: 24 }, (_, hour) => NOON + hour * HOUR_MS));
    expect(one.ran.length).toBeGreaterThan(0);
    expect(two.ran.length).toBeGreaterThan(0);
  });

  it('whose process died is run by another one when its lease has run out', async () => {
    await storage.jobRuns.claim({ job: 'noting', scheduledMs: NOON, owner: 'dead', nowMs, leaseMs: 10 * MINUTE_MS });
    const job = noting({ schedule: '0 12 * * *', timeLimitMs: 10 * MINUTE_MS });
    const jobs = scheduler([job]);
    nowMs = NOON + 9 * MINUTE_MS;
    await jobs.runDue();
    expect(job.ran).toEqual([]);
    nowMs = NOON + 10 * MINUTE_MS;
    await jobs.runDue();
    expect(job.ran).toEqual([NOON]);
  });
});

describe('a clock that was wrong', () => {
  const MONTH = 30 * DAY_MS;

  /** A scheduler beside a monotonic clock that goes on while the wall clock is set. */
  function watched(jobs: readonly Job[], monotonic: () => number, owner = 'this process') {
    const options = { jobs, owner, runs: storage.jobRuns, sleep: manual.sleep, random: () => 0, logger: log };
    return createScheduler({ ...options, now: () => nowMs, monotonic });
  }

  it('a month ahead for a while delays no job once it is right again, in the same process', async () => {
    const hourly = noting({ name: 'hourly', atFirstStart: true });
    const minutely = noting({ name: 'minutely', schedule: '* * * * *', atFirstStart: true, lane: 'posts' });
    const nightly = noting({ name: 'nightly', schedule: '15 0 * * *', lane: 'models' });
    let passedMs = 0;
    const jobs = watched([hourly, minutely, nightly], () => passedMs);
    await jobs.tick();
    nowMs += MONTH;
    for (let i = 0; i < 6; i++) {
      await jobs.tick();
      nowMs += 15_000;
      passedMs += 15_000;
    }
    expect(hourly.ran).toEqual([NOON, NOON + MONTH]);
    nowMs -= MONTH;
    await jobs.tick();
    expect(hourly.ran.slice(2)).toEqual([NOON]);
    expect(minutely.ran.at(-1)).toBe(NOON + MINUTE_MS);
    expect((await jobs.status()).map(({ overdueSinceMs }) => overdueSinceMs)).toEqual([null, null, null]);
    expect((await jobs.status()).map(({ nextRunMs }) => nextRunMs)).toEqual([
      NOON + HOUR_MS,
      NOON + 2 * MINUTE_MS,
      NOON + 12 * HOUR_MS + 15 * MINUTE_MS,
    ]);
    expect((await jobs.status()).map(({ lastRun }) => lastRun?.scheduledMs)).toEqual([
      NOON,
      NOON + MINUTE_MS,
      undefined,
    ]);
    const jumps = log.lines.filter(({ message }) => message.startsWith('the clock was set'));
    expect(jumps.map(({ facts }) => facts)).toEqual([{ jumpSeconds: MONTH / 1_000 }, { jumpSeconds: -MONTH / 1_000 }]);
  });

  it('a year ahead for one start delays no job at the next one', async () => {
    const year = 365 * DAY_MS;
    nowMs = NOON + year;
    await scheduler([noting({ atFirstStart: true }), noting({ name: 'nightly', schedule: '15 0 * * *' })]).runDue();
    nowMs = NOON + MINUTE_MS;
    const [again, nightly] = [noting({ atFirstStart: true }), noting({ name: 'nightly', schedule: '15 0 * * *' })];
    const right = scheduler([again, nightly], 'the next process');
    await right.runDue();
    expect([again.ran, nightly.ran]).toEqual([[NOON], []]);
    nowMs = NOON + 13 * HOUR_MS;
    await right.runDue();
    expect([again.ran, nightly.ran]).toEqual([[NOON, NOON + 13 * HOUR_MS], [NOON + 12 * HOUR_MS + 15 * MINUTE_MS]]);
  });

  it('of another process on the same database delays no job of this one', async () => {
    const job = noting();
    const jobs = scheduler([job]);
    await jobs.runDue();
    const mark = { job: 'noting', scheduledMs: NOON + MONTH, owner: 'ahead', nowMs: NOON + MONTH, leaseMs: MINUTE_MS };
    await storage.jobRuns.claim(mark);
    nowMs = NOON + HOUR_MS;
    await jobs.runDue();
    expect(job.ran).toEqual([NOON + HOUR_MS]);
  });

  it('is told from a machine that slept for a month by nothing but what is due then', async () => {
    const job = noting({ atFirstStart: true });
    const jobs = watched([job], () => 0);
    await jobs.tick();
    nowMs += MONTH;
    await jobs.tick();
    await jobs.tick();
    expect(job.ran).toEqual([NOON, NOON + MONTH]);
  });

  it('leaves a job that cannot begin shown as overdue', async () => {
    const { job, release } = held(true, { lane: 'market' });
    const behind = noting({ name: 'behind', lane: 'market', atFirstStart: true });
    const jobs = scheduler([behind, job]);
    await jobs.runDue('posts');
    const ticked = jobs.tick();
    await settled();
    await settled();
    nowMs += HOUR_MS + 6 * MINUTE_MS;
    await jobs.tick();
    expect((await jobs.status()).map(({ overdueSinceMs }) => overdueSinceMs)).toEqual([NOON + HOUR_MS, null]);
    release();
    await ticked;
    void jobs.tick();
    await settled();
    await settled();
    expect((await jobs.status())[0]?.overdueSinceMs).toBeNull();
    release();
    await jobs.stop();
  });
});

describe('a job that has never run and may run before its time', () => {
  const ready = { now: false };
  const first = () => noting({ schedule: '15 0 * * *', isReadyForFirstRun: async () => ready.now });
  beforeEach(() => {
    ready.now = false;
  });

  it('runs as soon as it is ready, then by its schedule', async () => {
    const job = first();
    const jobs = scheduler([job]);
    await jobs.tick();
    expect(job.ran).toEqual([]);
    ready.now = true;
    await jobs.tick();
    expect(job.ran).toHaveLength(1);
    await jobs.tick();
    expect(job.ran).toHaveLength(1);
    nowMs = Date.UTC(2026, 5, 2, 0, 15);
    await jobs.tick();
    expect(job.ran.at(-1)).toBe(nowMs);
    expect(job.ran).toHaveLength(2);
  });

  it.each([
    ['leaves out the scheduled time that comes a few minutes after it', 5, true, []],
    ['keeps it where the run failed', 5, false, [Date.UTC(2026, 5, 2, 0, 15)]],
    ['keeps one that is many hours ahead', -10 * 60, true, [Date.UTC(2026, 5, 2, 0, 15)]],
  ])('%s', async (_name, minutes, succeeds, expected) => {
    const ran: number[] = [];
    const run = async (_signal: AbortSignal, scheduledMs: number) => {
      ran.push(scheduledMs);
      // It takes longer than until the scheduled time.
      nowMs += 20 * MINUTE_MS;
      if (!succeeds && ran.length === 1) throw new CandlecastError('CC_TRAINING_DATA', 'There are too few candles.');
      return 'Trained.';
    };
    ready.now = true;
    const jobs = scheduler([{ ...first(), run }]);
    const midnightMs = Date.UTC(2026, 5, 2);
    nowMs = midnightMs + minutes * MINUTE_MS;
    await jobs.tick();
    nowMs = midnightMs + HOUR_MS;
    await jobs.tick();
    expect(ran.slice(1)).toEqual(expected);
    nowMs = midnightMs + DAY_MS + HOUR_MS;
    await jobs.tick();
    expect(ran.at(-1)).toBe(Date.UTC(2026, 5, 3, 0, 15));
  });

  it('does not run again after a restart, however ready it is', async () => {
    ready.now = true;
    await scheduler([first()], 'first process').tick();
    const again = first();
    await scheduler([again], 'second process').tick();
    expect(again.ran).toEqual([]);
  });

  it('waits again after a restart where it was not ready before, and runs on schedule in any case', async () => {
    await scheduler([first()], 'first process').tick();
    const job = first();
    const jobs = scheduler([job], 'second process');
    await jobs.tick();
    expect(job.ran).toEqual([]);
    nowMs = Date.UTC(2026, 5, 2, 0, 15);
    await jobs.tick();
    expect(job.ran).toEqual([nowMs]);
  });

  it('is taken up at once where it was cut off by the end of the program', async () => {
    ready.now = true;
    const { job, starts } = held(true, { atFirstStart: false, isReadyForFirstRun: async () => ready.now });
    const jobs = scheduler([job], 'first process');
    void jobs.tick();
    await expect.poll(starts).toBe(1);
    await jobs.stop();
    const again = noting({ name: 'held', isReadyForFirstRun: async () => false });
    await scheduler([again], 'second process').tick();
    expect(again.ran).toHaveLength(1);
  });
});
