import { type Kysely, sql } from 'kysely';
import type { DatabaseKind } from '../schema.ts';

/** Makes the append-only chain of odds that people asked for, and the sums of odds by day. */
export async function up(db: Kysely<unknown>, kind: DatabaseKind): Promise<void> {
  await db.schema
    .createTable('odds_events')
    .addColumn('number', 'integer', (column) => column.notNull().primaryKey())
    .addColumn('odds_number', 'integer', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('at_ms', 'bigint', (column) => column.notNull())
    .addColumn('symbol', 'text', (column) => column.notNull())
    .addColumn('origin_ms', 'bigint', (column) => column.notNull())
    .addColumn('target_ms', 'bigint', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .addColumn('previous_hash', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .addCheckConstraint('odds_before_outcome', sql`kind <> 'odds' or at_ms < target_ms`)
    .execute();
  await sql`create unique index odds_events_one_end on odds_events (odds_number) where kind <> 'odds'`.execute(db);
  await db.schema.createIndex('odds_events_by_coin').on('odds_events').columns(['symbol', 'origin_ms']).execute();
  await db.schema.createIndex('odds_events_by_target').on('odds_events').column('target_ms').execute();
  await db.schema
    .createTable('odds_sums')
    .addColumn('source', 'text', (column) => column.notNull())
    .addColumn('symbol', 'text', (column) => column.notNull())
    .addColumn('day_ms', 'bigint', (column) => column.notNull())
    .addColumn('horizon', 'text', (column) => column.notNull())
    .addColumn('model', 'text', (column) => column.notNull())
    .addColumn('sums', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('odds_sums_key', ['source', 'symbol', 'day_ms', 'horizon', 'model'])
    // The rows of a coin lie beside each other, by day.
    .modifyEnd(sql.raw(kind === 'sqlite' ? 'without rowid' : ''))
    .execute();
  await db.schema.createIndex('odds_sums_by_day').on('odds_sums').columns(['source', 'day_ms']).execute();
  await db.schema
    .createTable('odds_counted')
    .addColumn('source', 'text', (column) => column.notNull().primaryKey())
    .addColumn('number', 'bigint', (column) => column.notNull())
    .execute();
  if (kind === 'postgres') {
    // With the function of the ledger's migration.
    await sql
      .raw(
        'create trigger odds_events_append_only before update or delete or truncate on odds_events for each statement execute function candlecast_append_only()',
      )
      .execute(db);
    return;
  }
  for (const [name, when] of [
    ['no_update', 'before update on odds_events'],
    ['no_delete', 'before delete on odds_events'],
    // INSERT OR REPLACE removes rows without asking the triggers above.
    ['no_replace', 'before insert on odds_events when exists (select 1 from odds_events where number = new.number)'],
  ] as const) {
    await sql
      .raw(`create trigger odds_events_${name} ${when} begin select raise(abort, 'odds_events is append-only'); end`)
      .execute(db);
  }
}
