import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStorage, type Storage } from '../../src/storage/open-storage.ts';
import { describeInPostgres } from '../support/postgres.ts';
import { sqliteFolder } from '../support/sqlite-files.ts';
import { sampleSubscription } from '../support/subscriptions.ts';

const folder = sqliteFolder();
afterAll(folder.remove);

const post = (id: string, subscriptionId: string) => ({
  id,
  subscriptionId,
  kind: 'daily' as const,
  channelId: '1',
  dueMs: 10_000,
  payload: null,
  missed: 0,
});

async function startPortfolio(storage: Storage, id: string, guildId: string, startedBy: string): Promise<void> {
  const base = { rule: 'r', horizon: '1d', symbols: ['BTC'], capital: 100, startedMs: 1, stoppedMs: null } as const;
  const account = { symbol: 'BTC', state: '{}', holdUnits: 1, lastClose: 1, standing: [] };
  await storage.paper.start({ ...base, id, guildId, startedBy }, { markedMs: 1, blocked: null }, [account]);
  await storage.paper.stop(guildId, 2);
}

/** What every database keeps to about the data of people and servers. */
function describePrivacy(open: () => Promise<Storage>): void {
  let storage: Storage;
  beforeEach(async () => {
    storage = await open();
    for (const [id, guildId, createdBy] of [
      ['a1', 'a', 'ann'],
      ['a2', 'a', 'bob'],
      ['b1', 'b', 'ann'],
    ] as const) {
      await storage.subscriptions.insert(sampleSubscription({ id, guildId, createdBy }), 9);
      await storage.posts.queue([post(`${id}-post`, id)]);
    }
    await startPortfolio(storage, 'pa', 'a', 'ann');
    await startPortfolio(storage, 'pb', 'b', 'bob');
  });
  afterEach(() => storage.close());

  it('is counted and read for a server and for a person, and of nobody else', async () => {
    expect(await storage.privacy.countGuild('a')).toEqual({ subscriptions: 2, posts: 2, portfolios: 1 });
    expect(await storage.privacy.countPerson('ann')).toEqual({ subscriptions: 2, posts: null, portfolios: 1 });
    expect(await storage.privacy.countGuild('x')).toEqual({ subscriptions: 0, posts: 0, portfolios: 0 });
    const rows = await storage.privacy.readGuild('a', 100);
    expect(Object.fromEntries(Object.entries(rows).map(([table, list]) => [table, list.length]))).toEqual({
      subscriptions: 2,
      posts: 2,
      alert_states: 0,
      paper_portfolios: 1,
      paper_accounts: 1,
      paper_events: 2,
    });
    expect((await storage.privacy.readPerson('bob', 100))['paper_portfolios']).toMatchObject([{ id: 'pb' }]);
    expect([...(await storage.privacy.guilds())].sort()).toEqual(['a', 'b']);
  });

  it('of a server is gone when it is deleted, and of the others stays', async () => {
    const others = await storage.privacy.readGuild('b', 100);
    expect(await storage.privacy.deleteGuild('a')).toEqual({ subscriptions: 2, posts: 2, portfolios: 1 });
    expect(Object.values(await storage.privacy.readGuild('a', 100)).flat()).toEqual([]);
    expect(await storage.paper.events('pa', 'start', 9)).toEqual([]);
    expect(await storage.privacy.readGuild('b', 100)).toEqual(others);
    expect(await storage.paper.verify()).toMatchObject({ events: 2, problem: null });
  });

  it('of a person is their id, which is removed everywhere while the rest stays', async () => {
    expect(await storage.privacy.forgetPerson('ann')).toEqual({ subscriptions: 2, posts: null, portfolios: 1 });
    expect(await storage.privacy.countPerson('ann')).toEqual({ subscriptions: 0, posts: null, portfolios: 0 });
    expect(await storage.privacy.countGuild('a')).toMatchObject({ subscriptions: 2, portfolios: 1 });
    expect(JSON.stringify(await storage.privacy.readGuild('a', 100))).not.toContain('"ann"');
    expect(await storage.paper.verify()).toMatchObject({ problem: null });
  });

  it('knows since when the bot has left a server', async () => {
    await storage.privacy.noteDeparture('a', 1_000);
    await storage.privacy.noteDeparture('a', 5_000);
    await storage.privacy.noteDeparture('b', 3_000);
    expect(await storage.privacy.departedBefore(1_001)).toEqual(['a']);
    await storage.privacy.removeDeparture('b');
    expect(await storage.privacy.departedBefore(9_000)).toEqual(['a']);
    await storage.privacy.deleteGuild('a');
    expect(await storage.privacy.departedBefore(9_000)).toEqual([]);
  });
}

describe('what a SQLite file keeps about people and servers', () => {
  describePrivacy(() => openStorage(folder.next().url, { now: () => 0 }));
});

describeInPostgres('what PostgreSQL keeps about people and servers', (server) => {
  describePrivacy(async () => openStorage(await server().createDatabase(), { now: () => 0 }));
});
