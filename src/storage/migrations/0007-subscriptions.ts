import type { Kysely } from 'kysely';

/** Makes the tables of subscriptions, of what they post, of the alerts' state and of turns that one process takes at a time. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('subscriptions')
    .addColumn('id', 'text', (column) => column.notNull().primaryKey())
    .addColumn('guild_id', 'text', (column) => column.notNull())
    .addColumn('channel_id', 'text', (column) => column.notNull())
    .addColumn('created_by', 'text', (column) => column.notNull())
    .addColumn('symbols', 'text', (column) => column.notNull())
    .addColumn('horizon', 'text', (column) => column.notNull())
    .addColumn('report', 'text', (column) => column.notNull())
    .addColumn('local_time', 'text', (column) => column.notNull())
    .addColumn('time_zone', 'text', (column) => column.notNull())
    .addColumn('band_break', 'integer', (column) => column.notNull())
    .addColumn('flip_at', 'double precision')
    .addColumn('locale', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('state_since_ms', 'bigint', (column) => column.notNull())
    .addColumn('state_reason', 'text')
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('next_due_ms', 'bigint', (column) => column.notNull())
    .addColumn('missed', 'integer', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('subscriptions_guild').on('subscriptions').column('guild_id').execute();
  await db.schema.createIndex('subscriptions_due').on('subscriptions').columns(['state', 'next_due_ms']).execute();
  await db.schema
    .createTable('posts')
    .addColumn('id', 'text', (column) => column.notNull().primaryKey())
    .addColumn('subscription_id', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('channel_id', 'text', (column) => column.notNull())
    .addColumn('due_ms', 'bigint', (column) => column.notNull())
    .addColumn('payload', 'text')
    .addColumn('missed', 'integer', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('not_before_ms', 'bigint', (column) => column.notNull())
    .addColumn('lease_owner', 'text')
    .addColumn('sending_since_ms', 'bigint')
    .addColumn('message_id', 'text')
    .addColumn('reason', 'text')
    .addColumn('changed_at_ms', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('posts_once', ['subscription_id', 'kind', 'due_ms'])
    .execute();
  await db.schema.createIndex('posts_open').on('posts').columns(['state', 'not_before_ms']).execute();
  await db.schema
    .createTable('alert_states')
    .addColumn('subscription_id', 'text', (column) => column.notNull())
    .addColumn('symbol', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('alert_states_key', ['subscription_id', 'symbol'])
    .execute();
  await db.schema
    .createTable('turns')
    .addColumn('name', 'text', (column) => column.notNull().primaryKey())
    .addColumn('owner', 'text', (column) => column.notNull())
    .addColumn('until_ms', 'bigint', (column) => column.notNull())
    .execute();
}
