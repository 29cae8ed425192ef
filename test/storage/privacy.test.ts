import { afterAll, describe, expect, it } from 'vitest';
import { openStorage, type Storage } from '../../src/storage/open-storage.ts';
import { describePrivacy } from '../contracts/privacy.ts';
import { sqliteFolder } from '../support/sqlite-files.ts';
import { sampleSubscription } from '../support/subscriptions.ts';

const folder = sqliteFolder();
afterAll(folder.remove);

async function startPortfolio(storage: Storage, id: string, guildId: string, startedBy: string): Promise<void> {
  const base = { rule: 'r', horizon: '1d', symbols: ['BTC'], capital: 100, startedMs: 1, stoppedMs: null } as const;
  const account = { symbol: 'BTC', state: '{}', holdUnits: 1, lastClose: 1, standing: [] };
  await storage.paper.start({ ...base, id, guildId, startedBy }, { markedMs: 1, blocked: null }, [account]);
  await storage.paper.stop(guildId, 2);
}

describe('what SQLite keeps about people and servers', () => {
  describePrivacy(() => openStorage('sqlite::memory:', { now: () => 0 }));
});

it('is found in the database and among what comes from candle files alike', async () => {
  const storage = await openStorage(folder.next().url, { now: () => 0, market: 'csv' });
  await storage.subscriptions.insert(sampleSubscription({ id: 'a1', guildId: 'a', createdBy: 'ann' }), 9);
  await startPortfolio(storage, 'pa', 'a', 'ann');
  await startPortfolio(storage, 'pc', 'c', 'ann');
  expect(await storage.privacy.countGuild('a')).toEqual({
    subscriptions: 1,
    posts: 0,
    portfolios: 1,
    settings: null,
    watched: 0,
    alerts: 0,
    calls: 0,
  });
  expect((await storage.privacy.readPerson('ann', 9))['paper_portfolios']).toHaveLength(2);
  expect([...(await storage.privacy.guilds())].sort()).toEqual(['a', 'c']);
  expect(await storage.privacy.forgetPerson('ann')).toEqual({
    subscriptions: 1,
    posts: null,
    portfolios: 2,
    settings: 0,
    watched: 0,
    alerts: 0,
    calls: 0,
  });
  expect(await storage.privacy.deleteGuild('a')).toEqual({
    subscriptions: 1,
    posts: 0,
    portfolios: 1,
    settings: null,
    watched: 0,
    alerts: 0,
    calls: 0,
  });
  expect(await storage.subscriptions.byGuild('a')).toEqual([]);
  await storage.close();
});
