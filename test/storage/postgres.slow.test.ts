import { expect, it } from 'vitest';
import { openStorage } from '../../src/storage/open-storage.ts';
import { describeProcesses } from '../contracts/processes.ts';
import { describeStorage } from '../contracts/storage.ts';
import { START_MS } from '../support/candles.ts';
import { describeInPostgres, queryPostgres } from '../support/postgres.ts';

const now = () => START_MS;

describeInPostgres('storage in PostgreSQL', (server) => {
  describeStorage(() => openStorage(server().url, { now }));
  describeProcesses(async () => openStorage(await server().createDatabase(), { now }));

  it('says that the database does not exist', async () => {
    const url = new URL(server().url);
    url.pathname = 'nowhere';
    await expect(openStorage(url.href, { now })).rejects.toMatchObject({
      code: 'CC_DATABASE',
      message: expect.stringContaining('no database of that name'),
      remedy: expect.stringContaining('createdb'),
    });
  });

  it('refuses a database that a newer version wrote', async () => {
    const url = await server().createDatabase();
    await (await openStorage(url, { now })).close();
    await queryPostgres(url, `insert into kysely_migration values ('9999-from-the-future', '2030-01-01T00:00:00Z')`);
    await expect(openStorage(url, { now })).rejects.toMatchObject({
      code: 'CC_DATABASE',
      message: expect.stringContaining('newer version'),
    });
  });

  it('survives that the server drops idle connections', async () => {
    const storage = await openStorage(server().url, { now });
    await storage.ping();
    const others = 'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()';
    await queryPostgres(server().url, `${others} and datname = current_database()`);
    await expect.poll(() => storage.ping().then(() => 'answered')).toBe('answered');
    await storage.close();
  });
});
