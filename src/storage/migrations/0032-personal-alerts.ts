import type { Kysely } from 'kysely';

/** Makes the table of alerts that people set. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('personal_alerts')
    .addColumn('id', 'text', (column) => column.notNull().primaryKey())
    .addColumn('user_id', 'text', (column) => column.notNull())
    .addColumn('guild_id', 'text')
    .addColumn('made_channel_id', 'text')
    .addColumn('channel_id', 'text')
    .addColumn('symbol', 'text', (column) => column.notNull())
    .addColumn('rule', 'text', (column) => column.notNull())
    .addColumn('watch', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('locale', 'text', (column) => column.notNull())
    .addColumn('created_ms', 'bigint', (column) => column.notNull())
    .addColumn('expires_ms', 'bigint', (column) => column.notNull())
    .addColumn('ended_ms', 'bigint')
    .addColumn('undelivered', 'integer', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('personal_alerts_active').on('personal_alerts').columns(['state', 'id']).execute();
  await db.schema.createIndex('personal_alerts_person').on('personal_alerts').column('user_id').execute();
  await db.schema.createIndex('personal_alerts_guild').on('personal_alerts').column('guild_id').execute();
}
