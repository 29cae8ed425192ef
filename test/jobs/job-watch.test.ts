import { expect, it } from 'vitest';
import { MINUTE_MS } from '../../src/core/time.ts';
import { checkAlertsJob } from '../../src/jobs/check-alerts.ts';
import type { Job } from '../../src/jobs/job.ts';
import { createJobWatch } from '../../src/jobs/job-watch.ts';
import { translatorFor } from '../../src/language/translator.ts';
import { statusReply } from '../../src/render/admin/status-embed.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { fakeContext } from '../commands/fakes.ts';

const HOURLY: Job = {
  name: 'hourly',
  schedule: '0 * * * *',
  timeZone: 'UTC',
  lane: 'market',
  timeLimitMs: MINUTE_MS,
  retries: 0,
  jitterMs: 0,
  atFirstStart: false,
  run: async () => 'never here',
};
const NOON_MS = Date.UTC(2026, 0, 1, 12);

it('tells from the database alone how jobs of other processes are: running, done, overdue', async () => {
  let nowMs = NOON_MS - MINUTE_MS;
  const storage = await openStorage('sqlite::memory:', { now: () => nowMs });
  const { jobRuns: runs } = storage;
  const watch = createJobWatch({ jobs: [HOURLY], runs, now: () => nowMs });
  const look = async () => (await watch())[0];
  // Nobody has ever run it: it is due at its next time, and not late.
  expect(await look()).toMatchObject({ running: false, lastRun: null, nextRunMs: NOON_MS, overdueSinceMs: null });
  nowMs = NOON_MS;
  const claim = { job: 'hourly', scheduledMs: NOON_MS, owner: 'a worker', nowMs, leaseMs: 2 * MINUTE_MS };
  expect(await runs.claim(claim)).toBe('claimed');
  expect(await look()).toMatchObject({ running: true, overdueSinceMs: null });
  const run = {
    job: 'hourly',
    scheduledMs: NOON_MS,
    startedMs: NOON_MS,
    endedMs: NOON_MS + 5,
    outcome: 'ok',
    summary: 'done',
  } as const;
  await runs.finish({ job: 'hourly', owner: 'a worker', run, again: false });
  const { job: _job, ...lastRun } = run;
  expect(await look()).toMatchObject({ running: false, lastRun, nextRunMs: NOON_MS + 60 * MINUTE_MS });
  nowMs = NOON_MS + 64 * MINUTE_MS;
  expect(await look()).toMatchObject({ overdueSinceMs: null });
  nowMs = NOON_MS + 66 * MINUTE_MS;
  expect(await look()).toMatchObject({ overdueSinceMs: NOON_MS + 60 * MINUTE_MS });
  // A worker that has died in the middle of it: its lease is over, and nobody has taken the run up.
  await runs.claim({ ...claim, scheduledMs: NOON_MS + 60 * MINUTE_MS, nowMs: NOON_MS + 60 * MINUTE_MS });
  expect(await look()).toMatchObject({ running: false, overdueSinceMs: NOON_MS + 60 * MINUTE_MS });
  await storage.close();
});

it('tells /status that alerts are not checked any more', async () => {
  let nowMs = NOON_MS;
  const storage = await openStorage('sqlite::memory:', { now: () => nowMs });
  const { jobRuns: runs } = storage;
  const job = checkAlertsJob({ check: async () => ({ checked: 0, told: 0, left: 0 }) });
  const watch = createJobWatch({ jobs: [job], runs, now: () => nowMs });
  const claim = { job: job.name, scheduledMs: NOON_MS, owner: 'a worker', nowMs, leaseMs: 2 * MINUTE_MS };
  expect(await runs.claim(claim)).toBe('claimed');
  const ran = { job: job.name, scheduledMs: NOON_MS, startedMs: NOON_MS, endedMs: NOON_MS + 5 };
  const run = { ...ran, outcome: 'ok', summary: '3 coins checked, 1 told' } as const;
  await runs.finish({ job: job.name, owner: 'a worker', run, again: false });
  const status = async () => {
    const report = { ...(await fakeContext().context.services.status.status()), nowMs, jobs: await watch() };
    const { embeds } = statusReply(report, translatorFor('en-GB'), 'owner', 'details');
    return JSON.stringify(embeds);
  };
  nowMs = NOON_MS + 3 * MINUTE_MS;
  const well = await status();
  expect(well).toMatch(/check-alerts\*\* 🟢[^"]*3 coins checked, 1 told/);
  expect(well).not.toMatch(/overdue|late/i);
  nowMs = NOON_MS + 8 * MINUTE_MS;
  expect(await status()).toMatch(/check-alerts[^"]*overdue/i);
  await storage.close();
});
