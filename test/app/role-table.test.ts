import { describe, expect, it } from 'vitest';
import { createJobs, type JobParts } from '../../src/app/jobs.ts';
import { ROLE_TABLE, runsJob } from '../../src/app/roles.ts';
import { holdsGuild, shardIds, shardOfGuild, shardWords } from '../../src/core/shards.ts';

/** Every job there is; none of them is run here. */
const part = {} as never;
const all: JobParts = {
  candles: part,
  hours: part,
  headlines: part,
  calendars: part,
  ledger: part,
  widths: part,
  paper: part,
  publishing: part,
  alerts: part,
  universe: part,
  retraining: { service: part, when: { schedule: '15 0 * * *', timeZone: 'UTC' } },
  owners: { reports: part, timeZone: 'UTC' },
  runs: part,
  now: () => 0,
  monotonic: () => 0,
  clockIsRight: () => true,
  sleep: async () => undefined,
  random: () => 0,
  logger: part,
};
const jobs = createJobs(all).map(({ name }) => name);

describe('the jobs of the roles', () => {
  it('are all of them where everything is one process, and none in a shard', () => {
    expect(jobs.filter((name) => runsJob(ROLE_TABLE.all, name))).toEqual(jobs);
    expect(jobs.filter((name) => runsJob(ROLE_TABLE.shard, name))).toEqual([]);
  });

  it('are shared out between workers and trainers, each job once', () => {
    const training = jobs.filter((name) => runsJob(ROLE_TABLE.trainer, name));
    expect(training.toSorted()).toEqual(['ingest-training', 'retrain-1d', 'retrain-1h']);
    const others = jobs.filter((name) => runsJob(ROLE_TABLE.worker, name));
    expect([...training, ...others].toSorted()).toEqual(jobs.toSorted());
  });
});

describe('the shard of a server', () => {
  it('is the one that Discord names: the id without its lowest 22 bits, by the number of shards', () => {
    expect(shardOfGuild('1100000000000000010', 2)).toBe(1);
    expect(shardOfGuild('1100000000000000010', 4)).toBe(3);
    expect(shardOfGuild('1100000000000000010', 1)).toBe(0);
    expect(shardOfGuild(String(5n << 22n), 4)).toBe(1);
    expect(shardOfGuild('console', 32)).toBe(0);
  });

  it('is held by one process', () => {
    const range = { first: 8, last: 15, count: 32 };
    expect(shardIds(range)).toEqual([8, 9, 10, 11, 12, 13, 14, 15]);
    expect(shardWords(range)).toBe('shards 8 to 15 of 32');
    const held = Array.from({ length: 64 }, (_, i) => String(BigInt(i) << 22n)).filter((id) => holdsGuild(range, id));
    expect(held.map((id) => Number(BigInt(id) >> 22n))).toEqual(
      [8, 9, 10, 11, 12, 13, 14, 15].flatMap((n) => [n, n + 32]).toSorted((a, b) => a - b),
    );
  });
});
