import type { Kysely } from 'kysely';

/** Makes the tables of headlines and of the Fear & Greed index. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('headlines')
    .addColumn('id', 'text', (column) => column.notNull().primaryKey())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('outlet', 'text', (column) => column.notNull())
    .addColumn('guid', 'text', (column) => column.notNull())
    .addColumn('title', 'text', (column) => column.notNull())
    .addColumn('url', 'text')
    .addColumn('published_at_ms', 'bigint')
    .addColumn('first_seen_ms', 'bigint', (column) => column.notNull())
    .addColumn('symbols', 'text', (column) => column.notNull())
    .addColumn('story_id', 'text', (column) => column.notNull())
    .addColumn('set_aside', 'text')
    .execute();
  await db.schema.createIndex('headlines_by_time').on('headlines').columns(['first_seen_ms', 'id']).execute();
  await db.schema
    .createTable('fear_greed')
    .addColumn('time_ms', 'bigint', (column) => column.notNull().primaryKey())
    .addColumn('value', 'double precision', (column) => column.notNull())
    .execute();
}
