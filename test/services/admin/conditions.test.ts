import { describe, expect, it } from 'vitest';
import type { SourceHealth } from '../../../src/core/market.ts';
import type { JobStatus } from '../../../src/core/status.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/time.ts';
import { type ConditionReport, conditionsOf } from '../../../src/services/admin/conditions.ts';
import { inEnglish } from '../../support/reasons.ts';

const NOON = Date.UTC(2026, 10, 30, 12);
const WELL: ConditionReport = {
  nowMs: NOON,
  jobs: [],
  posts: null,
  sources: [],
  drift: [],
  clock: { state: 'unknown', aheadMs: 0, hosts: [] },
  processes: [],
  shardConflicts: [],
  absentSince: new Map(),
};
const job = (overdueSinceMs: number | null): JobStatus => ({
  name: 'publish',
  schedule: '* * * * *',
  timeZone: 'UTC',
  running: false,
  lastRun: null,
  nextRunMs: null,
  overdueSinceMs,
});
const source = (failedMs: number | null, state: SourceHealth['state'] = 'down'): SourceHealth => ({
  name: 'kraken',
  kind: 'market',
  state,
  lastSuccessMs: null,
  failingSinceMs: failedMs === null ? null : NOON - failedMs - MINUTE_MS,
  lastFailure:
    failedMs === null ? null : { atMs: NOON - MINUTE_MS, code: 'CC_SOURCE_TIMEOUT', reason: 'It is silent.' },
  retryAtMs: null,
});
const levels = (report: Partial<ConditionReport>) =>
  conditionsOf({ ...WELL, ...report }, null, inEnglish).map(({ name, level }) => [name, level]);
const GB = 1e9;

describe('what an owner should know', () => {
  it.each([
    [null, 0],
    [9 * MINUTE_MS, 0],
    [10 * MINUTE_MS, 1],
    [2 * HOUR_MS, 2],
    [12 * HOUR_MS, 3],
  ])('of a job overdue for %s ms has the level %s', (ms, level) => {
    expect(levels({ jobs: [job(ms === null ? null : NOON - ms)] })).toEqual([['job publish', level]]);
  });

  it.each([
    [HOUR_MS, 1],
    [6 * HOUR_MS, 2],
    [DAY_MS, 3],
  ])('of a source that has failed for %s ms has the level %s', (ms, level) => {
    expect(levels({ sources: [source(ms)] })).toEqual([['source kraken', level]]);
  });

  it('is not known of a source that this process has not asked, or that has failed for minutes', () => {
    expect(levels({ sources: [source(null, 'untried'), source(HOUR_MS - 1)] })).toEqual([]);
    expect(levels({ sources: [source(null, 'ok')] })).toEqual([['source kraken', 0]]);
  });

  it('of several processes are those of the worst clock, of work that nobody does, and of shards held twice', () => {
    const process = (state: 'right' | 'wrong') => ({
      id: state,
      role: 'worker' as const,
      version: '1',
      shards: null,
      connected: false,
      startedMs: 0,
      ageMs: 0,
      problems: [],
      clock: { state, aheadMs: 200_000, hosts: ['a'] },
      memoryBytes: null,
    });
    const clock = { state: 'right', aheadMs: 0, hosts: ['a'] } as const;
    const none = [
      ['role worker', 0],
      ['role trainer', 0],
      ['shards', 0],
    ];
    expect(levels({ clock, processes: [process('right')] })).toEqual([['clock', 0], ...none]);
    // Whichever process looks, the alarm is the same.
    expect(levels({ clock, processes: [process('right'), process('wrong')] })).toEqual([['clock', 2], ...none]);
    const absentSince = new Map([['trainer', NOON - 3 * HOUR_MS]]);
    const found = conditionsOf(
      { ...WELL, processes: [process('right')], absentSince, shardConflicts: ['several processes hold shard 1 of 2'] },
      null,
      inEnglish,
    ).filter(({ level }) => level > 0);
    expect(found).toEqual([
      { name: 'role trainer', level: 2, text: 'No process with ROLE=trainer has run for 3 hours.' },
      { name: 'shards', level: 1, text: 'The shards: several processes hold shard 1 of 2.' },
    ]);
  });

  it('of the clock and of drift follows what /status says', () => {
    const clock = (state: 'right' | 'off' | 'wrong') => levels({ clock: { state, aheadMs: 9_000, hosts: ['a'] } });
    expect([clock('right'), clock('off'), clock('wrong')]).toEqual([[['clock', 0]], [['clock', 1]], [['clock', 2]]]);
    const drift = (state: 'ok' | 'watch' | 'alarm' | 'checking') =>
      levels({
        drift: [
          {
            interval: '1d',
            version: 'a',
            state,
            coins: 1,
            fromMs: 0,
            toMs: 1,
            horizons: [],
            findings: [],
            falseAlarmsPerYear: 0.05,
            checkedAtMs: 0,
          },
        ],
      });
    expect([drift('ok'), drift('watch'), drift('alarm'), drift('checking')]).toEqual([
      [['drift 1d', 0]],
      [['drift 1d', 0]],
      [['drift 1d', 1]],
      [],
    ]);
  });

  it('of late posts counts from the oldest', () => {
    const posts = (oldestDueMs: number | null) =>
      levels({ posts: { late: 4, oldestDueMs, reason: null, failing: 0, problem: null } });
    expect(posts(null)).toEqual([['posts', 0]]);
    expect(posts(NOON - 20 * MINUTE_MS)).toEqual([['posts', 1]]);
    expect(posts(NOON - 3 * HOUR_MS)).toEqual([['posts', 2]]);
  });

  it.each([
    [2 * GB, null, 0],
    [1 * GB, null, 1],
    [0.3 * GB, null, 2],
    [0.05 * GB, null, 3],
    [2 * GB, 10 * GB, 0],
    [0.9 * GB, 10 * GB, 1],
    [-1, 10 * GB, 3],
  ])('of %s free bytes, with a limit of %s, has the level %s', (freeBytes, limitBytes, level) => {
    const found = conditionsOf(WELL, { freeBytes, limitBytes, usedBytes: 5 * GB }, inEnglish);
    expect(found.map((one) => [one.name, one.level])).toEqual([['database', level]]);
    expect(found[0]!.text).toMatch(/^The database has \d.* left .*; it takes 5\.0 GB now\.$/);
  });
});
