import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { DatabaseError } from '../core/errors.ts';
import { type Logger, silentLogger } from '../core/logger.ts';
import type { DatabaseSpace } from '../core/owner-report.ts';
import type { MarketKind } from '../core/sources.ts';
import type { Clock } from '../core/time.ts';
import { type AlarmRepository, createAlarmRepository } from './alarm-repository.ts';
import { type AlertStateRepository, createAlertStateRepository } from './alert-state-repository.ts';
import { type AskedOddsRepository, createAskedOddsRepository } from './asked-odds-repository.ts';
import {
  type AssetRepository,
  type CoinSourceRepository,
  createAssetRepository,
  createCoinSourceRepository,
} from './asset-repository.ts';
import { type AuditRepository, createAuditRepository } from './audit-repository.ts';
import {
  type CalibrationRepository,
  createCalibrationRepository,
  createWidthRepository,
  type WidthRepository,
} from './calibration-repository.ts';
import { type CallRepository, createCallRepository } from './call-repository.ts';
import { type CandleCache, createCandleCache } from './candle-cache.ts';
import { createCandleRepository } from './candle-repository.ts';
import { type ChannelFactRepository, createChannelFactRepository } from './channel-fact-repository.ts';
import {
  type Connection,
  createGuard,
  type DatabaseTarget,
  type Guard,
  MEMORY_PATH,
  parseDatabaseUrl,
  secretsOf,
} from './connection.ts';
import { databaseSpace } from './database-space.ts';
import { createExchangeRateRepository, type ExchangeRateRepository } from './exchange-rate-repository.ts';
import { createInteractionCountRepository, type InteractionCountRepository } from './interaction-count-repository.ts';
import { createJobRunRepository, type JobRunRepository } from './job-run-repository.ts';
import { KyselyKeyvStore } from './keyv-store.ts';
import { createLeaseRepository, type LeaseRepository } from './lease-repository.ts';
import { createLedgerRepository, type LedgerRepository } from './ledger-repository.ts';
import { createLiveOutcomeRepository, type LiveOutcomeRepository } from './live-outcome-repository.ts';
import { migrate, schemaState } from './migrate.ts';
import type { ModelStore } from './model-store.ts';
import { createModelTable } from './model-table.ts';
import { createObservationRepository, type ObservationRepository } from './observation-repository.ts';
import { createOddsSumsRepository, type OddsSumsRepository } from './odds-sums-repository.ts';
import { createOutcomeRepository, type OutcomeRepository } from './outcome-repository.ts';
import { createPaperRepository, type PaperRepository } from './paper-repository.ts';
import { createPersonalAlertRepository, type PersonalAlertRepository } from './personal-alert-repository.ts';
import { createPostRepository, type PostRepository } from './post-repository.ts';
import { LONG_POSTGRES_LIMITS, openPostgres } from './postgres.ts';
import { createPrivacyRepository, type PrivacyRepository, privacyOfBoth } from './privacy-repository.ts';
import { createProcessRepository, type ProcessRepository, type ShardLeases } from './process-repository.ts';
import { createRecordPartRepository, type RecordPartRepository } from './record-part-repository.ts';
import { createRecordReader, type RecordReader } from './record-reader.ts';
import { createRecordRepository, type RecordRepository } from './record-repository.ts';
import { createScheduleRepository, type ScheduleRepository } from './schedule-repository.ts';
import { type SumsComparison, sumsProblem } from './score-sums-audit.ts';
import {
  createFearGreedRepository,
  createHeadlineRepository,
  type FearGreedRepository,
  type HeadlineRepository,
} from './sentiment-repository.ts';
import {
  createPreferenceRepository,
  createServerSettingsRepository,
  type PreferenceRepository,
  type ServerSettingsRepository,
} from './settings-repository.ts';
import { openSqlite } from './sqlite.ts';
import { createShardLocks } from './sqlite-shard-locks.ts';
import { createSubscriptionRepository, type SubscriptionRepository } from './subscription-repository.ts';
import { createTalkRepository, type TalkRepository } from './talk-repository.ts';
import { createTrainingCoinRepository, type TrainingCoinRepository } from './training-coin-repository.ts';
import { createTrainingRepository, type TrainingRepository } from './training-repository.ts';
import { createUnconfirmedPriceRepository, type UnconfirmedPriceRepository } from './unconfirmed-price-repository.ts';
import { createWatchRepository, type WatchRepository } from './watch-repository.ts';
import { createWitnessRepository, type WitnessRepository } from './witness-repository.ts';

/** How long the check of the database waits for it. */
const PING_MS = 3_000;

/** The opened database with everything that is kept in it. */
export interface Storage {
  readonly kind: 'sqlite' | 'postgres';
  readonly candles: CandleCache;
  readonly unconfirmed: UnconfirmedPriceRepository;
  readonly assets: AssetRepository;
  readonly coinSources: CoinSourceRepository;
  readonly observations: ObservationRepository;
  readonly calibrations: CalibrationRepository;
  readonly widths: WidthRepository;
  readonly trainingCoins: TrainingCoinRepository;
  /** Models kept in the database; used where it is PostgreSQL, which several processes share. */
  readonly models: ModelStore;
  readonly trainings: TrainingRepository;
  readonly headlines: HeadlineRepository;
  readonly fearGreed: FearGreedRepository;
  readonly talk: TalkRepository;
  readonly ledger: LedgerRepository;
  readonly record: RecordRepository;
  readonly recordParts: RecordPartRepository;
  readonly audit: AuditRepository;
  readonly recordReader: RecordReader;
  readonly witnesses: WitnessRepository;
  readonly jobRuns: JobRunRepository;
  readonly outcomes: OutcomeRepository;
  readonly liveOutcomes: LiveOutcomeRepository;
  readonly schedule: ScheduleRepository;
  readonly subscriptions: SubscriptionRepository;
  readonly posts: PostRepository;
  readonly alertStates: AlertStateRepository;
  readonly personalAlerts: PersonalAlertRepository;
  readonly leases: LeaseRepository;
  readonly alarms: AlarmRepository;
  readonly paper: PaperRepository;
  readonly exchangeRates: ExchangeRateRepository;
  readonly preferences: PreferenceRepository;
  readonly watches: WatchRepository;
  readonly calls: CallRepository;
  readonly askedOdds: AskedOddsRepository;
  readonly oddsSums: OddsSumsRepository;
  readonly privacy: PrivacyRepository;
  readonly processes: ProcessRepository;
  readonly interactionCounts: InteractionCountRepository;
  /** Which of the processes on the database answers for which shards; null where no other process can use it. */
  readonly shardLeases: ShardLeases | null;
  readonly channelFacts: ChannelFactRepository;
  readonly serverSettings: ServerSettingsRepository;
  /** A Keyv store over the same database for small keyed values; one table, with namespaces. */
  readonly keyValueStore: import('keyv').KeyvStoreAdapter;
  /** Compares the sums of scores with the forecasts and outcomes they are made from; what is wrong with them, or null. Throws `CC_DATABASE`. */
  sumsProblem(signal?: AbortSignal, comparison?: SumsComparison): Promise<string | null>;
  /** Rows of every table that grows with time. */
  rowCounts(): Promise<Readonly<Record<string, number>>>;
  /** Reads and writes a row, which proves that the database answers and takes what is new; throws `CC_DATABASE`, after 3 s at most. */
  ping(): Promise<void>;
  /** Reads the whole SQLite file; what is wrong with it, or null. PostgreSQL checks itself. Throws `CC_DATABASE`. */
  integrityProblem(): Promise<string | null>;
  /** How much room the database has left; null where nobody knows. PostgreSQL takes `limitBytes` at most, where that is given. Throws `CC_DATABASE`. */
  space(limitBytes: number | null): Promise<DatabaseSpace | null>;
  /** The newest failure of the database; null where there was none since it was opened. */
  lastFailure(): { readonly atMs: number; readonly message: string } | null;
  close(): Promise<void>;
}

/** Options beside the address of a database. */
export interface StorageOptions {
  readonly now: Clock;
  readonly logger?: Logger;
  /**
   * Which market the candles describe; default `live`. Of `csv`, candles, observations and the coin list are
   * kept in memory, apart from the database; of `simulated`, everything is, and the database is not even opened. So they
   * neither mix with live ones nor outlive their source.
   */
  readonly market?: MarketKind;
  /** File of its own for a simulated market, instead of memory; for the soak test, which lasts longer than memory does. */
  readonly simulatedFile?: string | undefined;
}

/**
 * Opens the database and brings its schema up to date. One a process is enough: two on the same SQLite file would wait
 * for each other on one thread.
 * Throws `CC_CONFIG_INVALID` for an invalid address and `CC_DATABASE` with the remedy when the database
 * cannot be opened, is damaged, or was written by a newer version. No message or cause holds the password.
 */
export async function openStorage(databaseUrl: string, options: StorageOptions): Promise<Storage> {
  const { now, logger = silentLogger, market = 'live', simulatedFile } = options;
  const simulated = simulatedFile === undefined ? MEMORY : parseDatabaseUrl(`sqlite:${simulatedFile}`);
  const target = market === 'simulated' ? simulated : parseDatabaseUrl(databaseUrl);
  let lastFailure: ReturnType<Storage['lastFailure']> = null;
  const secrets = target.kind === 'postgres' ? secretsOf(target) : [];
  const guard = createGuard(target.label, secrets, ({ message }) => {
    lastFailure = { atMs: now(), message };
  });
  const main = await openMigrated(target, guard, logger);
  const series = market === 'csv' ? await openMigrated(MEMORY, guard, logger) : main;
  const isInMemory = series !== main || (target.kind === 'sqlite' && target.path === MEMORY_PATH);

  const processes = createProcessRepository(main.db, main.kind, guard);

  return {
    kind: main.kind,
    candles: createCandleCache(createCandleRepository(series.db, guard, market), now, series.othersStamp),
    unconfirmed: createUnconfirmedPriceRepository(series.db, guard, series.tableStamp),
    assets: createAssetRepository(series.db, guard),
    coinSources: createCoinSourceRepository(series.db, guard),
    observations: createObservationRepository(series.db, guard),
    calibrations: createCalibrationRepository(series.db, guard),
    widths: createWidthRepository(series.db, guard, series.tableStamp),
    trainingCoins: createTrainingCoinRepository(series.db, guard),
    models: createModelTable({ db: main.db, kind: main.kind, guard, now }),
    trainings: createTrainingRepository(main.db, main.kind, guard),
    // Headlines are real also where candles come from files, so they stay in the database.
    headlines: createHeadlineRepository(main.db, guard),
    fearGreed: createFearGreedRepository(main.db, guard),
    talk: createTalkRepository(main.db, guard),
    // Files use live tickers, so forecasts from them stay with their candles.
    ledger: createLedgerRepository({ db: series.db, kind: series.kind, guard, now }),
    recordReader: createRecordReader(series.db, guard),
    record: createRecordRepository({ db: series.db, kind: series.kind, guard, now }),
    witnesses: createWitnessRepository(series.db, main.db, guard),
    recordParts: createRecordPartRepository(series.db, guard),
    audit: createAuditRepository({ db: series.db, kind: series.kind, guard, now }),
    jobRuns: createJobRunRepository(series.db, guard),
    outcomes: createOutcomeRepository(series.db, series.kind, guard),
    liveOutcomes: createLiveOutcomeRepository(series.db, series.kind, guard),
    schedule: createScheduleRepository({ db: series.db, kind: series.kind, guard }),
    subscriptions: createSubscriptionRepository(main.db, main.kind, guard, main.tableStamp),
    posts: createPostRepository(main.db, main.kind, guard, main.tableStamp),
    alertStates: createAlertStateRepository(main.db, main.kind, guard, main.tableStamp),
    personalAlerts: createPersonalAlertRepository(main.db, main.kind, guard),
    leases: createLeaseRepository(main.db, main.kind, guard, now),
    alarms: createAlarmRepository(main.db, guard),
    space: (limitBytes) => guard('measure', () => databaseSpace(target, main, limitBytes)),
    // In the database of the ledger whose forecasts it follows.
    paper: createPaperRepository(series.db, guard),
    exchangeRates: createExchangeRateRepository(main.db, guard),
    preferences: createPreferenceRepository(main.db, guard),
    watches: createWatchRepository(main.db, main.kind, guard),
    calls: createCallRepository(main.db, main.kind, guard),
    askedOdds: createAskedOddsRepository(series.db, series.kind, guard),
    oddsSums: createOddsSumsRepository(series.db, series.kind, guard),
    privacy:
      series === main
        ? createPrivacyRepository(main.db, main.kind, guard)
        : privacyOfBoth(
            createPrivacyRepository(main.db, main.kind, guard),
            createPrivacyRepository(series.db, series.kind, guard),
          ),
    processes,
    interactionCounts: createInteractionCountRepository(main.db, guard),
    shardLeases:
      target.kind === 'postgres'
        ? processes
        : target.path === MEMORY_PATH
          ? null
          : createShardLocks(target.path, guard),
    channelFacts: createChannelFactRepository(main.db, main.kind, guard),
    serverSettings: createServerSettingsRepository(main.db, guard),
    // A new object each time it is read: Keyv writes its namespace on it.
    get keyValueStore() {
      return new KyselyKeyvStore({ db: main.db, kind: main.kind, now, guard });
    },
    sumsProblem: (signal, comparison) =>
      // No other thread sees a database in memory.
      guard('read the ledger in', () => sumsProblem(series.db, signal, isInMemory ? undefined : comparison)),
    rowCounts: () =>
      guard('read from', async () => {
        const counts: Record<string, number> = {};
        for (const table of GROWING) {
          const { n } = await series.db
            .selectFrom(table)
            .select(({ fn }) => fn.countAll<number>().as('n'))
            .executeTakeFirstOrThrow();
          counts[table] = Number(n);
        }
        return counts;
      }),
    async ping() {
      const answer = guard('read from', async () => {
        await main.db.selectFrom('candles').select('open_time_ms').limit(1).execute();
        await new KyselyKeyvStore({ db: main.db, kind: main.kind, now, guard }).set('storage:ping', String(now()));
        return true;
      });
      // It fails after the wait too, when nobody listens any more.
      answer.catch(() => {});
      if (await Promise.race([answer, delay(PING_MS, false, { ref: false })])) return;
      const problem = `it does not answer within ${PING_MS / 1_000} seconds`;
      throw new DatabaseError(`Cannot write to ${target.label}: ${problem}.`, problem, {
        retryable: true,
        remedy: 'Stop the other program that uses the same database, or try again.',
      });
    },
    async integrityProblem() {
      if (main.kind === 'postgres') return null;
      const { rows } = await guard('check', () => sql<{ quick_check: string }>`pragma quick_check(1)`.execute(main.db));
      const found = rows[0]?.quick_check ?? 'ok';
      return found === 'ok' ? null : found;
    },
    lastFailure: () => lastFailure,
    close: () =>
      guard('close', async () => {
        await main.db.destroy();
        if (series !== main) await series.db.destroy();
      }),
  };
}

const GROWING = [
  'candles',
  'headlines',
  'ledger',
  'outcomes',
  'score_sums',
  'odds_events',
  'odds_sums',
  'posts',
  'job_runs',
  'paper_events',
] as const;

const MEMORY: DatabaseTarget = { kind: 'sqlite', path: MEMORY_PATH, label: 'the SQLite database in memory' };

function openMigrated(target: DatabaseTarget, guard: Guard, logger: Logger): Promise<Connection> {
  return guard('open', async () => {
    const { label } = target;
    const connection =
      target.kind === 'sqlite' ? openSqlite(target.path, label) : openPostgres(target.url, label, logger);
    try {
      const { isCurrent, isNewer } = await schemaState(connection);
      if (isNewer) logger.warn({}, 'a newer version of Candlecast has added to the database; this one can go on');
      if (!isCurrent) await migrateTarget(target, connection, logger);
    } catch (error) {
      await connection.db.destroy().catch(() => undefined);
      throw error;
    }
    return connection;
  });
}

/** Migrates over a connection that may take its time: building an index over years of candles takes longer than an answer may. */
async function migrateTarget(
  target: DatabaseTarget,
  connection: Connection,
  logger: Logger,
): Promise<readonly string[]> {
  if (target.kind === 'sqlite') return migrate(connection);
  const patient = openPostgres(target.url, target.label, logger, LONG_POSTGRES_LIMITS);
  return migrate(patient).finally(() => patient.db.destroy());
}

/** Brings the schema of a database up to date without starting anything on it; returns the migrations that ran. Throws as {@link openStorage}. */
export async function migrateDatabase(databaseUrl: string): Promise<readonly string[]> {
  const target = parseDatabaseUrl(databaseUrl);
  const guard = createGuard(target.label, target.kind === 'postgres' ? secretsOf(target) : []);
  return guard('open', async () => {
    const connection =
      target.kind === 'sqlite'
        ? openSqlite(target.path, target.label)
        : openPostgres(target.url, target.label, silentLogger, LONG_POSTGRES_LIMITS);
    return migrate(connection).finally(() => connection.db.destroy());
  });
}
