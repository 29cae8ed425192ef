import keyvTestSuite, { keyvIteratorTests } from '@keyv/test-suite';
import { Keyv } from 'keyv';
import * as vitest from 'vitest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Connection, createGuard } from '../../src/storage/connection.ts';
import { KyselyKeyvStore } from '../../src/storage/keyv-store.ts';
import { migrate } from '../../src/storage/migrate.ts';

/** What the Keyv store keeps to on every database: the suite of Keyv itself, and what goes beyond it. */
export function describeKeyvStore(connect: () => Promise<Connection>): void {
  let connection: Connection;
  beforeAll(async () => {
    connection = await connect();
    await migrate(connection);
  }, 60_000);
  afterAll(async () => {
    await connection.db.destroy();
  });
  // The suite of Keyv moves the global clock, so here the store goes by it.
  const store = (now = () => Date.now()) =>
    new KyselyKeyvStore({ ...connection, now, guard: createGuard(connection.label, []) });
  const rows = async () => (await connection.db.selectFrom('key_value').select('key').orderBy('key').execute()).length;

  describe("Keyv's own suite", () => {
    keyvTestSuite(vitest, Keyv, store);
    keyvIteratorTests(vitest, Keyv, store);
  });

  describe('beyond the suite', () => {
    vitest.beforeEach(() => store().clear());

    it('deletes a row from the table when it is read after its time', async () => {
      let nowMs = 1_000;
      const clocked = store(() => nowMs);
      await clocked.set('ns:a', '"x"', 50);
      nowMs = 1_049;
      expect(await clocked.get('ns:a')).toBe('"x"');
      nowMs = 1_050;
      expect(await clocked.get('ns:a')).toBeUndefined();
      expect(await rows()).toBe(0);
    });

    it('sweeps out what nobody reads any more on the way of a later write', async () => {
      let nowMs = 0;
      const clocked = store(() => nowMs);
      await clocked.setMany(Array.from({ length: 5 }, (_, i) => ({ key: `ns:${i}`, value: '1', ttl: 10 })));
      nowMs = 11 * 60_000;
      await clocked.set('ns:kept', '1');
      expect(await rows()).toBe(1);
    });

    it('writes and reads more keys than one statement can hold', async () => {
      const keys = Array.from({ length: 1_100 }, (_, i) => `ns:${i}`);
      await store().setMany(keys.map((key) => ({ key, value: key })));
      expect(await store().getMany([...keys, 'ns:absent'])).toEqual([...keys, undefined]);
      expect(await store().hasMany(['ns:7', 'ns:absent'])).toEqual([true, false]);
      const seen: unknown[] = [];
      for await (const [key] of store().iterator('ns')) seen.push(key);
      expect(new Set(seen)).toEqual(new Set(keys));
      expect(await store().deleteMany(keys)).toBe(true);
      expect(await store().deleteMany(keys)).toBe(false);
    });

    it('clears only its namespace, although a percent sign or other case looks like it', async () => {
      const one = store();
      one.namespace = 'a%';
      await one.setMany(['a%:1', 'ab:1', 'A%:1'].map((key) => ({ key, value: '1' })));
      await one.clear();
      expect(await one.hasMany(['a%:1', 'ab:1', 'A%:1'])).toEqual([false, true, true]);
    });
  });
}
