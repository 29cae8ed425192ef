import { type Kysely, sql } from 'kysely';
import type { DatabaseKind } from '../schema.ts';

/** Makes the table of what width factors have learnt, by interval and model. */
export async function up(db: Kysely<unknown>, kind: DatabaseKind): Promise<void> {
  const table = db.schema
    .createTable('widths')
    .addColumn('interval', 'text', (column) => column.notNull())
    .addColumn('model', 'text', (column) => column.notNull())
    .addColumn('until_ms', 'bigint', (column) => column.notNull())
    .addColumn('learnt', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('widths_key', ['interval', 'model']);
  await (kind === 'sqlite' ? table.modifyEnd(sql`without rowid`) : table).execute();
}
