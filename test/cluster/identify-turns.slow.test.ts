import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createIdentifyTurns, type IdentifyTurns } from '../../src/cluster/identify-turns.ts';
import { openRedis, type RedisLink } from '../../src/cluster/redis.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { describeWithRedis } from '../support/redis.ts';

const sleep = (ms: number, signal?: AbortSignal) => wait(ms, undefined, signal ? { signal } : {});
const endless = new AbortController().signal;
/** What Discord asks for. */
const FIVE_SECONDS_MS = 5_000;

/** Turns of processes on one database, which fails when it is told to. */
async function processes(count: number, redis: RedisLink | null = null) {
  const storage = await openStorage('sqlite::memory:', { now: Date.now });
  onTestFinished(() => storage.close());
  const state = { databaseFails: false };
  const leases = {
    ...storage.leases,
    takeFor: async (...args: Parameters<typeof storage.leases.takeFor>) => {
      if (state.databaseFails) throw new Error('The database is away.');
      return storage.leases.takeFor(...args);
    },
  };
  const turns = Array.from({ length: count }, (_, i) =>
    createIdentifyTurns({ redis, leases, bot: 'b', owner: `process ${i}`, monotonic: () => performance.now(), sleep }),
  );
  return { turns, state };
}

/** Lets each identify once in a bucket, and returns the times between. */
async function gaps(turns: readonly IdentifyTurns[], bucket = 0): Promise<number[]> {
  const times: number[] = [];
  await Promise.all(turns.map((one) => one.wait(bucket, endless).then(() => times.push(performance.now()))));
  return times.slice(1).map((atMs, i) => atMs - times[i]!);
}

describe('shards of several processes', () => {
  it('identify one after another in a bucket, five seconds apart, and at once in others', async () => {
    const { turns } = await processes(2);
    const [first, second] = turns;
    const others = Promise.all([first!.wait(1, endless), second!.wait(2, endless)]);
    const startMs = performance.now();
    await others;
    expect(performance.now() - startMs).toBeLessThan(4_000);
    const apart = await gaps([first!, second!, first!]);
    expect(Math.min(...apart)).toBeGreaterThanOrEqual(FIVE_SECONDS_MS);
  }, 40_000);

  it('are spaced in each process while nothing is there to share', async () => {
    const { turns, state } = await processes(1);
    state.databaseFails = true;
    expect(Math.min(...(await gaps([turns[0]!, turns[0]!])))).toBeGreaterThanOrEqual(FIVE_SECONDS_MS);
  }, 40_000);

  it('no longer wait once they are closed, and leave their turn to the next', async () => {
    const { turns } = await processes(1);
    await turns[0]!.wait(0, endless);
    const closed = new AbortController();
    const given = turns[0]!.wait(0, closed.signal);
    const next = turns[0]!.wait(0, endless);
    closed.abort(new Error('the shard closed'));
    await expect(given).rejects.toThrow('the shard closed');
    await next;
  }, 40_000);
});

describeWithRedis('shards of several processes over Redis', (server) => {
  it('keep apart while the database goes away and comes back', async () => {
    const redis = openRedis({ url: server().url, now: () => performance.now(), logger: silentLogger });
    onTestFinished(() => redis.close());
    await vi.waitFor(() => expect(redis.isUp()).toBe(true), { timeout: 60_000 });
    const { turns, state } = await processes(3, redis);
    const times: number[] = [];
    for (const [i, fails] of [false, true, false].entries()) {
      state.databaseFails = fails;
      await turns[i]!.wait(0, endless);
      times.push(performance.now());
    }
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(FIVE_SECONDS_MS);
    expect(times[2]! - times[1]!).toBeGreaterThanOrEqual(FIVE_SECONDS_MS);
  }, 180_000);
});
