import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { backUp, restore } from '../../src/storage/backup.ts';
import { openStorage, type Storage } from '../../src/storage/open-storage.ts';
import { describeModels, keptVerdict, modelFile, modelName } from '../contracts/models.ts';
import { START_MS } from '../support/candles.ts';
import { describeInPostgres, queryPostgres } from '../support/postgres.ts';

const now = () => START_MS;
const EMPTIED = 'delete from models; delete from model_pointers';

describeInPostgres('models in the tables of PostgreSQL', (server) => {
  let storage: Storage;
  let other: Storage;
  let opened = 0;
  beforeAll(async () => {
    storage = await openStorage(server().url, { now });
    other = await openStorage(server().url, { now });
  });
  afterAll(async () => {
    await storage.close();
    await other.close();
  });
  const run = (statement: string) => queryPostgres(server().url, statement);

  // Every second store is that of another pool of connections, as in another process.
  describeModels(
    () => (opened++ % 2 ? other : storage).models,
    () => run(EMPTIED),
  );

  it('are part of a backup, and come back to the byte into an empty database', async () => {
    await run(EMPTIED);
    await storage.models.add('1d', modelName(1), modelFile(1), keptVerdict(1), modelFile(9));
    const change = { serving: modelName(1), previous: [null], action: 'promote', why: 'test', atMs: 1 } as const;
    await storage.models.point('1d', change);
    const folder = mkdtempSync(join(tmpdir(), 'candlecast-model-backup-'));
    const path = join(folder, 'models.backup');
    await backUp(server().url, path, { version: '1.0.0', now });
    const url = await server().createDatabase();
    await restore(url, path);
    const restored = await openStorage(url, { now });
    for (const read of ['read', 'readTwin'] as const)
      expect(await restored.models[read]('1d', modelName(1))).toEqual(await storage.models[read]('1d', modelName(1)));
    expect(await restored.models.pointer('1d')).toEqual(await storage.models.pointer('1d'));
    expect(await restored.models.list('1d')).toEqual(await storage.models.list('1d'));
    await restored.close();
    rmSync(folder, { recursive: true });
  });

  describe('when something goes wrong', () => {
    afterEach(() => run('drop trigger if exists slow on models; drop trigger if exists slow on model_pointers'));
    const add = (n: number) => storage.models.add('1d', modelName(n), modelFile(n), keptVerdict(n), modelFile(n));
    const promoted = async (n: number, before: string | null) => ({
      seen: await storage.models.pointer('1d'),
      serving: modelName(n),
      previous: [before],
      action: 'promote' as const,
      why: 'test',
      atMs: n,
    });
    /** Makes writes of a table wait after they were made, before they are kept. */
    const slowDown = async (table: string) => {
      await run(`create or replace function wait() returns trigger language plpgsql as
        $$ begin perform pg_sleep(60); return null; end $$`);
      await run(`create trigger slow after insert or update on ${table} for each row execute function wait()`);
    };
    const backends = `pg_stat_activity where datname = current_database() and query ~ '^(insert|update)' and state = 'active'`;
    /** Ends the connection that writes, as the death of its process does. */
    const endTheWriter = async () => {
      const client = new pg.Client({ connectionString: server().url });
      await client.connect();
      try {
        await expect
          .poll(async () => (await client.query(`select pid from ${backends} and pid <> pg_backend_pid()`)).rowCount)
          .toBe(1);
        await client.query(`select pg_terminate_backend(pid) from ${backends} and pid <> pg_backend_pid()`);
      } finally {
        await client.end();
      }
    };

    it('a process that dies while it keeps a model leaves nothing of it', async () => {
      await run(EMPTIED);
      await add(1);
      await slowDown('models');
      const adding = add(2).catch((error: unknown) => error);
      await endTheWriter();
      expect(await adding).toMatchObject({ code: 'CC_DATABASE' });
      expect((await other.models.list('1d')).map(({ version }) => version)).toEqual([modelName(1)]);
      await expect(other.models.read('1d', modelName(2))).rejects.toMatchObject({ code: 'CC_MODEL_MISSING' });
      await run('drop trigger slow on models');
      await add(2);
      expect(await other.models.list('1d')).toHaveLength(2);
    });

    it('a process that dies while it lets a model serve changes nothing, and removes no model', async () => {
      await run(EMPTIED);
      for (const n of [1, 2, 3, 4, 5]) await add(n);
      await storage.models.point('1d', await promoted(1, null));
      await add(6);
      const before = { pointer: await other.models.pointer('1d'), stamp: await other.models.stamp('1d') };
      const kept = await other.models.list('1d');
      await slowDown('model_pointers');
      const pointing = storage.models.point('1d', await promoted(6, modelName(1))).catch((error: unknown) => error);
      await endTheWriter();
      expect(await pointing).toMatchObject({ code: 'CC_DATABASE' });
      expect({ pointer: await other.models.pointer('1d'), stamp: await other.models.stamp('1d') }).toEqual(before);
      expect(await other.models.list('1d')).toEqual(kept);
    });

    it('no model serves that another process has removed meanwhile', async () => {
      await run(EMPTIED);
      await add(1);
      const change = await promoted(1, null);
      await run('delete from models');
      await expect(storage.models.point('1d', change)).rejects.toMatchObject({ code: 'CC_MODEL_MISSING' });
      expect((await other.models.pointer('1d')).serving).toBeNull();
    });

    it('a pointer that says nothing is told, and replaced by the next change', async () => {
      await run(EMPTIED);
      await add(1);
      await storage.models.point('1d', await promoted(1, null));
      await run(`update model_pointers set pointer = '{"serving"'`);
      await expect(other.models.pointer('1d')).rejects.toMatchObject({ code: 'CC_MODEL_DAMAGED' });
      const change = { serving: modelName(1), previous: [], action: 'promote', why: 'test', atMs: 1 } as const;
      await storage.models.point('1d', change);
      expect((await other.models.pointer('1d')).serving).toBe(modelName(1));
    });

    it('a model that is larger than a line of a backup is refused', async () => {
      const file = { ...modelFile(1), weightData: new Uint8Array(9 * 2 ** 20) };
      await expect(storage.models.add('1d', modelName(1), file, null)).rejects.toMatchObject({ code: 'CC_FILE' });
    });
  });
});
