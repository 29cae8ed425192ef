import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '../../src/core/time.ts';
import type { JobRun, JobRunRepository } from '../../src/storage/job-run-repository.ts';
import type { Storage } from '../../src/storage/open-storage.ts';

/** What the runs of jobs keep to, whatever database lies below. `open` opens the same database each time. */
export function describeJobRuns(open: () => Promise<Storage>): void {
  let first: Storage;
  let second: Storage;
  let runs: JobRunRepository;
  beforeAll(async () => {
    first = await open();
    second = await open();
    runs = first.jobRuns;
  });
  afterAll(async () => {
    await first.close();
    await second.close();
  });

  const NOON = Date.UTC(2026, 0, 1, 12);
  const wanted = (job: string, owner: string, scheduledMs = NOON, nowMs = scheduledMs) => ({
    job,
    owner,
    scheduledMs,
    nowMs,
    leaseMs: 5 * MINUTE_MS,
  });
  const run = (job: string, scheduledMs: number, outcome: JobRun['outcome'] = 'ok'): JobRun => ({
    job,
    scheduledMs,
    startedMs: scheduledMs + 1_000,
    endedMs: scheduledMs + 2_000,
    outcome,
    summary: 'Did all of it.',
  });

  describe('runs of jobs', () => {
    it('are claimed by one of many that want them at once, from whatever connection', async () => {
      // Two SQLite connections of one thread would wait for each other; two processes do not.
      const other = first.kind === 'sqlite' ? first : second;
      const claims = await Promise.all(
        Array.from({ length: 8 }, (_, i) => (i % 2 ? first : other).jobRuns.claim(wanted('many', `owner-${i}`))),
      );
      expect(claims.filter((claim) => claim === 'claimed')).toHaveLength(1);
      expect(claims.filter((claim) => claim === 'held')).toHaveLength(7);
    });

    it('are not started for a later moment while an earlier one is under way, and then they are', async () => {
      expect(await runs.claim(wanted('long', 'a'))).toBe('claimed');
      const later = wanted('long', 'b', NOON + MINUTE_MS);
      expect(await second.jobRuns.claim(later)).toBe('held');
      await runs.finish({ job: 'long', owner: 'a', run: run('long', NOON), again: false });
      expect(await second.jobRuns.claim(later)).toBe('claimed');
    });

    it('happen once for each moment, and never for one that has been overtaken', async () => {
      expect(await runs.claim(wanted('once', 'a'))).toBe('claimed');
      await runs.finish({ job: 'once', owner: 'a', run: run('once', NOON), again: false });
      expect(await runs.claim(wanted('once', 'b'))).toBe('done');
      expect(await runs.claim(wanted('once', 'b', NOON - HOUR_MS, NOON))).toBe('done');
    });

    it('can be claimed again when whoever had them died, and only then', async () => {
      expect(await runs.claim(wanted('dead', 'a'))).toBe('claimed');
      expect(await runs.claim(wanted('dead', 'b', NOON, NOON + 5 * MINUTE_MS - 1))).toBe('held');
      expect(await runs.claim(wanted('dead', 'b', NOON, NOON + 5 * MINUTE_MS))).toBe('claimed');
    });

    it('stay with whoever extends the lease, until it ends or somebody else has it', async () => {
      const held = { job: 'kept', scheduledMs: NOON, owner: 'a', untilMs: NOON + 10 * MINUTE_MS };
      expect(await runs.claim(wanted('kept', 'a'))).toBe('claimed');
      expect(await runs.extend(held)).toBe(true);
      expect(await second.jobRuns.claim(wanted('kept', 'b', NOON, NOON + 9 * MINUTE_MS))).toBe('held');
      expect(await second.jobRuns.claim(wanted('kept', 'b', NOON, NOON + 10 * MINUTE_MS))).toBe('claimed');
      expect(await runs.extend(held)).toBe(false);
      // One that an earlier version set for the whole run is no mistake of a clock.
      const short = { ...wanted('kept', 'c', NOON, NOON + 11 * MINUTE_MS), leaseMs: MINUTE_MS };
      expect(await second.jobRuns.claim({ ...short, longestMs: HOUR_MS })).toBe('held');
      await second.jobRuns.finish({ job: 'kept', owner: 'b', run: run('kept', NOON), again: false });
      expect(await second.jobRuns.extend({ ...held, owner: 'b' })).toBe(false);
    });

    it('are no longer the business of whoever overran the lease', async () => {
      expect(await runs.claim(wanted('late', 'a'))).toBe('claimed');
      expect(await runs.claim(wanted('late', 'b', NOON, NOON + HOUR_MS))).toBe('claimed');
      await runs.finish({ job: 'late', owner: 'a', run: run('late', NOON), again: false });
      expect(await runs.lease('late', NOON)).toMatchObject({ owner: 'b', finished: false });
    });

    it('that were cut off can be run again for the same moment at once', async () => {
      await runs.claim(wanted('cut', 'a'));
      await runs.finish({ job: 'cut', owner: 'a', run: run('cut', NOON, 'cancelled'), again: true });
      expect(await runs.claim(wanted('cut', 'b'))).toBe('claimed');
    });

    it('of a job that begins now are wanted for later moments only', async () => {
      await runs.begin('fresh', NOON, NOON);
      expect(await runs.claim(wanted('fresh', 'a'))).toBe('done');
      await runs.begin('fresh', NOON + HOUR_MS, NOON + HOUR_MS);
      expect(await runs.lease('fresh', NOON + HOUR_MS)).toMatchObject({ scheduledMs: NOON, finished: true });
      expect(await runs.claim(wanted('fresh', 'a', NOON + HOUR_MS))).toBe('claimed');
    });

    it('are remembered, the newest of each job coming back as it was written', async () => {
      for (const scheduledMs of [NOON, NOON + HOUR_MS]) {
        await runs.claim(wanted('kept', 'a', scheduledMs));
        const outcome = scheduledMs === NOON ? 'failed' : 'ok';
        await runs.finish({ job: 'kept', owner: 'a', run: run('kept', scheduledMs, outcome), again: false });
      }
      const last = await second.jobRuns.lastRuns(NOON + 24 * HOUR_MS);
      expect(last.filter(({ job }) => job === 'kept')).toEqual([run('kept', NOON + HOUR_MS)]);
      expect(await runs.lease('nobody', NOON)).toBeNull();
    });

    it('tell when each job last succeeded', async () => {
      for (const [i, outcome] of (['ok', 'ok', 'failed'] as const).entries()) {
        const scheduledMs = NOON + i * HOUR_MS;
        await runs.claim(wanted('succeeds', 'a', scheduledMs));
        await runs.finish({ job: 'succeeds', owner: 'a', run: run('succeeds', scheduledMs, outcome), again: false });
      }
      await runs.claim(wanted('never', 'a'));
      const successes = await second.jobRuns.lastSuccesses(NOON + 24 * HOUR_MS);
      expect(successes.get('succeeds')).toBe(run('succeeds', NOON + HOUR_MS).endedMs);
      expect(successes.has('never')).toBe(false);
      expect((await runs.lastSuccesses(NOON + 1)).get('succeeds')).toBe(run('succeeds', NOON).endedMs);
    });

    it('count for nothing where a clock that was ahead has dated them, and are claimed anew', async () => {
      const year = 365 * 24 * HOUR_MS;
      await runs.claim(wanted('ahead', 'a', NOON + year));
      await runs.finish({ job: 'ahead', owner: 'a', run: run('ahead', NOON + year), again: false });
      expect(await runs.lease('ahead', NOON)).toBeNull();
      expect((await runs.lastRuns(NOON)).filter(({ job }) => job === 'ahead')).toEqual([]);
      expect(await runs.claim(wanted('ahead', 'b'))).toBe('claimed');
      expect(await runs.claim(wanted('ahead', 'c'))).toBe('held');
      // The process with the wrong clock died in the middle of a run.
      await runs.claim(wanted('crashed', 'a', NOON + year));
      expect(await second.jobRuns.claim(wanted('crashed', 'b'))).toBe('claimed');
      // One that waits for its next moment does so from now on.
      await runs.claim(wanted('waits', 'a', NOON + year));
      await runs.begin('waits', NOON, NOON);
      expect(await runs.lease('waits', NOON)).toMatchObject({ scheduledMs: NOON, finished: true });
    });

    it('are forgotten when they are old, and stay done', async () => {
      const before = (await runs.lastRuns(NOON + 24 * HOUR_MS)).length;
      expect(await runs.removeBefore(NOON + 24 * HOUR_MS)).toBeGreaterThanOrEqual(before);
      expect(await runs.lastRuns(NOON + 24 * HOUR_MS)).toEqual([]);
      expect(await runs.claim(wanted('once', 'b'))).toBe('done');
    });
  });
}
