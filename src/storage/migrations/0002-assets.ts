import type { Kysely } from 'kysely';

/** Makes the table of the coin list. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('assets')
    .addColumn('position', 'integer', (column) => column.notNull().primaryKey())
    .addColumn('symbol', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('rank', 'integer')
    .addColumn('market_cap_usd', 'double precision')
    .addColumn('stablecoin', 'integer', (column) => column.notNull())
    .addColumn('fetched_at_ms', 'bigint', (column) => column.notNull())
    .execute();
}
