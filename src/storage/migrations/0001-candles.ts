import { type Kysely, sql } from 'kysely';
import type { DatabaseKind } from '../schema.ts';

/** Makes the table of candles, clustered by its key so that a series is read in one sweep. */
export async function up(db: Kysely<unknown>, kind: DatabaseKind): Promise<void> {
  const table = db.schema
    .createTable('candles')
    .addColumn('symbol', 'text', (column) => column.notNull())
    .addColumn('interval', 'text', (column) => column.notNull())
    .addColumn('open_time_ms', 'bigint', (column) => column.notNull())
    .addColumn('open', 'double precision', (column) => column.notNull())
    .addColumn('high', 'double precision', (column) => column.notNull())
    .addColumn('low', 'double precision', (column) => column.notNull())
    .addColumn('close', 'double precision', (column) => column.notNull())
    .addColumn('volume', 'double precision', (column) => column.notNull())
    .addColumn('source', 'text', (column) => column.notNull())
    .addColumn('fetched_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('flag', 'text')
    .addPrimaryKeyConstraint('candles_key', ['symbol', 'interval', 'open_time_ms'])
    .addCheckConstraint('candles_sane', sql`low > 0 and high >= low and volume >= 0`);
  await (kind === 'sqlite' ? table.modifyEnd(sql`without rowid`) : table).execute();
}
