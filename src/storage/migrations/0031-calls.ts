import { type Kysely, sql } from 'kysely';
import type { DatabaseKind } from '../schema.ts';

/** Makes the append-only chain of members' calls, and the table of who made them. */
export async function up(db: Kysely<unknown>, kind: DatabaseKind): Promise<void> {
  await db.schema
    .createTable('call_members')
    .addColumn('member', 'text', (column) => column.notNull().primaryKey())
    .addColumn('guild_id', 'text', (column) => column.notNull())
    .addColumn('user_id', 'text', (column) => column.notNull())
    .addColumn('salt', 'text', (column) => column.notNull())
    .addUniqueConstraint('call_members_once', ['guild_id', 'user_id'])
    .execute();
  await db.schema
    .createTable('call_events')
    .addColumn('number', 'integer', (column) => column.notNull().primaryKey())
    .addColumn('call_number', 'integer', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('at_ms', 'bigint', (column) => column.notNull())
    .addColumn('member', 'text', (column) => column.notNull())
    .addColumn('target_ms', 'bigint', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .addColumn('previous_hash', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .addCheckConstraint('call_before_outcome', sql`kind <> 'call' or at_ms < target_ms`)
    .execute();
  await sql`create unique index call_events_one_end on call_events (call_number) where kind <> 'call'`.execute(db);
  await db.schema.createIndex('call_events_by_member').on('call_events').columns(['member', 'at_ms']).execute();
  await db.schema.createIndex('call_events_by_target').on('call_events').column('target_ms').execute();
  if (kind === 'postgres') {
    // With the function of the ledger's migration.
    await sql
      .raw(
        'create trigger call_events_append_only before update or delete or truncate on call_events for each statement execute function candlecast_append_only()',
      )
      .execute(db);
    return;
  }
  for (const [name, when] of [
    ['no_update', 'before update on call_events'],
    ['no_delete', 'before delete on call_events'],
    // INSERT OR REPLACE removes rows without asking the triggers above.
    ['no_replace', 'before insert on call_events when exists (select 1 from call_events where number = new.number)'],
  ] as const) {
    await sql
      .raw(`create trigger call_events_${name} ${when} begin select raise(abort, 'call_events is append-only'); end`)
      .execute(db);
  }
}
