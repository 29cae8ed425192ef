import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStorage } from '../../src/storage/open-storage.ts';
import { describeStorage } from '../contracts/storage.ts';
import { START_MS } from '../support/candles.ts';
import { findPostgres, type PostgresServer, startPostgres } from '../support/postgres.ts';

const now = () => START_MS;

describe.skipIf(findPostgres() === null)('storage in PostgreSQL (needs a server or its binaries)', () => {
  let server: PostgresServer;
  const database = `candlecast_${randomUUID().replaceAll('-', '')}`;
  const query = async (statement: string) => {
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    await client.query(statement);
    await client.end();
  };
  const urlTo = (change: (url: URL) => void) => {
    const url = new URL(server.url);
    url.pathname = database;
    change(url);
    return url.href;
  };

  beforeAll(async () => {
    server = await startPostgres();
    await query(`create database ${database}`);
  }, 60_000);
  afterAll(async () => {
    if (!server) return;
    await query(`drop database ${database} with (force)`);
    server.stop();
  });

  describeStorage(() =>
    openStorage(
      urlTo(() => {}),
      { now },
    ),
  );

  it('says that the database does not exist', async () => {
    const url = urlTo((to) => {
      to.pathname = 'nowhere';
    });
    await expect(openStorage(url, { now })).rejects.toMatchObject({
      code: 'CC_DATABASE',
      message: expect.stringContaining('no database of that name'),
      remedy: expect.stringContaining('createdb'),
    });
  });

  it('refuses a database that a newer version wrote and leaves it as it is', async () => {
    const newer = `${database}_newer`;
    await query(`create database ${newer}`);
    const url = urlTo((to) => {
      to.pathname = newer;
    });
    await (await openStorage(url, { now })).close();
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(`insert into kysely_migration values ('9999-from-the-future', '2030-01-01T00:00:00Z')`);
    await client.end();
    await expect(openStorage(url, { now })).rejects.toMatchObject({
      code: 'CC_DATABASE',
      message: expect.stringContaining('newer version'),
    });
    await query(`drop database ${newer} with (force)`);
  });
});
