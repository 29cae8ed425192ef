import { type Kysely, sql } from 'kysely';
import type { DatabaseKind } from '../schema.ts';

/**
 * Makes the table of servers that removed the bot, and lets the events of a paper portfolio be deleted once the portfolio itself is: a server's
 * data can be erased as a whole, while no event of a portfolio that is kept can be taken out.
 */
export async function up(db: Kysely<unknown>, kind: DatabaseKind): Promise<void> {
  await db.schema
    .createTable('guild_departures')
    .addColumn('guild_id', 'text', (column) => column.notNull().primaryKey())
    .addColumn('left_ms', 'bigint', (column) => column.notNull())
    .execute();
  await (kind === 'sqlite' ? sqliteTrigger(db) : postgresTriggers(db));
}

async function sqliteTrigger(db: Kysely<unknown>): Promise<void> {
  const kept = 'select 1 from paper_portfolios where id = old.portfolio_id';
  await sql.raw('drop trigger paper_events_no_delete').execute(db);
  await sql
    .raw(
      `create trigger paper_events_no_delete before delete on paper_events when exists (${kept}) begin select raise(abort, 'paper_events is append-only'); end`,
    )
    .execute(db);
}

async function postgresTriggers(db: Kysely<unknown>): Promise<void> {
  for (const statement of [
    'drop trigger paper_events_append_only on paper_events',
    'create trigger paper_events_append_only before update or truncate on paper_events for each statement execute function candlecast_append_only()',
    `create function candlecast_paper_event_kept() returns trigger language plpgsql as $$
    begin
      if exists (select 1 from paper_portfolios where id = old.portfolio_id) then
        raise exception 'paper_events is append-only';
      end if;
      return old;
    end $$`,
    'create trigger paper_events_no_delete before delete on paper_events for each row execute function candlecast_paper_event_kept()',
  ]) {
    await sql.raw(statement).execute(db);
  }
}
