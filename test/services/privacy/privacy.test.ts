import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/core/logger.ts';
import type { DataOwner } from '../../../src/core/privacy.ts';
import { DAY_MS } from '../../../src/core/time.ts';
import { createPrivacyService, type PrivacyService } from '../../../src/services/privacy/privacy.ts';
import { createWatchService } from '../../../src/services/watch/watch.ts';
import { openStorage, type Storage } from '../../../src/storage/open-storage.ts';
import { START_MS } from '../../support/candles.ts';
import { sampleSubscription } from '../../support/subscriptions.ts';

let storage: Storage;
let service: PrivacyService;
let nowMs: number;
let clockIsRight: boolean;
const deleted: DataOwner[] = [];
const members = new Map<string, boolean | null>();
const kept = async (guildId: string) => (await service.kept({ kind: 'server', guildId })).subscriptions;

beforeEach(async () => {
  nowMs = START_MS;
  clockIsRight = true;
  members.clear();
  deleted.length = 0;
  storage = await openStorage('sqlite::memory:', { now: () => nowMs });
  service = createPrivacyService({
    repository: storage.privacy,
    clockIsRight: () => clockIsRight,
    onDeleted: (of) => deleted.push(of),
    now: () => nowMs,
    logger: silentLogger,
  });
  service.connect(async (guildId) => members.get(guildId) ?? null);
  for (const [id, guildId] of [
    ['a1', 'a'],
    ['b1', 'b'],
    ['c1', 'c'],
  ] as const) {
    await storage.subscriptions.insert(sampleSubscription({ id, guildId }), 9);
  }
});
afterEach(() => storage.close());

describe('the data of servers that removed the bot', () => {
  it('is deleted only where Discord says once more that the bot is not there', async () => {
    await service.syncServers(new Set(['c']), () => true);
    nowMs += 31 * DAY_MS;
    members.set('a', false);
    expect(await service.deleteDeparted(nowMs - 30 * DAY_MS)).toBe(1);
    expect([await kept('a'), await kept('b'), await kept('c')]).toEqual([0, 1, 1]);
    // Where Discord did not answer, it is asked again the next night.
    members.set('b', false);
    expect(await service.deleteDeparted(nowMs - 30 * DAY_MS)).toBe(1);
    expect(await kept('b')).toBe(0);
  });

  it('stays while Discord does not answer, which is not asked about every server then', async () => {
    for (let i = 0; i < 30; i++) await service.serverLeft(`${i}`);
    const asked: string[] = [];
    service.connect(async (guildId) => {
      asked.push(guildId);
      return null;
    });
    expect(await service.deleteDeparted(nowMs + 1)).toBe(0);
    expect(asked).toHaveLength(10);
    service.connect(async () => false);
    expect(await service.deleteDeparted(nowMs + 1)).toBe(30);
  });

  it('stays where the bot came back, whichever way that was seen', async () => {
    for (const guildId of ['a', 'b', 'c']) await service.serverLeft(guildId);
    await service.serverJoined('a');
    await service.syncServers(new Set(['a', 'b']), () => true);
    members.set('c', true);
    nowMs += 31 * DAY_MS;
    expect(await service.deleteDeparted(nowMs - 30 * DAY_MS)).toBe(0);
    members.set('a', false).set('b', false).set('c', false);
    expect(await service.deleteDeparted(nowMs)).toBe(0);
    expect([await kept('a'), await kept('b'), await kept('c')]).toEqual([1, 1, 1]);
  });

  it('is judged by the shards that its events come to: the servers of other processes stay', async () => {
    await service.syncServers(new Set(['b']), (guildId) => guildId !== 'c');
    nowMs += 31 * DAY_MS;
    for (const guildId of ['a', 'b', 'c']) members.set(guildId, false);
    expect(await service.deleteDeparted(nowMs - 30 * DAY_MS)).toBe(1);
    expect([await kept('a'), await kept('b'), await kept('c')]).toEqual([0, 1, 1]);
  });

  it('is not counted from a moment that a wrong clock gave', async () => {
    clockIsRight = false;
    nowMs -= 400 * DAY_MS;
    await service.serverLeft('a');
    clockIsRight = true;
    nowMs = START_MS;
    members.set('a', false);
    expect(await service.deleteDeparted(nowMs - 30 * DAY_MS)).toBe(0);
    await service.syncServers(new Set(['b', 'c']), () => true);
    nowMs += 30 * DAY_MS + 1;
    expect(await service.deleteDeparted(nowMs - 30 * DAY_MS)).toBe(1);
  });

  it('is left alone while the database does not answer', async () => {
    await storage.close();
    await expect(service.serverLeft('a')).resolves.toBeUndefined();
    storage = await openStorage('sqlite::memory:', { now: () => nowMs });
  });
});

describe('an export', () => {
  it('holds every row of the server, and says of what only the newest are in it', async () => {
    const { name, data } = await service.exportData({ kind: 'server', guildId: 'a' });
    expect(name).toBe('candlecast-server.json');
    expect(JSON.parse(Buffer.from(data).toString())).toMatchObject({
      server: 'a',
      onlyTheNewestOf: [],
      subscriptions: [{ id: 'a1', guild_id: 'a' }],
      posts: [],
      paper_events: [],
    });
  });

  it('is compressed when it is large', async () => {
    const payload = JSON.stringify({ text: 'x'.repeat(2_000_000) });
    const post = {
      id: 'p',
      subscriptionId: 'a1',
      kind: 'alert',
      channelId: '1',
      dueMs: 1,
      payload,
      missed: 0,
    } as const;
    await storage.posts.queue([post]);
    const { name, data } = await service.exportData({ kind: 'server', guildId: 'a' });
    expect(name).toBe('candlecast-server.json.gz');
    expect(JSON.parse(gunzipSync(data).toString())).toMatchObject({ posts: [{ id: 'p' }] });
  });
});

it('that is deleted is forgotten wherever it is held in memory, a server’s too', async () => {
  await service.deleteData({ kind: 'server', guildId: 'a' });
  await service.deleteData({ kind: 'person', userId: 'ann' });
  expect(deleted).toEqual([
    { kind: 'server', guildId: 'a' },
    { kind: 'person', userId: 'ann' },
  ]);
  const watch = createWatchService({
    watches: storage.watches,
    assets: { resolve: (symbol) => ({ symbol, name: symbol, rank: null, marketCapUsd: null, stablecoin: false }) },
    now: () => nowMs,
    logger: silentLogger,
  });
  await watch.add('ann', ['BTC']);
  await watch.list('ann');
  expect(watch.recall('ann')).toEqual(['BTC']);
  await service.deleteData({ kind: 'person', userId: 'ann' });
  watch.forget('ann');
  expect(watch.recall('ann')).toEqual([]);
});
