import { type Kysely, sql } from 'kysely';
import type { DatabaseKind } from '../schema.ts';

const TABLES = ['ledger', 'ledger_marks', 'outcomes'] as const;

/** Makes the ledger of issued forecasts, the marks of the schedule and the outcomes, and the triggers that keep them append-only. */
export async function up(db: Kysely<unknown>, kind: DatabaseKind): Promise<void> {
  await db.schema
    .createTable('ledger')
    .addColumn('sequence', 'integer', (column) => column.notNull().primaryKey())
    .addColumn('cause', 'text', (column) => column.notNull())
    .addColumn('symbol', 'text', (column) => column.notNull())
    .addColumn('interval', 'text', (column) => column.notNull())
    .addColumn('horizon', 'text', (column) => column.notNull())
    .addColumn('origin_ms', 'bigint', (column) => column.notNull())
    .addColumn('target_ms', 'bigint', (column) => column.notNull())
    .addColumn('last_price', 'double precision', (column) => column.notNull())
    .addColumn('quantiles', 'text', (column) => column.notNull())
    .addColumn('p_up', 'double precision', (column) => column.notNull())
    .addColumn('climatology', 'text')
    .addColumn('model', 'text', (column) => column.notNull())
    .addColumn('source', 'text', (column) => column.notNull())
    .addColumn('sentiment_share', 'double precision')
    .addColumn('issued_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('previous_hash', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .addUniqueConstraint('ledger_once', ['symbol', 'horizon', 'origin_ms', 'model'])
    .addCheckConstraint('ledger_before_outcome', sql`issued_at_ms >= origin_ms and issued_at_ms < target_ms`)
    .addCheckConstraint('ledger_cause', sql`cause in ('scheduled', 'on-demand')`)
    .execute();
  await db.schema.createIndex('ledger_by_origin').on('ledger').columns(['horizon', 'origin_ms']).execute();
  await db.schema.createIndex('ledger_by_target').on('ledger').column('target_ms').execute();
  await db.schema
    .createTable('ledger_marks')
    .addColumn('number', 'integer', (column) => column.notNull().primaryKey())
    .addColumn('sequence', 'integer', (column) => column.notNull().unique().references('ledger.sequence'))
    .addColumn('row_hash', 'text', (column) => column.notNull())
    .addColumn('marked_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('previous_hash', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('outcomes')
    .addColumn('sequence', 'integer', (column) => column.notNull().references('ledger.sequence'))
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
    .addPrimaryKeyConstraint('outcomes_key', ['sequence', 'revision'])
    .execute();
  await (kind === 'sqlite' ? sqliteTriggers(db) : postgresTriggers(db));
}

async function sqliteTriggers(db: Kysely<unknown>): Promise<void> {
  for (const table of TABLES) {
    for (const action of ['update', 'delete']) {
      await sql
        .raw(
          `create trigger ${table}_no_${action} before ${action} on ${table} begin select raise(abort, '${table} is append-only'); end`,
        )
        .execute(db);
    }
  }
  // INSERT OR REPLACE removes rows without asking the triggers above.
  const replaced: Readonly<Record<(typeof TABLES)[number], string>> = {
    ledger: `sequence = new.sequence or (symbol = new.symbol and horizon = new.horizon and origin_ms = new.origin_ms and model = new.model)`,
    ledger_marks: 'number = new.number or sequence = new.sequence',
    outcomes: 'sequence = new.sequence and revision = new.revision',
  };
  for (const table of TABLES) {
    await sql
      .raw(
        `create trigger ${table}_no_replace before insert on ${table} when exists (select 1 from ${table} where ${replaced[table]}) begin select raise(abort, '${table} is append-only'); end`,
      )
      .execute(db);
  }
}

async function postgresTriggers(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `create function candlecast_append_only() returns trigger language plpgsql as $$ begin raise exception '% is append-only', tg_table_name; end $$`,
    )
    .execute(db);
  for (const table of TABLES) {
    await sql
      .raw(
        `create trigger ${table}_append_only before update or delete or truncate on ${table} for each statement execute function candlecast_append_only()`,
      )
      .execute(db);
  }
}
