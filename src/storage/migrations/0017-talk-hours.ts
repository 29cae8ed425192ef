import { type Kysely, sql } from 'kysely';
import type { DatabaseKind } from '../schema.ts';

/** Makes the table of how much was written in subreddits, by hour. */
export async function up(db: Kysely<unknown>, kind: DatabaseKind): Promise<void> {
  const table = db.schema
    .createTable('talk_hours')
    .addColumn('hour_ms', 'bigint', (column) => column.notNull())
    .addColumn('outlet', 'text', (column) => column.notNull())
    .addColumn('posts', 'integer', (column) => column.notNull())
    .addColumn('posts_covered_ms', 'bigint', (column) => column.notNull())
    .addColumn('comments', 'integer', (column) => column.notNull())
    .addColumn('comments_covered_ms', 'bigint', (column) => column.notNull())
    .addColumn('known_at_ms', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('talk_hours_key', ['hour_ms', 'outlet']);
  await (kind === 'sqlite' ? table.modifyEnd(sql`without rowid`) : table).execute();
}
