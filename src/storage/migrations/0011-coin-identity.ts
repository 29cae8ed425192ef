import type { Kysely } from 'kysely';

/** Adds the provider's id and price of each listed coin, and the table of sources whose prices of a coin were found to be that coin's. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('assets').addColumn('id', 'text').execute();
  await db.schema.alterTable('assets').addColumn('price_usd', 'double precision').execute();
  await db.schema
    .createTable('coin_sources')
    .addColumn('symbol', 'text', (column) => column.notNull())
    .addColumn('source', 'text', (column) => column.notNull())
    .addColumn('asset_id', 'text', (column) => column.notNull())
    .addColumn('confirmed_at_ms', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('coin_sources_key', ['symbol', 'source'])
    .execute();
}
