import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/core/logger.ts';
import { noMetrics } from '../../../src/core/metrics.ts';
import type { Digest } from '../../../src/core/owner-report.ts';
import type { JobStatus, StatusReport } from '../../../src/core/status.ts';
import { HOUR_MS, MINUTE_MS } from '../../../src/core/time.ts';
import { createInteractionTally } from '../../../src/services/admin/interaction-tally.ts';
import { createOwnerReports, type OwnerReports } from '../../../src/services/admin/owner-reports.ts';
import { openStorage, type Storage } from '../../../src/storage/open-storage.ts';
import { inEnglish } from '../../support/reasons.ts';

const NOON = Date.UTC(2026, 10, 30, 12);

let storage: Storage;
let nowMs: number;
/** Since when the job is overdue; null while it is not. */
let overdueSinceMs: number | null;
let clockIsOff: boolean;
beforeEach(async () => {
  nowMs = NOON;
  overdueSinceMs = null;
  clockIsOff = false;
  storage = await openStorage('sqlite::memory:', { now: () => nowMs });
});
afterEach(() => storage.close());

function status(): StatusReport {
  const job: JobStatus = {
    name: 'publish',
    schedule: '* * * * *',
    timeZone: 'UTC',
    running: false,
    lastRun: null,
    nextRunMs: null,
    overdueSinceMs,
  };
  return {
    version: '1',
    node: 'v20',
    startedAtMs: 0,
    nowMs,
    surface: 'discord',
    simulated: false,
    clock: { state: clockIsOff ? 'off' : 'right', aheadMs: clockIsOff ? 9_000 : 0, hosts: ['a'] },
    sources: [],
    models: [{ interval: '1d', version: '1d-a', trainedAtMs: NOON, dataUntilMs: 1, family: 'lstm', problem: null }],
    drift: [],
    database: { kind: 'sqlite', ok: true, candles: 0, problem: null },
    unconfirmed: [],
    trackedSymbols: 1,
    newestForecastMs: null,
    discord: null,
    posts: null,
    jobs: [job],
    jobsProblem: null,
    overduePosts: 0,
    unserved: [],
    shardConflicts: [],
    processes: [],
    longestBlock: null,
    universe: [],
    retrainings: [],
    training: null,
  };
}

function reports(owners = 1): OwnerReports {
  return createOwnerReports({
    owners,
    status: async () => status(),
    space: async () => ({ freeBytes: 50e9, usedBytes: 1e9, limitBytes: null }),
    alarms: storage.alarms,
    posts: storage.posts,
    schedule: storage.schedule,
    accuracy: async () => ({ horizons: [] }),
    interactions: storage.interactionCounts,
    reasonText: inEnglish,
    memoryBytes: () => 200e6,
    digestText: (digest: Digest) => `Digest: ${digest.conditions.length} conditions`,
    now: () => nowMs,
    logger: silentLogger,
  });
}

/** The messages queued since the last call. */
async function messages(): Promise<readonly string[]> {
  const claimed = await storage.posts.claim({ owner: 'test', nowMs: nowMs + 1, leaseMs: 1, limit: 50 });
  for (const { id } of claimed) {
    await storage.posts.finish(id, 'test', { state: 'sent', messageId: id, reason: null }, nowMs);
  }
  return claimed.map(({ kind, payload }) => `${kind}: ${payload}`);
}

/** Checks every five minutes for that long. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 5 * MINUTE_MS) {
    nowMs += 5 * MINUTE_MS;
    await reports().check();
  }
}

describe('alarms', () => {
  it('come once, again only when it gets worse, and once when it has been over for a while', async () => {
    await reports().check();
    expect(await messages()).toEqual([]);
    overdueSinceMs = NOON;
    await pass(10 * MINUTE_MS);
    expect(await messages()).toEqual([
      'owner: **Alarm:** The job publish has been due for 10 minutes and does not run.',
    ]);
    await pass(90 * MINUTE_MS);
    expect(await messages()).toEqual([]);
    await pass(20 * MINUTE_MS);
    expect(await messages()).toEqual(['owner: **Worse:** The job publish has been due for 2 hours and does not run.']);
    // It comes and goes: no news.
    overdueSinceMs = null;
    await pass(10 * MINUTE_MS);
    overdueSinceMs = nowMs - 3 * HOUR_MS;
    await pass(10 * MINUTE_MS);
    expect(await messages()).toEqual([]);
    overdueSinceMs = null;
    await pass(15 * MINUTE_MS);
    expect(await messages()).toEqual([]);
    await pass(5 * MINUTE_MS);
    expect(await messages()).toEqual([
      expect.stringMatching(/^owner: \*\*Over:\*\* job publish is well again; it lasted \d+ minutes\.$/),
    ]);
    await pass(HOUR_MS);
    expect(await messages()).toEqual([]);
    expect(await storage.alarms.all()).toEqual([]);
  });

  it('of one check are one message to each owner', async () => {
    overdueSinceMs = NOON - HOUR_MS;
    clockIsOff = true;
    expect(await reports(2).check()).toEqual({ raised: 2, worse: 0, over: 0 });
    const sent = await messages();
    expect(sent).toHaveLength(2);
    expect(sent[0]).toBe(sent[1]);
    expect(sent[0]).toMatch(/The clock of the machine is 9 s ahead\.\n.*The job publish/);
  });

  it('are told by one of two processes that see the same', async () => {
    overdueSinceMs = NOON - HOUR_MS;
    const counts = await Promise.all([reports().check(), reports().check(), reports().check()]);
    expect(counts.map(({ raised }) => raised).sort()).toEqual([0, 0, 1]);
    expect(await messages()).toHaveLength(1);
  });
});

describe('the digest', () => {
  it('of a day is one message, however often its job is run', async () => {
    await storage.interactionCounts.add(NOON - HOUR_MS, { answered: 5, failed: 0 });
    const digest = await reports().digest(NOON);
    nowMs += MINUTE_MS;
    await reports().digest(NOON);
    expect(await messages()).toEqual(['owner: Digest: 0 conditions']);
    expect(digest).toMatchObject({
      conditions: [],
      problem: null,
      forecasts: null,
      posts: { sent: 0, late: 0, failed: 0, skipped: 0 },
      interactions: { answered: 5, failed: 0 },
      models: [{ interval: '1d', version: '1d-a' }],
      memoryBytes: 200e6,
    });
  });

  it('counts the posts of people, and of those the late ones', async () => {
    const post = (id: string, kind: 'daily' | 'test', dueMs: number) =>
      ({ id, subscriptionId: id, kind, channelId: '1', dueMs, payload: null, missed: 0 }) as const;
    await storage.posts.queue([
      post('on-time', 'daily', NOON - 5 * MINUTE_MS),
      post('late', 'daily', NOON - 40 * MINUTE_MS),
      post('failed', 'daily', NOON - 2),
      post('tried', 'test', NOON - 3),
    ]);
    for (const { id } of await storage.posts.claim({ owner: 'a', nowMs, leaseMs: 9_000, limit: 9 })) {
      const state = id === 'failed' ? 'failed' : 'sent';
      await storage.posts.finish(id, 'a', { state, messageId: null, reason: null }, nowMs);
    }
    const { posts } = await reports().digest(NOON);
    expect(posts).toEqual({ sent: 2, late: 1, failed: 1, skipped: 0 });
    nowMs += 25 * HOUR_MS;
    expect((await reports().digest(nowMs)).posts).toEqual({ sent: 0, late: 0, failed: 0, skipped: 0 });
  });
});

describe('what people asked', () => {
  it('is counted by every process, reported on, and summed up in the digest of the last day', async () => {
    const seen: string[] = [];
    const sleep = (_ms: number, signal?: AbortSignal) =>
      new Promise<void>((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
    const parts = { now: () => nowMs, sleep, logger: silentLogger };
    const tally = () =>
      createInteractionTally({ ...noMetrics, interaction: (...one) => seen.push(one.join(' ')) }, parts);
    const [one, other] = [tally(), tally()];
    for (const { start } of [one, other]) start(storage.interactionCounts);
    one.metrics.interaction('help', 'answered');
    one.metrics.interaction('help', 'suggested');
    other.metrics.interaction('help', 'answered');
    other.metrics.interaction('help', 'failed');
    for (const { stop } of [one, other]) await stop();
    expect(seen).toEqual(['help answered', 'help suggested', 'help answered', 'help failed']);
    nowMs += MINUTE_MS;
    expect((await reports().digest(NOON)).interactions).toEqual({ answered: 2, failed: 1 });
    nowMs += 25 * HOUR_MS;
    expect((await reports().digest(nowMs)).interactions).toEqual({ answered: 0, failed: 0 });
    expect(await storage.interactionCounts.removeBefore(nowMs)).toBe(1);
  });
});
