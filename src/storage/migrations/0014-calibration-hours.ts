import { type Kysely, sql } from 'kysely';
import type { DatabaseKind } from '../schema.ts';

/** Keeps what calibration has learnt about a coin's days for each hour at which they may end; what is there is about days that end at midnight. */
export async function up(db: Kysely<unknown>, kind: DatabaseKind): Promise<void> {
  const table = db.schema
    .createTable('calibrations_by_hour')
    .addColumn('symbol', 'text', (column) => column.notNull())
    .addColumn('interval', 'text', (column) => column.notNull())
    .addColumn('end_hour', 'integer', (column) => column.notNull())
    .addColumn('model', 'text', (column) => column.notNull())
    .addColumn('until_ms', 'bigint', (column) => column.notNull())
    .addColumn('horizons', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('calibrations_by_hour_key', ['symbol', 'interval', 'end_hour']);
  await (kind === 'sqlite' ? table.modifyEnd(sql`without rowid`) : table).execute();
  await sql`insert into calibrations_by_hour (symbol, interval, end_hour, model, until_ms, horizons)
    select symbol, interval, 0, model, until_ms, horizons from calibrations`.execute(db);
  await db.schema.dropTable('calibrations').execute();
  await db.schema.alterTable('calibrations_by_hour').renameTo('calibrations').execute();
}
