import { existsSync, rmSync } from 'node:fs';
import { CompiledQuery, type Kysely, type RawBuilder, sql } from 'kysely';
import { CandlecastError } from '../core/errors.ts';
import { silentLogger } from '../core/logger.ts';
import type { Clock } from '../core/time.ts';
import { type BackupEnd, type BackupPart, type Cell, readBackup, writeBackup } from './backup-file.ts';
import { type Bytes, base64Of } from './bytes.ts';
import { headOf } from './chain-ends.ts';
import {
  type Connection,
  createGuard,
  type DatabaseTarget,
  MEMORY_PATH,
  parseDatabaseUrl,
  secretsOf,
} from './connection.ts';
import { MIGRATIONS, migrateUp, migrationsOf } from './migrate.ts';
import { LONG_POSTGRES_LIMITS, openPostgres } from './postgres.ts';
import type { Database, DatabaseKind } from './schema.ts';
import { openSqlite } from './sqlite.ts';
import { verifyRecord } from './verify-record.ts';

/** What a backup holds, or what was brought back. */
export interface BackupSummary {
  /** The database, without secrets. */
  readonly database: string;
  readonly rows: number;
  readonly tables: number;
  /** When the backup was made, ms. */
  readonly atMs: number;
  /** Rows of the ledger, and what is wrong with its chain; null where there is no ledger yet. */
  readonly ledger: BackupEnd['ledger'];
}

const ROWS_AT_ONCE = 1_000;
/** Variables of one statement, far below SQLite's 32,766 and PostgreSQL's 65,535. */
const VARIABLES_AT_ONCE = 10_000;

/**
 * Copies the whole database into a new file, as it is at one moment, while others write to it. Needs memory for a thousand rows. Throws `CC_DATABASE`,
 * `CC_CONFIG_INVALID` and `CC_FILE`.
 */
export async function backUp(
  databaseUrl: string,
  path: string,
  { version, now }: { readonly version: string; readonly now: Clock },
): Promise<BackupSummary> {
  const target = parseDatabaseUrl(databaseUrl);
  if (target.kind === 'sqlite' && (target.path === MEMORY_PATH || !existsSync(target.path))) {
    throw new CandlecastError('CC_DATABASE', `There is no database to copy: ${target.label} does not exist.`, {
      remedy: 'Correct DATABASE_URL; the first start of the bot makes the file.',
    });
  }
  return onDatabase(target, 'copy', async (connection) => {
    const { db, kind, label } = connection;
    return db
      .transaction()
      .setIsolationLevel('repeatable read')
      .setAccessMode('read only')
      .execute(async (transaction) => {
        const migrations = await migrationsOf({ ...connection, db: transaction });
        if (migrations.length === 0) {
          throw new CandlecastError('CC_DATABASE', `There is nothing to copy: ${label} has no tables of Candlecast.`, {
            remedy: 'Correct DATABASE_URL; the first start of the bot makes them.',
          });
        }
        const atMs = now();
        const shapes = await shapesAt(migrations);
        const end = await writeBackup(path, { version, atMs, database: kind, migrations: [...migrations] }, () =>
          readTables(transaction, shapes),
        );
        return summary(label, atMs, end);
      });
  });
}

/**
 * Reads a backup whole and then brings it back into an empty database of either kind, which is made where there is none; all or nothing, and verified
 * before it counts: the number of rows of every table and the chains of the ledger. Throws `CC_BACKUP`, `CC_DATABASE`, `CC_CONFIG_INVALID`, `CC_FILE`.
 */
export async function restore(databaseUrl: string, path: string): Promise<BackupSummary> {
  const target = parseDatabaseUrl(databaseUrl);
  if (target.kind === 'sqlite' && target.path === MEMORY_PATH) {
    throw new CandlecastError(
      'CC_CONFIG_INVALID',
      'DATABASE_URL keeps the database in memory, which ends with this command.',
    );
  }
  const { header, end } = await readWhole(path);
  const isNew = target.kind === 'sqlite' && !existsSync(target.path);
  try {
    return await onDatabase(target, 'restore', async (connection) => {
      const shapes = await shapesAt(header.migrations);
      await inOneTransaction(connection, async (db) => {
        await requireEmpty({ ...connection, db }, header.migrations);
        await migrateUp(db, connection.kind, { until: header.migrations.at(-1)!, inTransaction: true });
        await writeTables(db, connection.kind, path, shapes);
        await verifyCounts(db, path, end);
        // Before it counts, so that the record is verified as this version keeps it.
        await migrateUp(db, connection.kind, { inTransaction: true });
        await verifyLedger(db, path, end);
      });
      return summary(connection.label, header.atMs, end);
    });
  } catch (error) {
    if (isNew) for (const suffix of ['', '-wal', '-shm']) rmSync(target.path + suffix, { force: true });
    throw error;
  }
}

function summary(database: string, atMs: number, { rows, ledger }: BackupEnd): BackupSummary {
  const counts = Object.values(rows);
  return { database, atMs, ledger, tables: counts.length, rows: counts.reduce((sum, count) => sum + count, 0) };
}

async function onDatabase<T>(target: DatabaseTarget, action: string, step: (connection: Connection) => Promise<T>) {
  const { label } = target;
  const guard = createGuard(label, target.kind === 'postgres' ? secretsOf(target) : []);
  const connection =
    target.kind === 'sqlite'
      ? openSqlite(target.path, label)
      : openPostgres(target.url, label, silentLogger, LONG_POSTGRES_LIMITS);
  try {
    return await guard(action, () => step(connection));
  } finally {
    await connection.db.destroy();
  }
}

/** Checks the whole file before anything is changed, and returns what it holds. */
async function readWhole(path: string) {
  const backup = await readBackup(path);
  const unknown = backup.header.migrations.filter((name) => !Object.hasOwn(MIGRATIONS, name));
  if (unknown.length > 0) {
    throw new CandlecastError('CC_BACKUP', `A newer version of Candlecast wrote ${path}.`, {
      remedy: `Update this copy of Candlecast to ${backup.header.version} or later. Nothing was changed.`,
      context: { unknown },
    });
  }
  const parts = backup.parts();
  for (;;) {
    const next = await parts.next();
    if (next.done) return { header: backup.header, end: next.value };
  }
}

/** A table and its columns. */
interface Shape {
  readonly table: string;
  readonly columns: readonly string[];
  /** The columns of its primary key, in order. */
  readonly key: readonly string[];
}

/** The tables after these migrations, each after those it refers to; read off an empty database in memory that has had the same. */
async function shapesAt(migrations: readonly string[]): Promise<readonly Shape[]> {
  const { db } = openSqlite(MEMORY_PATH, 'an empty database in memory');
  try {
    await migrateUp(db, 'sqlite', { until: migrations.at(-1)!, inTransaction: false });
    const tables = await db.introspection.getTables();
    const references = await sql<{ child: string; parent: string }>`
      select m.name as child, f."table" as parent
      from sqlite_master as m, pragma_foreign_key_list(m.name) as f where m.type = 'table'`.execute(db);
    const keys = await sql<{ name: string; column: string }>`
      select m.name, c.name as "column"
      from sqlite_master as m, pragma_table_info(m.name) as c where m.type = 'table' and c.pk > 0 order by c.pk`.execute(
      db,
    );
    const ordered = new Map<string, Shape>();
    const add = (name: string): void => {
      const found = tables.find((table) => table.name === name && !table.isView);
      if (!found || ordered.has(name)) return;
      for (const { child, parent } of references.rows) if (child === name && parent !== name) add(parent);
      const key = keys.rows.filter((one) => one.name === name).map(({ column }) => column);
      if (key.length === 0) throw new TypeError(`The table ${name} has no primary key, so it cannot be copied.`);
      ordered.set(name, { table: name, columns: found.columns.map((column) => column.name), key });
    };
    // What it says is about the program, not about what is kept; migrating writes it anew.
    for (const { name } of tables) if (name !== 'schema_readers') add(name);
    return [...ordered.values()];
  } finally {
    await db.destroy();
  }
}

async function* readTables(db: Kysely<Database>, shapes: readonly Shape[]): AsyncGenerator<BackupPart, BackupEnd> {
  const counts: Record<string, number> = {};
  for (const shape of shapes) {
    const { table, columns } = shape;
    yield { table, columns };
    let count = 0;
    for await (const rows of pages(db, shape)) {
      count += rows.length;
      yield { rows: rows.map((row) => columns.map((column) => toCell(row[column] ?? null))) };
    }
    counts[table] = count;
  }
  return { rows: counts, ledger: await ledgerOf(db, shapes) };
}

/** Bytes are kept as an object, which no other cell is. */
const toCell = (value: Cell | Bytes): Cell =>
  value === null || typeof value !== 'object' || 'base64' in value ? value : { base64: base64Of(value) };

const fromCell = (cell: Cell) =>
  cell !== null && typeof cell === 'object' ? Buffer.from(cell.base64, 'base64') : cell;

type Row = Readonly<Record<string, Cell | Bytes>>;

/** Pages by the primary key, which both databases find the next rows by. */
async function* pages(db: Kysely<Database>, { table, columns, key }: Shape): AsyncGenerator<readonly Row[]> {
  const refs = (names: readonly string[]) => sql.join(names.map((name) => sql.ref(name)));
  let after: readonly Cell[] | null = null;
  for (;;) {
    const where: RawBuilder<unknown> = after === null ? sql`` : sql`where (${refs(key)}) > (${sql.join(after)})`;
    const page: RawBuilder<Row> = sql<Row>`
      select ${refs(columns)} from ${sql.table(table)} ${where} order by ${refs(key)} limit ${sql.lit(ROWS_AT_ONCE)}`;
    const { rows } = await page.execute(db);
    const last = rows.at(-1);
    if (last) yield rows;
    if (!last || rows.length < ROWS_AT_ONCE) return;
    after = key.map((column) => toCell(last[column] ?? null));
  }
}

async function ledgerOf(db: Kysely<Database>, shapes: readonly Shape[]): Promise<BackupEnd['ledger']> {
  const columnsOf = (name: string) => shapes.find(({ table }) => table === name)?.columns;
  if (!columnsOf('ledger')) return null;
  if (columnsOf('checkpoints')?.includes('calls')) return verifiedLedger(db);
  // Of an earlier version: it is verified when it is restored.
  const { number: rows, hash } = await headOf(db, 'forecasts');
  return { rows, head: rows > 0 ? hash : null, problem: null };
}

async function verifiedLedger(db: Kysely<Database>): Promise<NonNullable<BackupEnd['ledger']>> {
  const { heads, problem } = await verifyRecord(db);
  const { number: rows, hash } = heads.forecasts;
  return { rows, head: rows > 0 ? hash : null, problem };
}

/** Kysely's own transactions do not let a migration run inside them. */
async function inOneTransaction({ db }: Connection, step: (db: Kysely<Database>) => Promise<void>): Promise<void> {
  await db.connection().execute(async (connection) => {
    await sql`begin`.execute(connection);
    try {
      await step(connection);
      await sql`commit`.execute(connection);
    } catch (error) {
      // The first failure is reported.
      await sql`rollback`.execute(connection).catch(() => undefined);
      throw error;
    }
  });
}

async function requireEmpty(connection: Connection, migrations: readonly string[]): Promise<void> {
  const { db, label } = connection;
  const done = await migrationsOf(connection);
  const there = new Set((await db.introspection.getTables()).map((table) => table.name));
  const known = (await shapesAt(Object.keys(MIGRATIONS))).map(({ table }) => table).filter((table) => there.has(table));
  const remedy =
    'Set DATABASE_URL to an empty database or to a file that is not there yet, restore into it, and keep the old one until you have looked at the new one.';
  for (const table of known) {
    const { rows } = await sql`select 1 as one from ${sql.table(table)} limit 1`.execute(db);
    if (rows.length === 0) continue;
    throw new CandlecastError(
      'CC_BACKUP',
      `A backup is only restored into an empty database, and ${label} holds rows in ${table}.`,
      {
        remedy,
      },
    );
  }
  if (known.length > 0 && done.join() !== migrations.join()) {
    throw new CandlecastError(
      'CC_BACKUP',
      `${label} has empty tables of another version of Candlecast than the backup.`,
      {
        remedy,
      },
    );
  }
}

async function writeTables(
  db: Kysely<Database>,
  kind: DatabaseKind,
  path: string,
  shapes: readonly Shape[],
): Promise<void> {
  let into: Shape | null = null;
  for await (const part of partsOf(path)) {
    if ('rows' in part) await insert(db, kind, into!, part.rows);
    else {
      const shape = shapes.find(({ table }) => table === part.table);
      if (!shape || part.columns.some((column) => !shape.columns.includes(column))) {
        throw new CandlecastError('CC_BACKUP', `${path} is damaged: there is no such table as it names.`);
      }
      into = { ...shape, columns: part.columns };
    }
  }
}

async function* partsOf(path: string): AsyncGenerator<BackupPart> {
  yield* (await readBackup(path)).parts();
}

async function insert(
  db: Kysely<Database>,
  kind: DatabaseKind,
  { table, columns }: Shape,
  rows: readonly (readonly Cell[])[],
) {
  const atOnce = Math.floor(VARIABLES_AT_ONCE / columns.length);
  for (let start = 0; start < rows.length; start += atOnce) {
    const chunk = rows.slice(start, start + atOnce);
    let number = 0;
    const variable = () => (kind === 'sqlite' ? '?' : `$${++number}`);
    const values = chunk.map((row) => `(${row.map(variable).join(',')})`).join(',');
    const names = columns.map((column) => `"${column}"`).join(',');
    await db.executeQuery(
      CompiledQuery.raw(`insert into "${table}" (${names}) values ${values}`, chunk.flat().map(fromCell)),
    );
  }
}

const wrongly = (path: string, what: string) =>
  new CandlecastError('CC_BACKUP', `What was restored from ${path} is not what it holds: ${what}.`, {
    remedy: 'Nothing was changed. Please report it with the message.',
  });

/** Compares the rows that are in the database now with what the backup said it held. */
async function verifyCounts(db: Kysely<Database>, path: string, end: BackupEnd): Promise<void> {
  for (const [table, count] of Object.entries(end.rows)) {
    const { rows } = await sql<{ count: number }>`select count(*) as count from ${sql.table(table)}`.execute(db);
    const found = Number(rows[0]!.count);
    if (found !== count) throw wrongly(path, `${found} of ${count} rows of ${table}`);
  }
}

/** The same of the record. */
async function verifyLedger(db: Kysely<Database>, path: string, { ledger }: BackupEnd): Promise<void> {
  if (ledger === null) return;
  const { rows, head, problem } = await verifiedLedger(db);
  if (rows !== ledger.rows || head !== ledger.head || problem !== ledger.problem) {
    throw wrongly(path, `the ledger, ${problem ?? `which has ${rows} rows`}`);
  }
}
