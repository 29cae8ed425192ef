import type { Kysely } from 'kysely';

/** Makes the table of what the owners were told is wrong. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('alarms')
    .addColumn('name', 'text', (column) => column.notNull().primaryKey())
    .addColumn('level', 'integer', (column) => column.notNull())
    .addColumn('since_ms', 'bigint', (column) => column.notNull())
    .addColumn('clear_since_ms', 'bigint')
    .execute();
}
