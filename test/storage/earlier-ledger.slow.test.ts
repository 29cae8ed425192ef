import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/core/logger.ts';
import { DAY_MS, HOUR_MS } from '../../src/core/time.ts';
import { backUp, restore } from '../../src/storage/backup.ts';
import type { Connection } from '../../src/storage/connection.ts';
import { migrate, migrateUp } from '../../src/storage/migrate.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { openPostgres } from '../../src/storage/postgres.ts';
import { openSqlite } from '../../src/storage/sqlite.ts';
import { START_MS } from '../support/candles.ts';
import { fillEarlierLedger } from '../support/earlier-ledger.ts';
import { unissued } from '../support/ledger.ts';
import { describeInPostgres } from '../support/postgres.ts';

const folder = mkdtempSync(join(tmpdir(), 'candlecast-causes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Place {
  readonly url: string;
  connect(): Connection;
}

/** The versions of the schema that a database may have. */
const EARLIER = ['0014-calibration-hours', '0018-widths'] as const;

async function fillEarlier({ db, kind }: Connection, until: (typeof EARLIER)[number]): Promise<string> {
  await migrateUp(db, kind, { until });
  return fillEarlierLedger(db);
}

function describeUpgrade(make: () => Promise<Place>): void {
  it.each(EARLIER)('keeps every row, mark and outcome of %s, and what protects them', async (until) => {
    const place = await make();
    const before = place.connect();
    const hash = await fillEarlier(before, until);
    await before.db.destroy();
    const after = place.connect();
    await migrate(after);
    for (const table of ['ledger', 'ledger_marks', 'outcomes']) {
      await expect(sql.raw(`delete from ${table}`).execute(after.db)).rejects.toThrow(/append-only/);
      await expect(sql.raw(`update ${table} set sequence = 9`).execute(after.db)).rejects.toThrow(/append-only/);
    }
    // Marks and outcomes still refer to rows that are there.
    const orphan = `insert into outcomes select 9, 9999, 0, actual_price, source, scored_at_ms, log_return, pinball, climatology_pinball,
      absolute_error, naive_scale, direction_hit, brier, band, level, hash from outcomes where sequence = 2`;
    await expect(sql.raw(orphan).execute(after.db)).rejects.toThrow(/foreign key/i);
    await after.db.destroy();

    const storage = await openStorage(place.url, { now: () => START_MS + 2_000 });
    const heads = async () => {
      const { heads, problem } = await storage.ledger.verify();
      expect(problem).toBeNull();
      return heads;
    };
    // The chain of the earlier version, to the last bit.
    expect(await heads()).toMatchObject({
      forecasts: { number: 701, hash },
      marks: { number: 1 },
      outcomes: { number: 3 },
    });
    const scores = (await storage.outcomes.recent(0)).map(({ sequence, revision, actualPrice }) => [
      sequence,
      revision,
      actualPrice,
    ]);
    expect(scores).toEqual([
      [1, 1, 0.3],
      [2, 0, 99],
    ]);
    expect(await storage.ledger.append([unissued({ symbol: 'C5' })], 'scheduled')).toEqual(['already']);
    expect(await storage.ledger.append([unissued({ symbol: 'C5' })], 'asked')).toEqual(['appended']);
    expect(await heads()).toMatchObject({ forecasts: { number: 702 } });
    await storage.close();
  });

  it('comes from a backup of an earlier version, and goes into one of this version', async () => {
    const place = await make();
    const before = place.connect();
    await fillEarlier(before, '0018-widths');
    await before.db.destroy();
    const by = { version: '0.0.0-test', now: () => START_MS };
    const early = join(folder, `${crypto.randomUUID()}.backup`);
    await backUp(place.url, early, by);
    const middle = await make();
    expect((await restore(middle.url, early)).ledger).toMatchObject({ rows: 701, problem: null });
    const storage = await openStorage(middle.url, { now: () => START_MS + HOUR_MS });
    await storage.ledger.append([unissued({ originMs: START_MS + HOUR_MS - 7 })], 'posted');
    await storage.close();
    const late = join(folder, `${crypto.randomUUID()}.backup`);
    await backUp(middle.url, late, by);
    const last = await make();
    expect((await restore(last.url, late)).ledger).toMatchObject({ rows: 702, problem: null });
    const restored = await openStorage(last.url, { now: () => START_MS + DAY_MS });
    expect(await restored.ledger.entries([702])).toMatchObject([{ cause: 'posted', originMs: START_MS + HOUR_MS - 7 }]);
    await restored.close();
  });

  it('refuses what was not written at once, whatever the program says', async () => {
    const place = await make();
    const connection = place.connect();
    await migrate(connection);
    const insert = (cause: string, afterMs: number) =>
      sql`insert into ledger values (1, ${cause}, 'BTC', '1d', '1d', ${START_MS}, ${START_MS + DAY_MS}, 1, ${Buffer.of(1)}, 0.5, null, 'm', 's', null,
        ${START_MS + afterMs}, ${Buffer.of(2)})`.execute(connection.db);
    await expect(insert('posted', 300_001)).rejects.toThrow(/ledger_at_once/);
    await expect(insert('invented', 0)).rejects.toThrow(/ledger_cause/);
    await insert('posted', 300_000);
    await connection.db.destroy();
  });
}

describe('the ledger of an earlier version in a SQLite file', () => {
  let files = 0;
  describeUpgrade(async () => {
    const path = join(folder, `${++files}.db`);
    return { url: `sqlite:${path}`, connect: () => openSqlite(path, 'the test database') };
  });

  it('finds forecasts that were asked for by their own index', async () => {
    const connection = openSqlite(':memory:', 'the test database');
    await migrate(connection);
    const plan = await sql<{ detail: string }>`explain query plan select sequence from ledger as l
      where l.cause in ('asked', 'posted') and l.horizon = ${'1d'} and l.origin_ms >= ${1}`.execute(connection.db);
    expect(plan.rows.map(({ detail }) => detail).join()).toContain('ledger_live');
    await connection.db.destroy();
  });
});

describeInPostgres('the ledger of an earlier version in PostgreSQL', (server) => {
  describeUpgrade(async () => {
    const url = await server().createDatabase();
    return { url, connect: () => openPostgres(url, 'the test database', silentLogger) };
  });
});
