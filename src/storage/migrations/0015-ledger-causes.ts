import { type Kysely, sql } from 'kysely';
import type { DatabaseKind } from '../schema.ts';

const COLUMNS = [
  'sequence',
  'cause',
  'symbol',
  'interval',
  'horizon',
  'origin_ms',
  'target_ms',
  'last_price',
  'quantiles',
  'p_up',
  'climatology',
  'model',
  'source',
  'sentiment_share',
  'issued_at_ms',
  'previous_hash',
  'hash',
] as const;

const CAUSES = sql`cause in ('scheduled', 'on-demand', 'asked', 'posted')`;
/** Forecasts that count from the moment they were made are written within five minutes of it. */
const AT_ONCE = sql`cause not in ('asked', 'posted') or issued_at_ms - origin_ms <= 300000`;
/** Forecasts from closes are of one kind, whoever caused them; those that were asked for and those of posts are two more. */
const KIND = "case when cause in ('asked', 'posted') then cause else 'close' end";

/** Lets the ledger hold forecasts that count from the moment they were asked for or posted, beside those from closes. No row changes. */
export async function up(db: Kysely<unknown>, kind: DatabaseKind): Promise<void> {
  await (kind === 'sqlite' ? rebuilt(db) : altered(db));
  await sql`create unique index ledger_once on ledger (symbol, horizon, origin_ms, model, (${sql.raw(KIND)}))`.execute(
    db,
  );
  // They are few among those of the schedule.
  await sql`create index ledger_live on ledger (horizon, origin_ms) where cause in ('asked', 'posted')`.execute(db);
}

async function altered(db: Kysely<unknown>): Promise<void> {
  for (const name of ['ledger_once', 'ledger_cause']) {
    await db.schema.alterTable('ledger').dropConstraint(name).execute();
  }
  await db.schema.alterTable('ledger').addCheckConstraint('ledger_cause', CAUSES).execute();
  await db.schema.alterTable('ledger').addCheckConstraint('ledger_at_once', AT_ONCE).execute();
}

/**
 * SQLite cannot change a constraint, so the table is made again with the same rows. Marks and outcomes refer to them: they are checked when the
 * transaction is committed. Removing a table fires no triggers.
 */
async function rebuilt(db: Kysely<unknown>): Promise<void> {
  const columns = sql.raw(COLUMNS.join(', '));
  await sql`pragma defer_foreign_keys = on`.execute(db);
  await sql`create table ledger_copy as select ${columns} from ledger`.execute(db);
  await db.schema.dropTable('ledger').execute();
  await db.schema
    .createTable('ledger')
    .addColumn('sequence', 'integer', (column) => column.notNull().primaryKey())
    .addColumn('cause', 'text', (column) => column.notNull())
    .addColumn('symbol', 'text', (column) => column.notNull())
    .addColumn('interval', 'text', (column) => column.notNull())
    .addColumn('horizon', 'text', (column) => column.notNull())
    .addColumn('origin_ms', 'bigint', (column) => column.notNull())
    .addColumn('target_ms', 'bigint', (column) => column.notNull())
    .addColumn('last_price', 'double precision', (column) => column.notNull())
    .addColumn('quantiles', 'text', (column) => column.notNull())
    .addColumn('p_up', 'double precision', (column) => column.notNull())
    .addColumn('climatology', 'text')
    .addColumn('model', 'text', (column) => column.notNull())
    .addColumn('source', 'text', (column) => column.notNull())
    .addColumn('sentiment_share', 'double precision')
    .addColumn('issued_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('previous_hash', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .addCheckConstraint('ledger_before_outcome', sql`issued_at_ms >= origin_ms and issued_at_ms < target_ms`)
    .addCheckConstraint('ledger_cause', CAUSES)
    .addCheckConstraint('ledger_at_once', AT_ONCE)
    .execute();
  // In the order of the key, so that rows are added at the end.
  await sql`insert into ledger (${columns}) select ${columns} from ledger_copy order by sequence`.execute(db);
  await db.schema.dropTable('ledger_copy').execute();
  await db.schema.createIndex('ledger_by_origin').on('ledger').columns(['horizon', 'origin_ms']).execute();
  await db.schema.createIndex('ledger_by_target').on('ledger').column('target_ms').execute();
  for (const action of ['update', 'delete']) {
    await sql
      .raw(
        `create trigger ledger_no_${action} before ${action} on ledger begin select raise(abort, 'ledger is append-only'); end`,
      )
      .execute(db);
  }
  // INSERT OR REPLACE removes rows without asking the triggers above.
  const [ownKind, newKind] = [KIND, KIND.replaceAll('cause', 'new.cause')];
  const replaced = `sequence = new.sequence or (symbol = new.symbol and horizon = new.horizon and origin_ms = new.origin_ms and model = new.model and ${ownKind} = ${newKind})`;
  await sql
    .raw(
      `create trigger ledger_no_replace before insert on ledger when exists (select 1 from ledger where ${replaced}) begin select raise(abort, 'ledger is append-only'); end`,
    )
    .execute(db);
}
