import { readFile } from 'node:fs/promises';
import Keyv from 'keyv';
import { afterAll, describe, expect, it } from 'vitest';
import { openStorage } from '../../src/storage/open-storage.ts';
import { sampleCall } from '../contracts/calls.ts';
import { describePrivacy } from '../contracts/privacy.ts';
import { sampleAlert } from '../support/personal-alerts.ts';
import { sqliteFolder } from '../support/sqlite-files.ts';
import { sampleSubscription } from '../support/subscriptions.ts';

const folder = sqliteFolder();
afterAll(folder.remove);

describe('what a SQLite file keeps about people and servers', () => {
  describePrivacy(() => openStorage(folder.next().url, { now: () => 0 }));

  it('is not in its bytes any more once it is deleted', async () => {
    const { url } = folder.next();
    const path = url.slice('sqlite:'.length);
    const storage = await openStorage(url, { now: () => 0 });
    const [userId, guildId] = ['900000000000000001', '900000000000000002'];
    const bytes = async () => {
      const files = await Promise.all([path, `${path}-wal`].map((file) => readFile(file).catch(() => Buffer.alloc(0))));
      return Buffer.concat(files);
    };
    await storage.subscriptions.insert(sampleSubscription({ id: 'a1', guildId, createdBy: userId }), 9);
    await storage.preferences.change(userId, { currency: 'EUR' }, 1);
    await storage.watches.add(userId, ['BTC', 'ETH'], 9, 1);
    await storage.personalAlerts.insert(sampleAlert({ userId, guildId }));
    await storage.calls.add({ userId, guildId }, sampleCall(), 1);
    const drafts = new Keyv({ store: storage.keyValueStore, namespace: 'drafts' });
    await drafts.set('d', sampleSubscription({ guildId, createdBy: userId }), 1_000);
    expect((await bytes()).includes(userId)).toBe(true);
    await storage.privacy.forgetPerson(userId);
    expect((await bytes()).includes(userId)).toBe(false);
    expect((await bytes()).includes(guildId)).toBe(true);
    await storage.privacy.deleteGuild(guildId);
    expect((await bytes()).includes(guildId)).toBe(false);
    await storage.close();
    const left = await bytes();
    expect([left.includes(userId), left.includes(guildId)]).toEqual([false, false]);
  });
});
