import Sqlite from 'libsql';
import { afterAll, expect, it } from 'vitest';
import { openAuditReader } from '../../src/storage/audit-reader.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { createPageReader } from '../../src/storage/sqlite-pages.ts';
import { START_MS } from '../support/candles.ts';
import { clockAt, fillHours, HOURS } from '../support/hourly-record.ts';
import { sqliteFolder } from '../support/sqlite-files.ts';

const files = sqliteFolder();
afterAll(files.remove);

const COLUMNS = { table: 'things', key: 'id', numbers: ['whole', 'real'], texts: ['name'], blobs: ['data'] } as const;
const TABLE = 'create table things (id integer primary key, name text not null, whole bigint, real double, data blob)';

/** A file with a table, and a reader of its pages over another connection. */
async function table(...statements: readonly string[]) {
  const file = files.next();
  const path = file.url.slice('sqlite:'.length);
  for (const statement of ['pragma journal_mode = wal', ...statements]) await file.run(statement);
  const database = new Sqlite(path, { readonly: true });
  const read = createPageReader(database, COLUMNS);
  /** Rows as SQL gives them, and as the pages do. */
  const both = (from: number, to: number) => {
    const rows = read(from, to);
    const part = ({ at, length }: { at: Int32Array; length: Int32Array }, row: number) =>
      length[row] === -1 ? null : rows!.bytes.subarray(at[row], at[row]! + length[row]!);
    const pages = rows && {
      ids: [...rows.keys.subarray(0, rows.count)],
      whole: [...rows.numbers.whole.subarray(0, rows.count)],
      real: [...rows.numbers.real.subarray(0, rows.count)],
      names: Array.from({ length: rows.count }, (_, row) => String(part(rows.parts.name, row))),
      data: Array.from({ length: rows.count }, (_, row) => part(rows.parts.data, row)?.toString('hex') ?? null),
    };
    const found = database
      .prepare(
        'select id, name, whole, real, hex(data) as data, data is null as none from things where id between ? and ? order by id',
      )
      .all([from, to]) as {
      id: number;
      name: string;
      whole: number | null;
      real: number | null;
      data: string;
      none: number;
    }[];
    const sql = {
      ids: found.map(({ id }) => id),
      whole: found.map(({ whole }) => whole ?? Number.NaN),
      real: found.map(({ real }) => real ?? Number.NaN),
      names: found.map(({ name }) => name),
      data: found.map(({ data, none }) => (none ? null : data.toLowerCase())),
    };
    return { pages, sql };
  };
  return { file, both, read };
}

const MANY = `with recursive n (i) as (select 1 union all select i + 1 from n where i < 30000)
  insert into things select i, 'row ' || i, i * i * i - 1000000, i / 7.0, randomblob(i % 90) from n`;

it('reads the same rows from the pages of a table as SQL does, from any number to any other', async () => {
  const { both } = await table(TABLE, MANY, 'delete from things where id % 1000 = 17');
  for (const [from, to] of [
    [1, 2_000],
    [1_990, 2_010],
    [15_017, 15_017],
    [29_000, 40_000],
    [-5, 3],
    [50_000, 60_000],
    [7, 6],
  ] as const) {
    const { pages, sql } = both(from, to);
    expect(pages).toEqual(sql);
  }
});

it('reads whole numbers of every size, real ones, none, and bytes and texts of any kind', async () => {
  const wholes = [
    0, 1, -1, 127, -128, 32_767, -32_768, 8_388_607, -8_388_608, 2_147_483_647, -2_147_483_648, 1.4e14, -1.4e14, 9e15,
    -9e15,
  ];
  const reals = ['0.1', '-1.5e300', '5e-324', '9e999', '-9e999', '3.0', '-0.0', '1e15', 'null'];
  const { both } = await table(
    TABLE,
    ...wholes.map((whole, i) => `insert into things values (${i}, 'Grüße ${i}', ${whole}, 0.5, x'')`),
    ...reals.map((real, i) => `insert into things values (${100 + i}, '', null, ${real}, null)`),
  );
  const { pages, sql } = both(0, 200);
  expect(pages).toEqual(sql);
  expect(pages?.whole.slice(0, wholes.length)).toEqual(wholes);
});

it('sees what another connection has written, which may still be in the log beside the file', async () => {
  const { both, file } = await table(TABLE, MANY);
  await file.run("update things set name = 'changed' where id = 12");
  await file.run("insert into things values (30001, 'new', 1, 2, null)");
  expect(both(12, 12).pages?.names).toEqual(['changed']);
  expect(both(30_001, 30_001).pages?.names).toEqual(['new']);
});

it('leaves to SQL what a program like ours has not written', async () => {
  const cases: readonly (readonly string[])[] = [
    [TABLE, `insert into things values (1, hex(randomblob(3000)), 1, 1, x'')`],
    [TABLE, `insert into things values (1, 'a', 'text where a number was', 1, x'')`],
    [TABLE, `insert into things values (1, 'a', 1, 1, 'text')`],
    [TABLE, `insert into things values (1, x'00', 1, 1, x'')`],
    [TABLE, `insert into things values (1, 'a', 1, 1, x'')`, 'alter table things add column other text'],
    [`${TABLE} without rowid`, `insert into things values (1, 'a', 1, 1, x'')`],
    [TABLE.replace('integer primary key', 'int primary key'), `insert into things values (1, 'a', 1, 1, x'')`],
    [TABLE.replace('real double', 'price double'), `insert into things values (1, 'a', 1, 1, x'')`],
    ['create view things as select 1 as id'],
  ];
  for (const statements of cases) expect((await table(...statements)).read(1, 1)).toBeNull();
});

it('reads forecasts and outcomes of a record as SQL does', async () => {
  const file = files.next();
  const clock = { nowMs: START_MS };
  const storage = await openStorage(file.url, { now: clockAt(clock) });
  await fillHours(storage, clock);
  const reader = openAuditReader(file.url);
  const last = 5 * HOURS;
  const numbers = Array.from({ length: last }, (_, i) => i + 1);
  const pages = await reader.forecasts(1, last + 9);
  // Columns of pages have room for every row that was asked for.
  expect([pages.count, pages.number.length]).toEqual([last, last + 9]);
  const trim = (page: object) =>
    Object.fromEntries(
      Object.entries(page).map(([name, value]) => [
        name,
        value instanceof Float64Array ? [...value.subarray(0, last)] : value,
      ]),
    );
  expect(trim(pages)).toEqual(trim(await reader.forecastsOf(numbers)));
  const outcomes = await reader.outcomes(1, last);
  expect(outcomes.number.length).toBe(last);
  // A column more, and every row is read by SQL.
  await file.run("alter table outcomes add column note text default 'x'");
  const again = await reader.outcomes(1, last);
  expect(again.number.length).toBe(again.count);
  expect(outcomes.count).toBeGreaterThan(last / 2);
  const columnsOf = ({ count, ...page }: typeof again) =>
    Object.fromEntries(
      Object.entries(page).map(([name, value]) => [name, [...value.slice(0, name === 'hash' ? 32 * count : count)]]),
    );
  expect(columnsOf(outcomes)).toEqual(columnsOf(again));
  await reader.close();
  await storage.close();
});
