import { createHash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { priceBytes } from '../bytes.ts';
import type { DatabaseKind } from '../schema.ts';

const ROWS_AT_ONCE = 1_000;
const NO_HASH = '0'.repeat(64);
const CHAINS = ['ledger', 'ledger_marks', 'outcomes', 'model_cards', 'checkpoints'] as const;
/** Forecasts from closes are of one kind, whoever caused them; those that were asked for and those of posts are two more. */
const KIND = "case when cause in ('asked', 'posted') then cause else 'close' end";

/** A row as it is in the database. */
type Row = Record<string, string | number | null>;

/**
 * Chains outcomes, model cards and checkpoints as forecasts and marks are chained, and stores numbers and hashes as bytes. Every forecast and mark
 * keeps its number and hash; outcomes of earlier versions are chained in the order in which they were written.
 */
export async function up(db: Kysely<unknown>, kind: DatabaseKind): Promise<void> {
  const bytes = sql.raw(kind === 'sqlite' ? 'blob' : 'bytea');
  await db.schema
    .createTable('ledger_new')
    .addColumn('sequence', 'integer', (column) => column.notNull().primaryKey())
    .addColumn('cause', 'text', (column) => column.notNull())
    .addColumn('symbol', 'text', (column) => column.notNull())
    .addColumn('interval', 'text', (column) => column.notNull())
    .addColumn('horizon', 'text', (column) => column.notNull())
    .addColumn('origin_ms', 'bigint', (column) => column.notNull())
    .addColumn('target_ms', 'bigint', (column) => column.notNull())
    .addColumn('last_price', 'double precision', (column) => column.notNull())
    .addColumn('quantiles', bytes, (column) => column.notNull())
    .addColumn('p_up', 'double precision', (column) => column.notNull())
    .addColumn('climatology', bytes)
    .addColumn('model', 'text', (column) => column.notNull())
    .addColumn('source', 'text', (column) => column.notNull())
    .addColumn('sentiment_share', 'double precision')
    .addColumn('issued_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('hash', bytes, (column) => column.notNull())
    .addCheckConstraint('ledger_before_outcome', sql`issued_at_ms >= origin_ms and issued_at_ms < target_ms`)
    .addCheckConstraint('ledger_cause', sql`cause in ('scheduled', 'on-demand', 'asked', 'posted')`)
    .addCheckConstraint('ledger_at_once', sql`cause not in ('asked', 'posted') or issued_at_ms - origin_ms <= 300000`)
    .execute();
  await db.schema
    .createTable('ledger_marks_new')
    .addColumn('number', 'integer', (column) => column.notNull().primaryKey())
    .addColumn('sequence', 'integer', (column) => column.notNull().unique())
    .addColumn('row_hash', bytes, (column) => column.notNull())
    .addColumn('marked_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('hash', bytes, (column) => column.notNull())
    .addForeignKeyConstraint('ledger_marks_sequence_fkey', ['sequence'], 'ledger_new', ['sequence'])
    .execute();
  await db.schema
    .createTable('outcomes_new')
    .addColumn('number', 'integer', (column) => column.notNull().primaryKey())
    .addColumn('sequence', 'integer', (column) => column.notNull())
    .addColumn('revision', 'integer', (column) => column.notNull())
    .addColumn('actual_price', 'double precision', (column) => column.notNull())
    .addColumn('source', 'text', (column) => column.notNull())
    .addColumn('scored_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('log_return', 'double precision', (column) => column.notNull())
    .addColumn('pinball', 'double precision', (column) => column.notNull())
    .addColumn('climatology_pinball', 'double precision')
    .addColumn('absolute_error', 'double precision', (column) => column.notNull())
    .addColumn('naive_scale', 'double precision')
    .addColumn('direction_hit', 'integer', (column) => column.notNull())
    .addColumn('brier', 'double precision', (column) => column.notNull())
    .addColumn('band', 'integer')
    .addColumn('level', 'double precision', (column) => column.notNull())
    .addColumn('hash', bytes, (column) => column.notNull())
    .addForeignKeyConstraint('outcomes_sequence_fkey', ['sequence'], 'ledger_new', ['sequence'])
    .execute();
  await copyForecasts(db);
  await copyMarks(db);
  await copyOutcomes(db);
  // Removing a table fires no triggers.
  for (const table of ['outcomes', 'ledger_marks', 'ledger']) {
    await db.schema.dropTable(table).execute();
    await db.schema.alterTable(`${table}_new`).renameTo(table).execute();
  }
  await sql`create unique index ledger_once on ledger (horizon, origin_ms, symbol, model, (${sql.raw(KIND)}))`.execute(
    db,
  );
  await db.schema.createIndex('ledger_by_target').on('ledger').column('target_ms').execute();
  // They are few among those of the schedule.
  await sql`create index ledger_live on ledger (horizon, origin_ms) where cause in ('asked', 'posted')`.execute(db);
  await db.schema.createIndex('outcomes_key').on('outcomes').columns(['sequence', 'revision']).unique().execute();
  await db.schema
    .createTable('model_cards')
    .addColumn('number', 'integer', (column) => column.notNull().primaryKey())
    .addColumn('interval', 'text', (column) => column.notNull())
    .addColumn('version', 'text', (column) => column.notNull())
    .addColumn('sha256', bytes, (column) => column.notNull())
    .addColumn('recorded_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('hash', bytes, (column) => column.notNull())
    .addUniqueConstraint('model_cards_once', ['version', 'interval', 'sha256'])
    .execute();
  await db.schema
    .createTable('checkpoints')
    .addColumn('number', 'integer', (column) => column.notNull().primaryKey())
    .addColumn('at_ms', 'bigint', (column) => column.notNull())
    .addColumn('forecasts', 'integer', (column) => column.notNull())
    .addColumn('marks', 'integer', (column) => column.notNull())
    .addColumn('outcomes', 'integer', (column) => column.notNull())
    .addColumn('models', 'integer', (column) => column.notNull())
    .addColumn('hash', bytes, (column) => column.notNull())
    .execute();
  await db.schema.createIndex('checkpoints_by_forecasts').on('checkpoints').column('forecasts').execute();
  await (kind === 'sqlite' ? sqliteTriggers(db) : postgresTriggers(db));
}

/** Yields the rows of a table by its key, a thousand at a time. */
async function* pages(db: Kysely<unknown>, table: string, key: string): AsyncGenerator<readonly Row[]> {
  for (let after: number | string | null = -1; ; ) {
    const { rows }: { rows: Row[] } = await sql<Row>`
      select * from ${sql.table(table)} where ${sql.ref(key)} > ${after} order by ${sql.ref(key)} limit ${sql.lit(ROWS_AT_ONCE)}`.execute(
      db,
    );
    if (rows.length > 0) yield rows;
    if (rows.length < ROWS_AT_ONCE) return;
    after = rows.at(-1)![key] as number;
  }
}

async function insert(db: Kysely<unknown>, table: string, rows: readonly Record<string, unknown>[]): Promise<void> {
  const columns = Object.keys(rows[0]!);
  const atOnce = Math.floor(10_000 / columns.length);
  for (let start = 0; start < rows.length; start += atOnce) {
    const values = rows
      .slice(start, start + atOnce)
      .map((row) => sql`(${sql.join(columns.map((column) => row[column]))})`);
    await sql`insert into ${sql.table(table)} (${sql.join(columns.map((column) => sql.ref(column)))}) values ${sql.join(values)}`.execute(
      db,
    );
  }
}

async function copyForecasts(db: Kysely<unknown>): Promise<void> {
  for await (const rows of pages(db, 'ledger', 'sequence')) {
    const copied = rows.map(({ previous_hash, ...row }) => ({
      ...row,
      quantiles: priceBytes(JSON.parse(row['quantiles'] as string) as number[]),
      climatology:
        row['climatology'] === null ? null : priceBytes(JSON.parse(row['climatology'] as string) as number[]),
      hash: Buffer.from(row['hash'] as string, 'hex'),
    }));
    await insert(db, 'ledger_new', copied);
  }
}

async function copyMarks(db: Kysely<unknown>): Promise<void> {
  for await (const rows of pages(db, 'ledger_marks', 'number')) {
    const copied = rows.map(({ previous_hash, ...row }) => ({
      ...row,
      row_hash: Buffer.from(row['row_hash'] as string, 'hex'),
      hash: Buffer.from(row['hash'] as string, 'hex'),
    }));
    await insert(db, 'ledger_marks_new', copied);
  }
}

/** In the order in which they were written: by time, and those of one moment by their forecasts. */
async function copyOutcomes(db: Kysely<unknown>): Promise<void> {
  let [number, previousHash] = [0, NO_HASH];
  let after: readonly unknown[] = [-1, -1, -1];
  for (;;) {
    const { rows } = await sql<Row>`
      select * from outcomes where (scored_at_ms, sequence, revision) > (${sql.join(after)})
      order by scored_at_ms, sequence, revision limit ${sql.lit(ROWS_AT_ONCE)}`.execute(db);
    const copied = rows.map((row) => {
      number++;
      // As `canonicalOutcome` of core/ledger.ts writes it.
      const hash = createHash('sha256')
        .update(
          JSON.stringify({
            absoluteError: row['absolute_error'],
            actualPrice: row['actual_price'],
            band: row['band'],
            brier: row['brier'],
            climatologyPinball: row['climatology_pinball'],
            directionHit: row['direction_hit'] === 1,
            level: row['level'],
            logReturn: row['log_return'],
            naiveScale: row['naive_scale'],
            number,
            pinball: row['pinball'],
            previousHash,
            revision: row['revision'],
            scoredAtMs: row['scored_at_ms'],
            sequence: row['sequence'],
            source: row['source'],
          }),
        )
        .digest();
      previousHash = hash.toString('hex');
      return { number, ...row, hash };
    });
    if (copied.length > 0) await insert(db, 'outcomes_new', copied);
    if (rows.length < ROWS_AT_ONCE) return;
    const last = rows.at(-1)!;
    after = [last['scored_at_ms'], last['sequence'], last['revision']];
  }
}

async function sqliteTriggers(db: Kysely<unknown>): Promise<void> {
  // INSERT OR REPLACE removes rows without asking the triggers of delete.
  const newKind = KIND.replaceAll('cause', 'new.cause');
  const replaced: Readonly<Record<(typeof CHAINS)[number], string>> = {
    ledger: `sequence = new.sequence or (horizon = new.horizon and origin_ms = new.origin_ms and symbol = new.symbol and model = new.model and ${KIND} = ${newKind})`,
    ledger_marks: 'number = new.number or sequence = new.sequence',
    outcomes: 'number = new.number or (sequence = new.sequence and revision = new.revision)',
    model_cards: 'number = new.number or (version = new.version and interval = new.interval and sha256 = new.sha256)',
    checkpoints: 'number = new.number',
  };
  for (const table of CHAINS) {
    const refuse = `begin select raise(abort, '${table} is append-only'); end`;
    await sql.raw(`create trigger ${table}_no_update before update on ${table} ${refuse}`).execute(db);
    await sql.raw(`create trigger ${table}_no_delete before delete on ${table} ${refuse}`).execute(db);
    const known = `when exists (select 1 from ${table} where ${replaced[table]})`;
    await sql.raw(`create trigger ${table}_no_replace before insert on ${table} ${known} ${refuse}`).execute(db);
  }
}

async function postgresTriggers(db: Kysely<unknown>): Promise<void> {
  for (const table of CHAINS) {
    await sql
      .raw(
        `create trigger ${table}_append_only before update or delete or truncate on ${table} for each statement execute function candlecast_append_only()`,
      )
      .execute(db);
  }
}
