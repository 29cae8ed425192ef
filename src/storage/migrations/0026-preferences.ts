import type { Kysely } from 'kysely';

/** Makes the table of what people have chosen with /me. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('preferences')
    .addColumn('user_id', 'text', (column) => column.notNull().primaryKey())
    .addColumn('symbol', 'text')
    .addColumn('horizon', 'text')
    .addColumn('currency', 'text')
    .addColumn('time_zone', 'text')
    .addColumn('language', 'text')
    .addColumn('changed_ms', 'bigint', (column) => column.notNull())
    .execute();
}
