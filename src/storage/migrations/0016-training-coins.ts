import { type Kysely, sql } from 'kysely';
import type { DatabaseKind } from '../schema.ts';

/** Makes the table of the coins that models learn from. */
export async function up(db: Kysely<unknown>, kind: DatabaseKind): Promise<void> {
  const table = db.schema
    .createTable('training_coins')
    .addColumn('symbol', 'text', (column) => column.notNull())
    .addColumn('interval', 'text', (column) => column.notNull())
    .addColumn('place', 'integer')
    .addColumn('volumes', 'text', (column) => column.notNull())
    .addColumn('added_ms', 'bigint', (column) => column.notNull())
    .addColumn('listed_ms', 'bigint', (column) => column.notNull())
    .addColumn('history_from_ms', 'bigint')
    .addColumn('history_due_ms', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('training_coins_key', ['symbol', 'interval']);
  await (kind === 'sqlite' ? table.modifyEnd(sql`without rowid`) : table).execute();
}
