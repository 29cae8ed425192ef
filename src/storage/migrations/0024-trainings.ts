import type { Kysely } from 'kysely';

/** Makes the table of trainings that were asked for, are under way or have ended, so that any process can ask for one and see how far it is. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('trainings')
    .addColumn('id', 'text', (column) => column.notNull().primaryKey())
    .addColumn('interval', 'text', (column) => column.notNull())
    .addColumn('why', 'text', (column) => column.notNull())
    .addColumn('asked_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('owner', 'text')
    .addColumn('heard_ms', 'bigint', (column) => column.notNull())
    .addColumn('progress', 'text')
    .addColumn('ended_at_ms', 'bigint')
    .addColumn('result', 'text')
    .execute();
}
