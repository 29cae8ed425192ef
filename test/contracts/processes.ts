import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProcessReport } from '../../src/core/processes.ts';
import type { Storage } from '../../src/storage/open-storage.ts';
import type { Heartbeat } from '../../src/storage/process-repository.ts';
import { sampleAlert } from '../support/personal-alerts.ts';
import { sampleSubscription } from '../support/subscriptions.ts';

const REPORT: ProcessReport = { problems: [], sources: [], drift: [], waits: false, clock: null, memoryBytes: null };
const LONG_MS = 60_000;

/** What every database must do with what processes tell of themselves. `open` gives an empty one. */
export function describeProcesses(open: () => Promise<Storage>): void {
  let storage: Storage;
  beforeAll(async () => {
    storage = await open();
  });
  afterAll(() => storage.close());
  const beating = (id: string, changes: Partial<Heartbeat> = {}): Heartbeat => ({
    id,
    role: 'shard',
    version: '0.1.0',
    shards: { first: 0, last: 1, count: 4 },
    connected: true,
    startedMs: 1_000,
    report: REPORT,
    ...changes,
  });

  describe('processes', () => {
    it('are those heard from lately, with what they report', async () => {
      const source = {
        name: 'binance',
        kind: 'market',
        state: 'ok',
        lastSuccessMs: 5,
        lastFailure: null,
        retryAtMs: null,
      } as const;
      await storage.processes.beat(beating('b', { startedMs: 2_000 }));
      await storage.processes.beat(beating('a', { connected: false }));
      await storage.processes.beat(beating('a', { report: { ...REPORT, problems: ['it rains'], sources: [source] } }));
      await storage.processes.beat(beating('c', { role: 'worker', shards: null, connected: false, startedMs: 3_000 }));
      const alive = await storage.processes.alive(LONG_MS);
      expect(alive.map(({ id, role, shards, connected }) => ({ id, role, shards, connected }))).toEqual([
        { id: 'a', role: 'shard', shards: { first: 0, last: 1, count: 4 }, connected: true },
        { id: 'b', role: 'shard', shards: { first: 0, last: 1, count: 4 }, connected: true },
        { id: 'c', role: 'worker', shards: null, connected: false },
      ]);
      expect(alive[0]?.report).toEqual({ ...REPORT, problems: ['it rains'], sources: [source] });
      expect(alive[0]?.ageMs).toBeLessThan(LONG_MS);
      // Nobody was heard from in the future.
      expect(await storage.processes.alive(-LONG_MS)).toEqual([]);
      expect(await storage.processes.removeSilent(LONG_MS)).toBe(0);
      await storage.processes.end('b');
      expect(await storage.processes.removeSilent(-LONG_MS)).toBe(2);
      expect(await storage.processes.alive(LONG_MS)).toEqual([]);
    });

    it('of another version are known by what can be read of their report', async () => {
      const strange = {
        problems: ['one'],
        sources: [{ name: 'x', kind: 'oracle' }],
        more: 1,
      } as unknown as ProcessReport;
      await storage.processes.beat(beating('a', { role: 'oracle' as never, report: strange }));
      expect((await storage.processes.alive(LONG_MS))[0]).toMatchObject({
        role: 'worker',
        report: { ...REPORT, problems: ['one'] },
      });
      await storage.processes.end('a');
    });
  });

  describe('shards', () => {
    const range = { first: 2, last: 4, count: 8 };

    it('are held by one process, all of a range or none', async () => {
      const { processes } = storage;
      expect(await processes.takeShards('a', range, LONG_MS)).toBeNull();
      expect(await processes.takeShards('a', range, LONG_MS)).toBeNull();
      const held = await processes.takeShards('b', { first: 0, last: 3, count: 8 }, LONG_MS);
      expect(held).toMatchObject({ shard: 2 });
      expect(held!.sinceMs).toBeGreaterThan(0);
      // The part that was free is free still, and another number of shards is another matter.
      expect(await processes.takeShards('c', { first: 0, last: 1, count: 8 }, LONG_MS)).toBeNull();
      expect(await processes.takeShards('b', { first: 2, last: 2, count: 16 }, LONG_MS)).toBeNull();
      expect(await processes.keepShards('a', range, LONG_MS)).toBe(true);
      expect(await processes.keepShards('b', range, LONG_MS)).toBe(false);
      expect(await processes.areHeldByOthers('b', range)).toBe(true);
      expect(await processes.areHeldByOthers('a', range)).toBe(false);
      await processes.releaseShards('a');
      expect(await processes.areHeldByOthers('b', range)).toBe(false);
      expect(await processes.takeShards('d', range, LONG_MS)).toBeNull();
      expect(await processes.keepShards('a', range, LONG_MS)).toBe(false);
      for (const id of ['a', 'b', 'c', 'd']) await processes.end(id);
      expect(await processes.takeShards('e', { first: 0, last: 7, count: 8 }, LONG_MS)).toBeNull();
      await processes.end('e');
    });

    it('of a process that has died are taken over, by one of those that wait', async () => {
      const { processes } = storage;
      expect(await processes.takeShards('dead', range, -1)).toBeNull();
      const taken = await Promise.all(['x', 'y', 'z'].map((id) => processes.takeShards(id, range, LONG_MS)));
      expect(taken.filter((held) => held === null)).toHaveLength(1);
      expect(await processes.keepShards('dead', range, LONG_MS)).toBe(false);
    });
  });

  describe('facts about channels', () => {
    const channel = { announcement: false, missing: [] as string[] | null, readsHistory: true };

    it('are those of channels with subscriptions or alerts, and stamped when they change', async () => {
      const { channelFacts: facts, subscriptions, personalAlerts } = storage;
      await subscriptions.insert(sampleSubscription({ id: 'sub00001', guildId: '1', channelId: '11' }), 5);
      await subscriptions.insert(sampleSubscription({ id: 'sub00002', guildId: '1', channelId: '12' }), 5);
      await subscriptions.insert(sampleSubscription({ id: 'sub00003', guildId: '2', channelId: '21' }), 5);
      await personalAlerts.insert(sampleAlert({ id: 'ALERT001', guildId: '2', channelId: '22' }));
      // To a person, and to a channel that has a subscription.
      await personalAlerts.insert(sampleAlert({ id: 'ALERT002', guildId: '3', channelId: null }));
      await personalAlerts.insert(sampleAlert({ id: 'ALERT003', guildId: '1', channelId: '11' }));
      const postedTo = await facts.postedTo();
      expect([...postedTo.keys()].sort()).toEqual(['1', '2']);
      expect(postedTo.get('1')?.toSorted()).toEqual(['11', '12']);
      expect([...(await facts.postedTo(['2'])).values()].map((ids) => ids.toSorted())).toEqual([['21', '22']]);
      expect((await facts.postedTo([])).size).toBe(0);

      const two = [
        {
          guildId: '2',
          systemChannelId: null,
          channels: [{ channelId: '21', announcement: null, missing: null, readsHistory: null }],
        },
        {
          guildId: '1',
          systemChannelId: '19',
          channels: [
            { channelId: '11', ...channel },
            { channelId: '12', ...channel },
          ],
        },
      ];
      await facts.write(two);
      const first = await facts.changedSince(null);
      const byGuild = (all: typeof first.facts) => new Map(all.map((one) => [one.guildId, one]));
      expect(byGuild(first.facts).get('1')).toMatchObject({ systemChannelId: '19' });
      expect(
        byGuild(first.facts)
          .get('1')
          ?.channels.map(({ channelId }) => channelId)
          .sort(),
      ).toEqual(['11', '12']);
      expect(byGuild(first.facts).get('2')?.channels).toEqual(two[0]!.channels);

      // What is the same already is not stamped anew.
      const stamps = async () =>
        (await facts.changedSince(null)).facts.map(({ guildId, changedMs }) => [guildId, changedMs]);
      const before = await stamps();
      await new Promise((resolve) => setTimeout(resolve, 5));
      await facts.write(two);
      expect(await stamps()).toEqual(before);
      await facts.write([
        {
          guildId: '1',
          systemChannelId: '19',
          channels: [{ channelId: '12', ...channel, missing: ['Send Messages'] }],
        },
      ]);
      const changed = await facts.changedSince(first.newestMs);
      expect(changed.facts).toMatchObject([
        { guildId: '1', channels: [{ channelId: '12', missing: ['Send Messages'] }] },
      ]);
      expect(changed.newestMs).toBeGreaterThan(first.newestMs);
    });

    it('are stamped for a change of the server where its posts are refused, and removed with what is posted there', async () => {
      const { channelFacts: facts, subscriptions, personalAlerts, privacy } = storage;
      const { newestMs } = await facts.changedSince(null);
      await new Promise((resolve) => setTimeout(resolve, 5));
      await facts.stampRefused(['1', '2']);
      expect((await facts.changedSince(newestMs)).facts).toEqual([]);
      await subscriptions.changeState('sub00003', ['active'], { state: 'failing', reason: 'refused', atMs: 1 });
      await facts.stampRefused(['1', '2']);
      expect((await facts.changedSince(newestMs)).facts.map(({ guildId }) => guildId)).toEqual(['2']);

      await subscriptions.remove('sub00001');
      // The channel still has an alert.
      expect(await facts.removeUnused()).toBe(0);
      await personalAlerts.remove('ALERT003');
      expect(await facts.removeUnused()).toBe(1);
      await privacy.deleteGuild('1');
      expect((await facts.changedSince(null)).facts.map(({ guildId }) => guildId)).toEqual(['2']);
    });
  });
}
