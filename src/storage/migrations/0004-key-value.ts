import type { Kysely } from 'kysely';

/** Makes the table behind Keyv. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('key_value')
    .addColumn('key', 'text', (column) => column.notNull().primaryKey())
    .addColumn('value', 'text', (column) => column.notNull())
    .addColumn('expires_at_ms', 'bigint')
    .execute();
  await db.schema.createIndex('key_value_expiry').on('key_value').column('expires_at_ms').execute();
}
