import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_SERVER_SETTINGS, type ServerSettings } from '../../src/core/settings.ts';
import type { Storage } from '../../src/storage/open-storage.ts';

/** What settings of servers keep to, whatever database lies below. */
export function describeServerSettings(open: () => Promise<Storage>): void {
  describe('settings of servers', () => {
    let storage: Storage;
    beforeAll(async () => {
      storage = await open();
    });
    afterAll(() => storage.close());
    const german: ServerSettings = {
      language: 'de',
      currency: 'EUR',
      horizon: '3d',
      postStyle: 'compact',
      alertRoleId: '7',
      weeklyCalls: true,
    };

    it('are the defaults until they are saved, and then what was saved last', async () => {
      const { serverSettings } = storage;
      expect(await serverSettings.find(['a'])).toEqual([DEFAULT_SERVER_SETTINGS]);
      await serverSettings.save('a', german);
      await serverSettings.save('a', { ...german, horizon: null });
      const germanNow = { ...german, horizon: null };
      expect(await serverSettings.find(['b', 'a'])).toEqual([DEFAULT_SERVER_SETTINGS, germanNow]);
    });

    it('note one welcome, whatever is set before or after', async () => {
      const { serverSettings } = storage;
      const claims = await Promise.all([1, 2, 3].map((ms) => serverSettings.claimWelcome('a', ms)));
      expect(claims.filter(Boolean)).toHaveLength(1);
      await serverSettings.save('a', german);
      expect(await serverSettings.claimWelcome('a', 4)).toBe(false);
      await serverSettings.releaseWelcome('a');
      expect(await serverSettings.claimWelcome('a', 5)).toBe(true);
      expect(await serverSettings.find(['a'])).toEqual([german]);
    });

    it('belong to the data of their server', async () => {
      await storage.serverSettings.save('c', german);
      expect(await storage.privacy.guilds()).toContain('c');
      expect((await storage.privacy.readGuild('c', 10))['server_settings']).toHaveLength(1);
      await storage.privacy.deleteGuild('c');
      expect(await storage.serverSettings.find(['c'])).toEqual([DEFAULT_SERVER_SETTINGS]);
    });
  });
}
