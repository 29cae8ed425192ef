import type { Kysely } from 'kysely';

/** Makes the table of what the managers of a server have set, and whether the bot has introduced itself there. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('server_settings')
    .addColumn('guild_id', 'text', (column) => column.notNull().primaryKey())
    .addColumn('language', 'text')
    .addColumn('currency', 'text')
    .addColumn('horizon', 'text')
    .addColumn('post_style', 'text', (column) => column.notNull())
    .addColumn('alert_role_id', 'text')
    .addColumn('welcomed_ms', 'bigint')
    .execute();
}
