import { type Kysely, sql } from 'kysely';
import type { DatabaseKind } from '../schema.ts';

/** Makes the table whose one row says which versions of the program can work on the schema as it is after its newest migration. */
export async function up(db: Kysely<unknown>, kind: DatabaseKind): Promise<void> {
  const table = db.schema
    .createTable('schema_readers')
    .addColumn('id', 'integer', (column) => column.notNull().primaryKey())
    .addColumn('newest', 'text', (column) => column.notNull())
    .addColumn('since', 'text', (column) => column.notNull());
  await (kind === 'sqlite' ? table.modifyEnd(sql`without rowid`) : table).execute();
}
