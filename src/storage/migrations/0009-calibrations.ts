import { type Kysely, sql } from 'kysely';
import type { DatabaseKind } from '../schema.ts';

/** Makes the table of what calibration has learnt about each coin. */
export async function up(db: Kysely<unknown>, kind: DatabaseKind): Promise<void> {
  const table = db.schema
    .createTable('calibrations')
    .addColumn('symbol', 'text', (column) => column.notNull())
    .addColumn('interval', 'text', (column) => column.notNull())
    .addColumn('model', 'text', (column) => column.notNull())
    .addColumn('until_ms', 'bigint', (column) => column.notNull())
    .addColumn('horizons', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('calibrations_key', ['symbol', 'interval']);
  await (kind === 'sqlite' ? table.modifyEnd(sql`without rowid`) : table).execute();
}
