import { type Kysely, sql } from 'kysely';
import type { DatabaseKind } from '../schema.ts';

/** Makes the tables of paper portfolios: one active a server, their accounts, and their append-only events. */
export async function up(db: Kysely<unknown>, kind: DatabaseKind): Promise<void> {
  await db.schema
    .createTable('paper_portfolios')
    .addColumn('id', 'text', (column) => column.notNull().primaryKey())
    .addColumn('guild_id', 'text', (column) => column.notNull())
    .addColumn('rule', 'text', (column) => column.notNull())
    .addColumn('horizon', 'text', (column) => column.notNull())
    .addColumn('symbols', 'text', (column) => column.notNull())
    .addColumn('capital', 'double precision', (column) => column.notNull())
    .addColumn('started_by', 'text', (column) => column.notNull())
    .addColumn('started_ms', 'bigint', (column) => column.notNull())
    .addColumn('stopped_ms', 'bigint')
    .addColumn('marked_ms', 'bigint', (column) => column.notNull())
    .addColumn('blocked', 'text')
    .addColumn('told_number', 'integer', (column) => column.notNull())
    .execute();
  await sql`create unique index paper_active on paper_portfolios (guild_id) where stopped_ms is null`.execute(db);
  await db.schema
    .createTable('paper_accounts')
    .addColumn('portfolio_id', 'text', (column) => column.notNull())
    .addColumn('symbol', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('hold_units', 'double precision', (column) => column.notNull())
    .addColumn('last_close', 'double precision', (column) => column.notNull())
    .addColumn('standing', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('paper_accounts_key', ['portfolio_id', 'symbol'])
    .execute();
  await db.schema
    .createTable('paper_events')
    .addColumn('portfolio_id', 'text', (column) => column.notNull())
    .addColumn('number', 'integer', (column) => column.notNull())
    .addColumn('time_ms', 'bigint', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .addColumn('previous_hash', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('paper_events_key', ['portfolio_id', 'number'])
    .execute();
  await (kind === 'sqlite' ? sqliteTriggers(db) : postgresTrigger(db));
}

async function sqliteTriggers(db: Kysely<unknown>): Promise<void> {
  const refuse = "begin select raise(abort, 'paper_events is append-only'); end";
  const replaced = 'select 1 from paper_events where portfolio_id = new.portfolio_id and number = new.number';
  for (const [name, when] of [
    ['no_update', 'before update on paper_events'],
    ['no_delete', 'before delete on paper_events'],
    // INSERT OR REPLACE removes rows without asking the triggers above.
    ['no_replace', `before insert on paper_events when exists (${replaced})`],
  ] as const) {
    await sql.raw(`create trigger paper_events_${name} ${when} ${refuse}`).execute(db);
  }
}

/** With the function of the ledger's migration. */
async function postgresTrigger(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      'create trigger paper_events_append_only before update or delete or truncate on paper_events for each statement execute function candlecast_append_only()',
    )
    .execute(db);
}
