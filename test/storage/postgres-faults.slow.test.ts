import { sql } from 'kysely';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { silentLogger } from '../../src/core/logger.ts';
import { createCandleRepository } from '../../src/storage/candle-repository.ts';
import { type Connection, createGuard } from '../../src/storage/connection.ts';
import { migrate } from '../../src/storage/migrate.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { openPostgres } from '../../src/storage/postgres.ts';
import { START_MS, sourced, walk } from '../support/candles.ts';
import { unissued, verdictOf } from '../support/ledger.ts';
import { describeInOwnPostgres, queryPostgres } from '../support/postgres.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';

const now = () => START_MS;
/** Short ones, so that a silent connection is given up within a second. */
const LIMITS = { connectMs: 2_000, statementMs: 800, answerMs: 1_000, closeMs: 300 };

describeInOwnPostgres('PostgreSQL that breaks off', (server) => {
  let proxy: TcpProxy;
  let connection: Connection;

  beforeEach(async () => {
    const url = await server().createDatabase();
    await (await openStorage(url, { now })).close();
    proxy = await TcpProxy.start(url);
    connection = openPostgres(proxy.url, 'the test database', silentLogger, LIMITS);
    await migrate(connection);
  });
  afterEach(async () => {
    await connection.db.destroy();
    proxy.close();
  });

  const guard = createGuard('the test database', []);
  const candles = () => createCandleRepository(connection.db, guard, 'live');
  /** As many connections as the pool may have, all open. */
  const openAll = () => Promise.all(Array.from({ length: 5 }, () => sql`select pg_sleep(0.05)`.execute(connection.db)));

  it('reads over a new connection when those it has fell silent', async () => {
    await candles().upsert('BTC', '1d', sourced(walk(3)));
    await openAll();
    proxy.silence();
    expect(await candles().count()).toBe(3);
    // One time limit is paid, not one for each of the five.
    const counts = await Promise.all(Array.from({ length: 8 }, () => candles().count()));
    expect(counts).toEqual(Array.from({ length: 8 }, () => 3));
  });

  it('fails in the middle of a transaction with the reason, and writes it at the next attempt', async () => {
    const write = (then: () => void) =>
      guard('write to', () =>
        connection.db.transaction().execute(async (transaction) => {
          await sql`select 1`.execute(transaction);
          then();
          await sql`insert into key_value (key, value) values ('a', '1')`.execute(transaction);
        }),
      );
    await expect(write(() => proxy.silence())).rejects.toMatchObject({
      code: 'CC_DATABASE',
      message: expect.stringContaining('the server does not answer'),
      retryable: true,
    });
    await write(() => {});
    const kept = await sql<{ n: number }>`select count(*) as n from key_value`.execute(connection.db);
    expect(kept.rows).toEqual([{ n: 1 }]);
  });

  it('ends a statement that waits for a lock, and keeps the connection', async () => {
    const pids = () => sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(connection.db);
    const before = (await pids()).rows;
    const locked = connection.db.transaction().execute(async (transaction) => {
      await sql`lock table candles in access exclusive mode`.execute(transaction);
      await expect(candles().count()).rejects.toMatchObject({
        code: 'CC_DATABASE',
        message: expect.stringContaining('took too long'),
        retryable: true,
      });
    });
    await locked;
    expect(await candles().count()).toBe(0);
    expect(before).toHaveLength(1);
  });

  it('closes although its connections are silent and a statement is under way', async () => {
    await openAll();
    proxy.silence();
    proxy.silentFromNow = true;
    const reading = candles()
      .count()
      .catch((error: unknown) => error);
    await connection.db.destroy();
    expect(await reading).toMatchObject({ code: 'CC_DATABASE' });
  });

  it('outlives that the server ends a connection which is in use', async () => {
    const write = guard('write to', () =>
      connection.db.transaction().execute(async (transaction) => {
        const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(transaction);
        await queryPostgres(server().url, `select pg_terminate_backend(${rows[0]!.pid})`);
        // Nothing listens for a moment: the error must not reach the process.
        await new Promise((resolve) => setTimeout(resolve, 50));
        await sql`insert into key_value (key, value) values ('a', '1')`.execute(transaction);
      }),
    );
    await expect(write).rejects.toMatchObject({ code: 'CC_DATABASE', retryable: true });
    expect(await candles().count()).toBe(0);
  });

  it('loses nothing of the ledger and breaks no chain when it is restarted in the middle of a row', async () => {
    const { restart } = server();
    const storage = await openStorage(await server().createDatabase(), { now });
    const forecasts = ['BTC', 'ETH', 'SOL'].map((symbol) => unissued({ symbol }));
    await storage.ledger.append(forecasts.slice(0, 1), 'scheduled');
    const appending = storage.ledger.append(forecasts, 'scheduled').catch((error: unknown) => error);
    await restart();
    // It was in time, or says that the server went away: the next attempt brings what is missing.
    const first = await appending;
    if (!Array.isArray(first)) expect(first).toMatchObject({ code: 'CC_DATABASE', retryable: true });
    await expect.poll(() => storage.ledger.append(forecasts, 'scheduled').catch(() => null)).not.toBeNull();
    expect(await storage.ledger.append(forecasts, 'scheduled')).toEqual(['already', 'already', 'already']);
    expect(await verdictOf(storage.ledger)).toMatchObject({ rows: 3, problem: null });
    await storage.close();
  });
});
