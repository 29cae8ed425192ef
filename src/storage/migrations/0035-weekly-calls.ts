import type { Kysely } from 'kysely';

/** Adds whether weekly reports of a server show its members' calls; a version that does not know it leaves it as it is. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('server_settings')
    .addColumn('weekly_calls', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
}
