import Keyv from 'keyv';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { NO_PREFERENCES } from '../../src/core/settings.ts';
import type { Storage } from '../../src/storage/open-storage.ts';
import { sampleAlert } from '../support/personal-alerts.ts';
import { sampleSubscription } from '../support/subscriptions.ts';

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
export function describePrivacy(open: () => Promise<Storage>): void {
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
    const channels = [{ channelId: '20', announcement: false, missing: [], readsHistory: true }];
    await storage.channelFacts.write([{ guildId: 'a', systemChannelId: null, channels }]);
    await startPortfolio(storage, 'pa', 'a', 'ann');
    await startPortfolio(storage, 'pb', 'b', 'bob');
    await storage.preferences.change('ann', { currency: 'EUR' }, 1);
    await storage.preferences.change('bob', { symbol: 'ETH' }, 1);
    const drafts = new Keyv({ store: storage.keyValueStore, namespace: 'drafts' });
    for (const [guildId, createdBy] of [
      ['a', 'bob'],
      ['b', 'ann'],
    ] as const) {
      await drafts.set(guildId, sampleSubscription({ guildId, createdBy }), 1_000);
    }
  });
  afterEach(() => storage.close());

  it('is counted and read for a server and for a person, and of nobody else', async () => {
    expect(await storage.privacy.countGuild('a')).toEqual({
      subscriptions: 2,
      posts: 2,
      portfolios: 1,
      settings: null,
      watched: 0,
      alerts: 0,
      calls: 0,
    });
    expect(await storage.privacy.countPerson('ann')).toEqual({
      subscriptions: 2,
      posts: null,
      portfolios: 1,
      settings: 1,
      watched: 0,
      alerts: 0,
      calls: 0,
    });
    expect(await storage.privacy.countGuild('x')).toEqual({
      subscriptions: 0,
      posts: 0,
      portfolios: 0,
      settings: null,
      watched: 0,
      alerts: 0,
      calls: 0,
    });
    const rows = await storage.privacy.readGuild('a', 100);
    expect(Object.fromEntries(Object.entries(rows).map(([table, list]) => [table, list.length]))).toEqual({
      subscriptions: 2,
      posts: 2,
      alert_states: 0,
      paper_portfolios: 1,
      paper_accounts: 1,
      paper_events: 2,
      call_events: 0,
      guild_facts: 1,
      channel_facts: 1,
      server_settings: 0,
      personal_alerts: 0,
      key_value: 1,
    });
    expect((await storage.privacy.readPerson('bob', 100))['key_value']).toMatchObject([{ key: 'drafts:a' }]);
    expect((await storage.privacy.readPerson('bob', 100))['paper_portfolios']).toMatchObject([{ id: 'pb' }]);
    expect((await storage.privacy.readPerson('bob', 100))['preferences']).toMatchObject([{ symbol: 'ETH' }]);
    expect([...(await storage.privacy.guilds())].sort()).toEqual(['a', 'b']);
    // What is queued for a person is theirs too.
    await storage.personalAlerts.insert(sampleAlert({ id: 'alert', userId: 'bob', guildId: null }));
    await storage.posts.queue([post('alert-post', 'alert')]);
    expect((await storage.privacy.readPerson('bob', 100))['posts']).toMatchObject([{ id: 'alert-post' }]);
    expect((await storage.privacy.readPerson('ann', 100))['posts']).toEqual([]);
  });

  it('of a server is gone when it is deleted, and of the others stays', async () => {
    const others = await storage.privacy.readGuild('b', 100);
    expect(await storage.privacy.deleteGuild('a')).toEqual({
      subscriptions: 2,
      posts: 2,
      portfolios: 1,
      settings: null,
      watched: 0,
      alerts: 0,
      calls: 0,
    });
    expect(Object.values(await storage.privacy.readGuild('a', 100)).flat()).toEqual([]);
    expect(await storage.paper.events('pa', 'start', 9)).toEqual([]);
    expect(await storage.privacy.readGuild('b', 100)).toEqual(others);
    expect(await storage.paper.verify()).toMatchObject({ events: 2, problem: null });
  });

  it('of a person is their id, which is removed everywhere while the rest stays', async () => {
    expect(await storage.privacy.forgetPerson('ann')).toEqual({
      subscriptions: 2,
      posts: null,
      portfolios: 1,
      settings: 1,
      watched: 0,
      alerts: 0,
      calls: 0,
    });
    expect(await storage.privacy.countPerson('ann')).toEqual({
      subscriptions: 0,
      posts: null,
      portfolios: 0,
      settings: 0,
      watched: 0,
      alerts: 0,
      calls: 0,
    });
    expect(await storage.preferences.find(['ann', 'bob'])).toMatchObject([NO_PREFERENCES, { symbol: 'ETH' }]);
    expect(await storage.privacy.countGuild('a')).toMatchObject({ subscriptions: 2, portfolios: 1 });
    expect(JSON.stringify(await storage.privacy.readGuild('a', 100))).not.toContain('"ann"');
    expect(await storage.paper.verify()).toMatchObject({ problem: null });
    expect((await storage.privacy.readGuild('b', 100))['key_value']).toEqual([]);
    expect((await storage.privacy.readGuild('a', 100))['key_value']).toHaveLength(1);
  });

  it('of a server that is deleted is not written again by what had begun before', async () => {
    await storage.posts.claim({ owner: 'one', nowMs: 10_000, leaseMs: 1_000, limit: 9 });
    await storage.privacy.deleteGuild('a');
    expect(await storage.posts.begin('a1-post', 'one', 10_100, 1_000)).toBe(false);
    const end = { state: 'sent', messageId: 'm', reason: null } as const;
    expect(await storage.posts.finish('a1-post', 'one', end, 10_200)).toBe(false);
    const alert = (id: string) => ({ subscriptionId: id, symbol: 'BTC', state: '{}' });
    const alertPost = (id: string) => ({ ...post(`${id}-alert`, id), kind: 'alert' as const });
    await storage.alertStates.save([alert('a1'), alert('b1')], [alertPost('a1'), alertPost('b1')]);
    expect(await storage.alertStates.all()).toEqual([alert('b1')]);
    expect(await storage.posts.recent('a1', 9)).toEqual([]);
    expect(await storage.posts.recent('b1', 9)).toHaveLength(2);
  });

  it('holds no posts of a subscription that was removed, but for one under way until it has ended', async () => {
    for (const id of ['a1-post', 'a2-post'])
      await storage.posts.claim({ owner: 'one', nowMs: 10_000, leaseMs: 1_000, limit: 1, id });
    await storage.posts.finish('a1-post', 'one', { state: 'sent', messageId: 'm', reason: null }, 10_100);
    await storage.posts.begin('a2-post', 'one', 10_100, 1_000);
    for (const id of ['a1', 'a2']) await storage.subscriptions.remove(id);
    expect(await storage.posts.recent('a1', 9)).toEqual([]);
    expect(await storage.posts.prune(0)).toBe(0);
    await storage.posts.finish('a2-post', 'one', { state: 'skipped', messageId: null, reason: 'removed' }, 10_200);
    expect(await storage.posts.prune(0)).toBe(1);
  });

  it('goes once its time is over, without anything else that is stored', async () => {
    expect(await storage.privacy.removeExpired(1_000)).toBe(0);
    expect(await storage.privacy.removeExpired(1_001)).toBe(2);
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
