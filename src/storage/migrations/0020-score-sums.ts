import { type Kysely, sql } from 'kysely';
import type { Database, DatabaseKind } from '../schema.ts';
import { rebuildSums } from '../score-sums-audit.ts';

/** A coin whose last scheduled forecast is older than this against the newest of all was not tracked any more. */
const STILL_TRACKED_MS = 14 * 86_400_000;

/**
 * Keeps sums of scores by day, the coins that are tracked, and the scheduled forecasts that were missed. Of an earlier ledger the sums are counted
 * from its rows, and a coin is taken as tracked since its first scheduled forecast.
 */
export async function up(db: Kysely<unknown>, kind: DatabaseKind): Promise<void> {
  const bytes = sql.raw(kind === 'sqlite' ? 'blob' : 'bytea');
  // The rows of a coin lie beside each other, by day.
  const end = sql.raw(kind === 'sqlite' ? 'without rowid' : '');
  await db.schema
    .createTable('score_sums')
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('horizon', 'text', (column) => column.notNull())
    .addColumn('symbol', 'text', (column) => column.notNull())
    .addColumn('day_ms', 'bigint', (column) => column.notNull())
    .addColumn('model', 'text', (column) => column.notNull())
    .addColumn('issued', 'integer', (column) => column.notNull())
    .addColumn('scored', 'integer', (column) => column.notNull())
    .addColumn('sums', bytes)
    .addPrimaryKeyConstraint('score_sums_key', ['kind', 'horizon', 'symbol', 'day_ms', 'model'])
    .modifyEnd(end)
    .execute();
  await db.schema
    .createTable('tracked_coins')
    .addColumn('interval', 'text', (column) => column.notNull())
    .addColumn('symbol', 'text', (column) => column.notNull())
    .addColumn('from_ms', 'bigint', (column) => column.notNull())
    .addColumn('until_ms', 'bigint')
    .addPrimaryKeyConstraint('tracked_coins_key', ['interval', 'symbol', 'from_ms'])
    .modifyEnd(end)
    .execute();
  await db.schema
    .createTable('missed_forecasts')
    .addColumn('horizon', 'text', (column) => column.notNull())
    .addColumn('origin_ms', 'bigint', (column) => column.notNull())
    .addColumn('symbol', 'text', (column) => column.notNull())
    .addColumn('reason', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('missed_forecasts_key', ['horizon', 'origin_ms', 'symbol'])
    .modifyEnd(end)
    .execute();
  await sql`
    insert into tracked_coins (${sql.ref('interval')}, symbol, from_ms, until_ms)
    select c.${sql.ref('interval')}, c.symbol, c.first_ms, case when c.last_ms < a.last_ms - ${sql.lit(STILL_TRACKED_MS)} then c.last_ms + 1 end
    from (
      select l.${sql.ref('interval')}, l.symbol, min(l.origin_ms) as first_ms, max(l.origin_ms) as last_ms from ledger as l
      where l.cause = 'scheduled' or (l.cause = 'on-demand' and exists (select 1 from ledger_marks as m where m.sequence = l.sequence))
      group by l.${sql.ref('interval')}, l.symbol) as c
    join (select ${sql.ref('interval')}, max(origin_ms) as last_ms from ledger where cause = 'scheduled' group by ${sql.ref('interval')}) as a
      on a.${sql.ref('interval')} = c.${sql.ref('interval')}`.execute(db);
  // The sums follow from the ledger, so a later form of them replaces this step.
  await rebuildSums(db as Kysely<Database>);
}
