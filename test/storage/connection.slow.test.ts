import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { sql } from 'kysely';
import Sqlite from 'libsql';
import { afterAll, describe, expect, it } from 'vitest';
import { CandlecastError, errorLine } from '../../src/core/errors.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { createCandleRepository } from '../../src/storage/candle-repository.ts';
import { createGuard, parseDatabaseUrl } from '../../src/storage/connection.ts';
import { migrate } from '../../src/storage/migrate.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { openSqlite } from '../../src/storage/sqlite.ts';
import { START_MS, sourced, walk } from '../support/candles.ts';

const folder = mkdtempSync(join(tmpdir(), 'candlecast-errors-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const now = () => START_MS;

const isPosix = process.platform !== 'win32';
const NOBODY = 65_534;

/** Does a step as a user whom permissions bind: root, as whom containers run tests, becomes one meanwhile. */
async function asPlainUser<T>(step: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return step();
  chmodSync(folder, 0o755);
  process.seteuid!(NOBODY);
  try {
    return await step();
  } finally {
    process.seteuid!(0);
  }
}

async function failure(step: Promise<unknown>): Promise<CandlecastError> {
  const error = await step.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(CandlecastError);
  return error as CandlecastError;
}

describe('a database that cannot be used is reported with its remedy', () => {
  it('when the folder cannot be made', async () => {
    writeFileSync(join(folder, 'plain'), '');
    const error = await failure(openStorage(`sqlite:${join(folder, 'plain/sub/candlecast.db')}`, { now }));
    expect(error).toMatchObject({ code: 'CC_DATABASE', message: expect.stringContaining('cannot be opened') });
    expect(error.remedy).toContain('Check that the folder exists');
  });

  it.skipIf(!existsSync('/proc/self'))('when it should be made where nobody can write', async () => {
    const error = await failure(openStorage('sqlite:/proc/nowhere/candlecast.db', { now }));
    expect(error).toMatchObject({ code: 'CC_DATABASE', message: expect.stringContaining('cannot be opened') });
  });

  describe.skipIf(!isPosix)('for want of permission', () => {
    it('when the folder may not be written', async () => {
      const closed = join(folder, 'closed');
      mkdirSync(closed);
      chmodSync(closed, 0o555);
      const error = await asPlainUser(() =>
        failure(openStorage(`sqlite:${join(closed, 'sub/candlecast.db')}`, { now })),
      );
      expect(error).toMatchObject({ code: 'CC_DATABASE', remedy: expect.stringContaining('permission') });
    });

    it('when the file may only be read', async () => {
      const path = join(folder, 'read-only', 'one.db');
      await (await openStorage(`sqlite:${path}`, { now })).close();
      chmodSync(join(folder, 'read-only'), 0o555);
      chmodSync(path, 0o444);
      const content = readFileSync(path);
      const error = await asPlainUser(() => failure(openStorage(`sqlite:${path}`, { now })));
      expect(error).toMatchObject({ code: 'CC_DATABASE', message: expect.stringContaining('read-only') });
      expect(error.remedy).toContain('permission');
      expect(readFileSync(path).equals(content)).toBe(true);
    });
  });

  it('when the path is a folder', async () => {
    const error = await failure(openStorage(`sqlite:${folder}`, { now }));
    expect(error).toMatchObject({ code: 'CC_DATABASE', message: expect.stringContaining('cannot be opened') });
  });

  it('when the file is no database, which is left as it is', async () => {
    const path = join(folder, 'damaged.db');
    const content = 'this is no database'.repeat(300);
    writeFileSync(path, content);
    const error = await failure(openStorage(`sqlite:${path}`, { now }));
    expect(error).toMatchObject({ code: 'CC_DATABASE', message: expect.stringContaining('damaged') });
    expect(error.remedy).toContain('backup');
    expect(readFileSync(path, 'utf8')).toBe(content);
  });

  it('when a newer version wrote it, which is left as it is', async () => {
    const path = join(folder, 'newer.db');
    await (await openStorage(`sqlite:${path}`, { now })).close();
    const database = new Sqlite(path);
    database.exec(`insert into kysely_migration values ('9999-from-the-future', '2030-01-01T00:00:00Z')`);
    database.close();
    const error = await failure(openStorage(`sqlite:${path}`, { now }));
    expect(error).toMatchObject({ code: 'CC_DATABASE', context: { unknownMigrations: ['9999-from-the-future'] } });
    expect(error.remedy).toContain('Update');
  });

  it('but not when a newer version wrote it and says that this one can go on, as during a rolling deployment', async () => {
    const path = join(folder, 'rolling.db');
    await (await openStorage(`sqlite:${path}`, { now })).close();
    const database = new Sqlite(path);
    database.exec(`insert into kysely_migration values ('9999-from-the-future', '2030-01-01T00:00:00Z')`);
    database.close();
    const refused = await failure(openStorage(`sqlite:${path}`, { now }));
    expect(refused.code).toBe('CC_DATABASE');
    const later = new Sqlite(path);
    later.exec(`update schema_readers set newest = '9999-from-the-future'`);
    later.close();
    const warnings: string[] = [];
    const logger = { ...silentLogger, warn: (_facts: object, message: string) => void warnings.push(message) };
    const storage = await openStorage(`sqlite:${path}`, { now, logger });
    expect(await storage.candles.upsert('BTC', '1d', sourced(walk(3)))).toBe(3);
    await storage.close();
    expect(warnings.join()).toContain('newer version');
    const broken = new Sqlite(path);
    broken.exec(`update schema_readers set since = '9999-from-the-future'`);
    broken.close();
    expect((await failure(openStorage(`sqlite:${path}`, { now }))).message).toContain('newer version');
  });

  it('when the disk is full, and then what was stored before is intact', async () => {
    const connection = openSqlite(join(folder, 'full.db'), 'the test database');
    await migrate(connection);
    const pages = await sql<{ page_count: number }>`pragma page_count`.execute(connection.db);
    await sql.raw(`pragma max_page_count = ${pages.rows[0]!.page_count + 15}`).execute(connection.db);
    const candles = createCandleRepository(connection.db, createGuard(connection.label, []), 'live');
    await candles.upsert('BTC', '1d', sourced(walk(100)));
    const error = await failure(candles.upsert('ETH', '1d', sourced(walk(5_000))));
    expect(error).toMatchObject({ code: 'CC_DATABASE', message: expect.stringContaining('disk is full') });
    expect(await candles.count()).toBe(100);
    await sql`pragma max_page_count = 4000`.execute(connection.db);
    expect(await candles.upsert('ETH', '1d', sourced(walk(5_000)))).toBe(5_000);
    await connection.db.destroy();
  });

  it('when another program holds it locked, says that a retry may help, and works once it is free', async () => {
    const path = join(folder, 'locked.db');
    const connection = openSqlite(path, 'the test database', 20);
    await migrate(connection);
    const candles = createCandleRepository(connection.db, createGuard(connection.label, []), 'live');
    const other = new Sqlite(path);
    other.exec('begin immediate');
    const error = await failure(candles.upsert('BTC', '1d', sourced(walk(1))));
    expect(error).toMatchObject({ code: 'CC_DATABASE', retryable: true });
    expect(await candles.count()).toBe(0);
    other.exec('rollback');
    expect(await candles.upsert('BTC', '1d', sourced(walk(1)))).toBe(1);
    expect(other.prepare('select count(*) as n from candles').all([])).toEqual([{ n: 1 }]);
    other.close();
    await connection.db.destroy();
  });

  it('when it was closed', async () => {
    const storage = await openStorage('sqlite::memory:', { now });
    await storage.close();
    expect(await failure(storage.ping())).toMatchObject({ code: 'CC_DATABASE' });
  });
});

describe('the password in the address of PostgreSQL', () => {
  const PASSWORD = 'hunter2/s3cret%';
  const urlTo = (port: number) => `postgres://someone:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/candles`;
  const expectNoSecret = (error: CandlecastError) => {
    const everything = inspect(error, { depth: 20, showHidden: true }) + errorLine(error) + JSON.stringify(error);
    expect(everything).not.toContain(PASSWORD);
    expect(everything).not.toContain(encodeURIComponent(PASSWORD));
  };

  it('is in no error when the server is down', async () => {
    const error = await failure(openStorage(urlTo(1), { now }));
    expect(error).toMatchObject({ code: 'CC_DATABASE', retryable: true });
    expect(error.message).toContain('PostgreSQL database candles at 127.0.0.1:1: the server does not answer');
    expectNoSecret(error);
  });

  it('is in no error when what answers is no PostgreSQL', async () => {
    const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address() as { port: number };
    const error = await failure(openStorage(urlTo(address.port), { now }));
    expect(error.code).toBe('CC_DATABASE');
    expectNoSecret(error);
    server.close();
  });

  it('is in no error when the address cannot be parsed', async () => {
    const error = await failure(openStorage(`postgres://someone:${PASSWORD}@[broken`, { now }));
    expect(error.code).toBe('CC_CONFIG_INVALID');
    expectNoSecret(error);
  });

  it('is in no error when a driver repeats it', () => {
    const guard = createGuard('PostgreSQL', [PASSWORD]);
    const step = () => Promise.reject(new Error(`cannot use ${PASSWORD} of postgres://me:other-one@host/db`));
    return failure(guard('open', step)).then((error) => {
      expectNoSecret(error);
      expect(inspect(error)).not.toContain('other-one');
    });
  });
});

describe('parseDatabaseUrl', () => {
  it('understands files, memory and PostgreSQL', () => {
    expect(parseDatabaseUrl('sqlite:data/a.db')).toMatchObject({ kind: 'sqlite', path: 'data/a.db' });
    expect(parseDatabaseUrl('sqlite:///var/a.db')).toMatchObject({ path: '/var/a.db' });
    expect(parseDatabaseUrl('sqlite::memory:')).toMatchObject({ path: ':memory:' });
    expect(parseDatabaseUrl('postgresql://h/db')).toMatchObject({ label: 'the PostgreSQL database db at h:5432' });
  });

  it.each(['', 'sqlite:', 'mysql://h/db', 'data/candlecast.db', 'postgres:/broken'])('refuses %j', (text) => {
    expect(() => parseDatabaseUrl(text)).toThrow(expect.objectContaining({ code: 'CC_CONFIG_INVALID' }));
  });
});
