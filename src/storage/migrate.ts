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
import * as schemaReaders from './migrations/0021-schema-readers.ts';
import * as models from './migrations/0022-models.ts';
import * as alarms from './migrations/0023-alarms.ts';
import * as trainings from './migrations/0024-trainings.ts';
import * as processes from './migrations/0025-processes.ts';
import * as preferences from './migrations/0026-preferences.ts';
import * as serverSettings from './migrations/0027-server-settings.ts';
import * as watches from './migrations/0028-watches.ts';
import * as interactionCounts from './migrations/0029-interaction-counts.ts';
import * as exchangeRates from './migrations/0030-exchange-rates.ts';
import * as calls from './migrations/0031-calls.ts';
import * as personalAlerts from './migrations/0032-personal-alerts.ts';
import * as odds from './migrations/0033-odds.ts';
import * as coveredChains from './migrations/0034-covered-chains.ts';
import * as weeklyCalls from './migrations/0035-weekly-calls.ts';
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
  '0021-schema-readers': schemaReaders,
  '0022-models': models,
  '0023-alarms': alarms,
  '0024-trainings': trainings,
  '0025-processes': processes,
  '0026-preferences': preferences,
  '0027-server-settings': serverSettings,
  '0028-watches': watches,
  '0029-interaction-counts': interactionCounts,
  '0030-exchange-rates': exchangeRates,
  '0031-calls': calls,
  '0032-personal-alerts': personalAlerts,
  '0033-odds': odds,
  '0034-covered-chains': coveredChains,
  '0035-weekly-calls': weeklyCalls,
} as const satisfies Record<string, { up(db: Kysely<unknown>, kind: DatabaseKind): Promise<void> }>;

/**
 * The oldest migration that a version of the program must know to work on this schema. During a rolling deployment the version before runs on the
 * schema of the next one. A migration that takes away or changes what older versions use is named here.
 */
const READABLE_SINCE: keyof typeof MIGRATIONS = '0021-schema-readers';

/**
 * Brings the schema up to date, all or nothing, one process at a time; takes no lock when nothing is to be done. Returns the names of the migrations
 * that it ran. Throws `CC_DATABASE` before touching anything when a newer version of this program wrote the database and says that this one
 * cannot work on it.
 */
export async function migrate(connection: Connection): Promise<readonly string[]> {
  const state = await schemaState(connection);
  if (state.isCurrent) return [];
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
  return Object.keys(MIGRATIONS).filter((name) => !state.done.includes(name));
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
  if (until === undefined)
    await sql`
      insert into schema_readers (id, newest, since) values (1, ${Object.keys(MIGRATIONS).at(-1)!}, ${READABLE_SINCE})
      on conflict (id) do update set newest = excluded.newest, since = excluded.since`.execute(db);
}

/** Names of the migrations that have run, in order; none where there are no tables. */
async function executed({ db }: Connection): Promise<readonly string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some((table) => table.name === 'kysely_migration')) return [];
  const done = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  return done.rows.map((row) => row.name);
}

const isKnown = (name: string) => Object.hasOwn(MIGRATIONS, name);

/** Names of the migrations that have run, in order; none where there are no tables. Throws `CC_DATABASE` when a newer version of this program wrote it. */
export async function migrationsOf(connection: Connection): Promise<readonly string[]> {
  const names = await executed(connection);
  if (names.every(isKnown)) return names;
  throw newerVersion(connection, names);
}

function newerVersion({ label }: Connection, names: readonly string[]): CandlecastError {
  return new CandlecastError('CC_DATABASE', `A newer version of Candlecast wrote ${label}.`, {
    remedy: 'Update this copy of Candlecast, or set DATABASE_URL to another database. Nothing was changed.',
    context: { unknownMigrations: names.filter((name) => !isKnown(name)) },
  });
}

/** How far a schema is. */
export interface SchemaState {
  /** Migrations that have run, in order. */
  readonly done: readonly string[];
  /** Whether all that this version knows have run. */
  readonly isCurrent: boolean;
  /** Whether a newer version has added to it, and says that this one can go on working. */
  readonly isNewer: boolean;
}

/** Reads how far the schema is. Throws `CC_DATABASE` when a newer version of this program wrote it and does not say that this one can work on it. */
export async function schemaState(connection: Connection): Promise<SchemaState> {
  const done = await executed(connection);
  const isCurrent = Object.keys(MIGRATIONS).every((name) => done.includes(name));
  if (done.every(isKnown)) return { done, isCurrent, isNewer: false };
  const { rows } = done.includes('0021-schema-readers')
    ? await sql<{ newest: string; since: string }>`select newest, since from schema_readers`.execute(connection.db)
    : { rows: [] };
  const said = rows[0]?.newest === done.at(-1) ? rows[0] : undefined;
  if (!isCurrent || !said || !isKnown(said.since)) throw newerVersion(connection, done);
  return { done, isCurrent, isNewer: true };
}
