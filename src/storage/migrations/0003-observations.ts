import { type Kysely, sql } from 'kysely';
import type { DatabaseKind } from '../schema.ts';

/** Makes the table of daily numbers about coins. */
export async function up(db: Kysely<unknown>, kind: DatabaseKind): Promise<void> {
  const table = db.schema
    .createTable('observations')
    .addColumn('symbol', 'text', (column) => column.notNull())
    .addColumn('metric', 'text', (column) => column.notNull())
    .addColumn('time_ms', 'bigint', (column) => column.notNull())
    .addColumn('available_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('value', 'double precision', (column) => column.notNull())
    .addColumn('source', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('observations_key', ['symbol', 'metric', 'time_ms']);
  await (kind === 'sqlite' ? table.modifyEnd(sql`without rowid`) : table).execute();
}
