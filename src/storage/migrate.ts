import { type Kysely, type Migration, Migrator, sql } from 'kysely';
import { CandlecastError } from '../core/errors.ts';
import type { Connection } from './connection.ts';
import * as candles from './migrations/0001-candles.ts';
import * as assets from './migrations/0002-assets.ts';
import * as observations from './migrations/0003-observations.ts';
import * as keyValue from './migrations/0004-key-value.ts';
import * as headlines from './migrations/0005-headlines.ts';
import * as ledger from './migrations/0006-ledger.ts';
import * as subscriptions from './migrations/0007-subscriptions.ts';
import * as jobRuns from './migrations/0008-job-runs.ts';
import * as calibrations from './migrations/0009-calibrations.ts';
import * as paper from './migrations/0010-paper.ts';
import * as coinIdentity from './migrations/0011-coin-identity.ts';
import * as unconfirmedPrices from './migrations/0012-unconfirmed-prices.ts';
import * as privacy from './migrations/0013-privacy.ts';
import * as calibrationHours from './migrations/0014-calibration-hours.ts';
import * as ledgerCauses from './migrations/0015-ledger-causes.ts';
import * as trainingCoins from './migrations/0016-training-coins.ts';
import * as talkHours from './migrations/0017-talk-hours.ts';
import * as widths from './migrations/0018-widths.ts';
import * as record from './migrations/0019-record.ts';
import * as scoreSums from './migrations/0020-score-sums.ts';
import type { Database, DatabaseKind } from './schema.ts';

/** Every migration by its name, in order. A released one is never changed; a change is a new one at the end. */
export const MIGRATIONS = {
  '0001-candles': candles,
  '0002-assets': assets,
  '0003-observations': observations,
  '0004-key-value': keyValue,
  '0005-headlines': headlines,
  '0006-ledger': ledger,
  '0007-subscriptions': subscriptions,
  '0008-job-runs': jobRuns,
  '0009-calibrations': calibrations,
  '0010-paper': paper,
  '0011-coin-identity': coinIdentity,
  '0012-unconfirmed-prices': unconfirmedPrices,
  '0013-privacy': privacy,
  '0014-calibration-hours': calibrationHours,
  '0015-ledger-causes': ledgerCauses,
  '0016-training-coins': trainingCoins,
  '0017-talk-hours': talkHours,
  '0018-widths': widths,
  '0019-record': record,
  '0020-score-sums': scoreSums,
} as const satisfies Record<string, { up(db: Kysely<unknown>, kind: DatabaseKind): Promise<void> }>;

/**
 * Brings the schema up to date, all or nothing, one process at a time; takes no lock when nothing is to be done.
 * Throws `CC_DATABASE` before touching anything when a newer version of this program wrote the database.
 */
export async function migrate(connection: Connection): Promise<void> {
  if (await isCurrent(connection)) return;
  const { db, kind } = connection;
  await db.connection().execute(async (connection) => {
    // Kysely migrates SQLite without a transaction. SQLite can do it in one, whose write lock also keeps other processes out.
    if (kind === 'sqlite') await sql`begin`.execute(connection);
    try {
      await migrateUp(connection, kind);
      if (kind === 'sqlite') await sql`commit`.execute(connection);
    } catch (error) {
      if (kind === 'sqlite') await sql`rollback`.execute(connection).catch(() => undefined);
      throw error;
    }
  });
}

/** Runs the migrations that have not run, up to a name or to the newest; `inTransaction` where the caller has opened a transaction on this connection. */
export async function migrateUp(
  db: Kysely<Database>,
  kind: DatabaseKind,
  { until, inTransaction = false }: { readonly until?: string; readonly inTransaction?: boolean } = {},
): Promise<void> {
  const migrations = Object.fromEntries(
    Object.entries(MIGRATIONS).map(([name, { up }]): [string, Migration] => [name, { up: (to) => up(to, kind) }]),
  );
  const provider = { getMigrations: async () => migrations };
  const migrator = new Migrator({ db, provider, disableTransactions: inTransaction });
  const { error } = await (until === undefined ? migrator.migrateToLatest() : migrator.migrateTo(until));
  if (error !== undefined) throw error;
}

/** Names of the migrations that have run, in order; none where there are no tables. Throws `CC_DATABASE` when a newer version of this program wrote it. */
export async function migrationsOf({ db, label }: Connection): Promise<readonly string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some((table) => table.name === 'kysely_migration')) return [];
  const done = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  const names = done.rows.map((row) => row.name);
  const unknown = names.filter((name) => !Object.hasOwn(MIGRATIONS, name));
  if (unknown.length === 0) return names;
  throw new CandlecastError('CC_DATABASE', `A newer version of Candlecast wrote ${label}.`, {
    remedy: 'Update this copy of Candlecast, or set DATABASE_URL to another database. Nothing was changed.',
    context: { unknownMigrations: unknown },
  });
}

/** Whether the schema is up to date. Throws as {@link migrationsOf}. */
export async function isCurrent(connection: Connection): Promise<boolean> {
  return (await migrationsOf(connection)).length === Object.keys(MIGRATIONS).length;
}
