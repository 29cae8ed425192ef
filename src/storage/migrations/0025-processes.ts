import type { Kysely } from 'kysely';

/**
 * Makes the tables of what several processes know of each other: which of them run, which of the bot's shards each holds, and what a process
 * without a gateway needs to know of channels.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('processes')
    .addColumn('id', 'text', (column) => column.notNull().primaryKey())
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('version', 'text', (column) => column.notNull())
    .addColumn('first_shard', 'integer')
    .addColumn('last_shard', 'integer')
    .addColumn('shard_count', 'integer')
    .addColumn('connected', 'integer', (column) => column.notNull())
    .addColumn('started_ms', 'bigint', (column) => column.notNull())
    .addColumn('seen_ms', 'bigint', (column) => column.notNull())
    .addColumn('report', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('gateway_shards')
    .addColumn('shard', 'integer', (column) => column.notNull())
    .addColumn('shard_count', 'integer', (column) => column.notNull())
    .addColumn('process', 'text', (column) => column.notNull())
    .addColumn('since_ms', 'bigint', (column) => column.notNull())
    .addColumn('until_ms', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('gateway_shards_pkey', ['shard', 'shard_count'])
    .execute();
  await db.schema
    .createTable('guild_facts')
    .addColumn('guild_id', 'text', (column) => column.notNull().primaryKey())
    .addColumn('system_channel_id', 'text')
    .addColumn('changed_ms', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('channel_facts')
    .addColumn('channel_id', 'text', (column) => column.notNull().primaryKey())
    .addColumn('guild_id', 'text', (column) => column.notNull())
    .addColumn('announcement', 'integer')
    .addColumn('missing', 'text')
    .addColumn('reads_history', 'integer')
    .addColumn('changed_ms', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('channel_facts_by_guild').on('channel_facts').column('guild_id').execute();
  await db.schema.createIndex('channel_facts_by_change').on('channel_facts').column('changed_ms').execute();
  await db.schema.createIndex('guild_facts_by_change').on('guild_facts').column('changed_ms').execute();
}
