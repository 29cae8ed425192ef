import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { MIGRATIONS, migrate } from '../../src/storage/migrate.ts';
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
