import { readdirSync, readFileSync } from 'node:fs';
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { QUANTILE_LEVELS } from '../../src/core/quantiles.ts';
import { createCalibrationRepository } from '../../src/storage/calibration-repository.ts';
import { createGuard } from '../../src/storage/connection.ts';
import { MIGRATIONS, migrate, migrateUp } from '../../src/storage/migrate.ts';
import { openSqlite } from '../../src/storage/sqlite.ts';

it('lists every migration file, in the order of their numbers', () => {
  const files = readdirSync(new URL('../../src/storage/migrations/', import.meta.url))
    .map((file) => file.replace('.ts', ''))
    .sort();
  expect(Object.keys(MIGRATIONS)).toEqual(files);
  expect(files.map((name) => Number(name.slice(0, 4)))).toEqual(files.map((_, i) => i + 1));
});

it('makes exactly the tables that docs/architecture.md describes', async () => {
  const { db, ...connection } = openSqlite(':memory:', 'the test database');
  await migrate({ db, ...connection });
  const tables = (await db.introspection.getTables()).map((table) => table.name);
  await db.destroy();
  const page = readFileSync(new URL('../../docs/architecture.md', import.meta.url), 'utf8');
  const section = page.slice(page.indexOf('\n## Storage'), page.indexOf('\n## ', page.indexOf('\n## Storage') + 1));
  const rows = [...section.matchAll(/^\| `(\w+)` \|/gm)].map((row) => row[1]);
  expect(rows.sort()).toEqual(tables.sort());
});

it('keeps what an earlier version has learnt about days as that of days which end at midnight', async () => {
  const connection = openSqlite(':memory:', 'the test database');
  await migrateUp(connection.db, 'sqlite', { until: '0013-privacy' });
  const horizons = [{ shift: QUANTILE_LEVELS.map((level) => level / 7), pending: [] }];
  await sql`insert into calibrations (symbol, interval, model, until_ms, horizons)
    values ('BTC', '1d', 'a', 86400000, ${JSON.stringify(horizons)})`.execute(connection.db);
  await migrate(connection);
  const calibrations = createCalibrationRepository(connection.db, createGuard('the test database', []));
  expect(await calibrations.get('BTC', '1d', 'a')).toEqual({ untilMs: 86_400_000, horizons });
  expect(await calibrations.get('BTC', '1d', 'a', 1)).toBeNull();
  await connection.db.destroy();
});
