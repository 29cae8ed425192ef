import { type Kysely, sql } from 'kysely';
import type { DatabaseKind } from '../schema.ts';

/**
 * Makes the tables of the models that are kept, and of which one serves. Processes that share a PostgreSQL database find them there; beside a
 * SQLite file models stay in a folder.
 */
export async function up(db: Kysely<unknown>, kind: DatabaseKind): Promise<void> {
  const bytes = sql.raw(kind === 'sqlite' ? 'blob' : 'bytea');
  await db.schema
    .createTable('models')
    .addColumn('interval', 'text', (column) => column.notNull())
    .addColumn('version', 'text', (column) => column.notNull())
    .addColumn('added_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('verdict', 'text')
    .addColumn('model_json', 'text', (column) => column.notNull())
    .addColumn('weights', bytes, (column) => column.notNull())
    .addColumn('twin_json', 'text')
    .addColumn('twin_weights', bytes)
    .addPrimaryKeyConstraint('models_key', ['interval', 'version'])
    .execute();
  await db.schema
    .createTable('model_pointers')
    .addColumn('interval', 'text', (column) => column.notNull().primaryKey())
    .addColumn('revision', 'integer', (column) => column.notNull())
    .addColumn('pointer', 'text', (column) => column.notNull())
    .addColumn('changed_at_ms', 'bigint', (column) => column.notNull())
    .execute();
}
