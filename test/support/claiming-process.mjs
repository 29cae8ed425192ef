/**
 * A process that claims every moment of a job and writes down which it got, for tests of several at once on one database.
 * Called with one argument: JSON of `{ databaseUrl, owner, moments }`.
 */
import { openStorage } from '../../dist/storage/open-storage.js';

const { databaseUrl, owner, moments } = JSON.parse(process.argv[2]);
const storage = await openStorage(databaseUrl, { now: Date.now });
const ran = [];
for (let scheduledMs = 1; scheduledMs <= moments; scheduledMs++) {
  let claim = 'held';
  while (claim === 'held') {
    claim = await storage.jobRuns.claim({ job: 'shared', scheduledMs, owner, nowMs: Date.now(), leaseMs: 60_000 });
    if (claim === 'held') await new Promise((resolve) => setTimeout(resolve, 1));
  }
  if (claim !== 'claimed') continue;
  ran.push(scheduledMs);
  const run = {
    job: 'shared',
    scheduledMs,
    startedMs: scheduledMs,
    endedMs: scheduledMs,
    outcome: 'ok',
    summary: owner,
  };
  await storage.jobRuns.finish({ job: 'shared', owner, run, again: false });
}
await storage.close();
process.stdout.write(JSON.stringify(ran));
