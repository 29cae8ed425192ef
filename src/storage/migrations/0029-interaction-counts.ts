import type { Kysely } from 'kysely';

/** Makes the table of how many interactions were answered in each hour, over all processes. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('interaction_counts')
    .addColumn('hour_ms', 'bigint', (column) => column.notNull().primaryKey())
    .addColumn('answered', 'integer', (column) => column.notNull())
    .addColumn('failed', 'integer', (column) => column.notNull())
    .execute();
}
