import { type Kysely, sql } from 'kysely';
import type { DatabaseKind } from '../schema.ts';

/** The series whose newest price is not believed yet; their doubted candles are not kept. */
export async function up(db: Kysely<unknown>, kind: DatabaseKind): Promise<void> {
  const table = db.schema
    .createTable('unconfirmed_prices')
    .addColumn('symbol', 'text', (column) => column.notNull())
    .addColumn('interval', 'text', (column) => column.notNull())
    .addColumn('open_time_ms', 'bigint', (column) => column.notNull())
    .addColumn('newest_open_time_ms', 'bigint', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('price', 'double precision', (column) => column.notNull())
    .addColumn('previous_price', 'double precision', (column) => column.notNull())
    .addColumn('source', 'text', (column) => column.notNull())
    .addColumn('other_source', 'text')
    .addColumn('other_price', 'double precision')
    .addColumn('found_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('asked_at_ms', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('unconfirmed_prices_key', ['symbol', 'interval']);
  await (kind === 'sqlite' ? table.modifyEnd(sql`without rowid`) : table).execute();
}
