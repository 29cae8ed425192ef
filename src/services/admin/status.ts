import { asCandlecastError } from '../../core/errors.ts';
import type { SourceHealth } from '../../core/market.ts';
import { type ProcessReport, type RunningProcess, shardConflicts } from '../../core/processes.ts';
import type { StatusReport } from '../../core/status.ts';
import { type Clock, MINUTE_MS } from '../../core/time.ts';
import type { Storage } from '../../storage/open-storage.ts';
import type { ModelRegistry } from '../models/model-registry.ts';

/** What `/status` shows. */
export interface StatusService {
  status(): Promise<StatusReport>;
}

/** A process with what it reports. */
type ReportingProcess = RunningProcess & { readonly report: ProcessReport };

/** What other processes tell of themselves. */
export interface StatusCluster {
  /** The id of this process among them. */
  readonly id: string;
  alive(): Promise<readonly ReportingProcess[]>;
  /** Whether a process of that role runs that job. */
  runsJob(role: RunningProcess['role'], job: string): boolean;
}

/** What the status is put together from. */
export interface StatusParts {
  readonly version: string;
  readonly node: string;
  readonly surface: StatusReport['surface'];
  readonly trackedSymbols: number;
  /** Close that the newest recorded forecast counts from; null where none is recorded. */
  readonly newestForecastMs: () => Promise<number | null>;
  readonly storage: Pick<
    Storage,
    'kind' | 'ping' | 'candles' | 'unconfirmed' | 'subscriptions' | 'posts' | 'lastFailure'
  >;
  readonly models: ModelRegistry;
  readonly drift: () => Promise<StatusReport['drift']>;
  readonly clock: () => StatusReport['clock'];
  readonly sources: () => readonly SourceHealth[];
  readonly simulated: () => boolean;
  /** The training under way, in this process or in another. */
  readonly training: () => Promise<StatusReport['training']>;
  readonly retrainings: () => Promise<StatusReport['retrainings']>;
  /** Absent where no candles are kept to learn from. */
  readonly universe?: (() => Promise<StatusReport['universe']>) | undefined;
  /** The connection to Discord; absent where there is none. */
  readonly discord?: (() => StatusReport['discord']) | undefined;
  /** Exchange rates; absent where none are read. */
  readonly rates?: (() => Promise<StatusReport['rates']>) | undefined;
  /** Absent where no posts are sent. */
  readonly posts?: (() => Promise<StatusReport['posts']>) | undefined;
  /** Absent where no jobs run, as for a command in the terminal. */
  readonly jobs?: (() => Promise<StatusReport['jobs']>) | undefined;
  /** The processes that share the database; absent where no other can. */
  readonly cluster?: StatusCluster | undefined;
  /** Absent where nothing watches the main thread. */
  readonly longestBlock?: (() => StatusReport['longestBlock']) | undefined;
  readonly now: Clock;
}

/** A subscription whose next post is not queued this long after its time counts as overdue; normally that takes a minute. */
const UNPLANNED_MS = 5 * MINUTE_MS;
/** A queued post counts as overdue after this: ten thousand of one minute take about five. */
const UNSENT_MS = 15 * MINUTE_MS;
/** How long a failure of the database is shown after it happened. */
const RECENT_MS = 15 * MINUTE_MS;

/** Forecasts of all tracked coins are recorded at the same closes; more than one is looked at because one's price may be unconfirmed. */
const LOOKED_AT = 3;

/** The close that the newest recorded forecast of the first tracked coins counts from; null where there is none. Throws `CC_DATABASE`. */
export async function newestForecast(
  { ledger }: Pick<Storage, 'ledger'>,
  symbols: readonly string[],
  nowMs: number,
): Promise<number | null> {
  const asked = symbols
    .slice(0, LOOKED_AT)
    .flatMap((symbol) => (['1h', '1d'] as const).map((horizon) => [symbol, horizon] as const));
  const found = await Promise.all(asked.map(([symbol, horizon]) => ledger.newestFrom(symbol, horizon, nowMs, nowMs)));
  const origins = found.flatMap((entry) => (entry === null ? [] : [entry.originMs]));
  return origins.length === 0 ? null : Math.max(...origins);
}

/** Posts that should have gone out minutes ago, queued or not. Throws `CC_DATABASE`. */
export async function overduePosts(
  { subscriptions, posts }: Pick<Storage, 'subscriptions' | 'posts'>,
  nowMs: number,
): Promise<number> {
  return (await subscriptions.overdue(nowMs - UNPLANNED_MS)) + (await posts.overdue(nowMs - UNSENT_MS));
}

/** Makes the status service; its clock starts now. */
export function createStatusService(parts: StatusParts): StatusService {
  const startedAtMs = parts.now();

  /** A row that fits does not prove that the next thousand will, as on a disk that is almost full. */
  function recentFailure(): string | null {
    const failure = parts.storage.lastFailure();
    if (failure === null || parts.now() - failure.atMs > RECENT_MS) return null;
    return `within the last ${RECENT_MS / MINUTE_MS} minutes: ${failure.message}`;
  }

  async function database(): Promise<Pick<StatusReport, 'database' | 'unconfirmed'>> {
    const { kind } = parts.storage;
    try {
      await parts.storage.ping();
      const candles = await parts.storage.candles.count();
      const unconfirmed = await parts.storage.unconfirmed.all();
      return { database: { kind, ok: true, candles, problem: recentFailure() }, unconfirmed };
    } catch (error) {
      const { message } = asCandlecastError(error);
      return { database: { kind, ok: false, candles: 0, problem: message }, unconfirmed: [] };
    }
  }

  async function jobs(): Promise<Pick<StatusReport, 'jobs' | 'jobsProblem' | 'overduePosts'>> {
    if (!parts.jobs) return { jobs: [], jobsProblem: null, overduePosts: 0 };
    try {
      const overdue = await overduePosts(parts.storage, parts.now());
      return { jobs: await parts.jobs(), jobsProblem: null, overduePosts: overdue };
    } catch (error) {
      return { jobs: [], jobsProblem: asCandlecastError(error).message, overduePosts: 0 };
    }
  }

  /** A database that does not answer is told by its own check. */
  async function learning(): Promise<Pick<StatusReport, 'universe' | 'retrainings' | 'training'>> {
    try {
      const training = await parts.training();
      return { training, universe: (await parts.universe?.()) ?? [], retrainings: await parts.retrainings() };
    } catch {
      return { training: null, universe: [], retrainings: [] };
    }
  }

  /** Those that run, as far as the database tells. */
  async function others(): Promise<readonly ReportingProcess[]> {
    try {
      return (await parts.cluster?.alive()) ?? [];
    } catch {
      return [];
    }
  }

  /** Kinds of jobs that no process runs, each with its newest run. */
  function unserved(
    running: readonly ReportingProcess[],
    { jobs: all, jobsProblem }: Pick<StatusReport, 'jobs' | 'jobsProblem'>,
  ): StatusReport['unserved'] {
    const { cluster } = parts;
    if (!cluster || jobsProblem !== null || running.length === 0) return [];
    return (['worker', 'trainer'] as const).flatMap((role) => {
      const own = all.filter(({ name }) => cluster.runsJob(role, name));
      const served =
        own.length === 0 || running.some((one) => own.every(({ name }) => cluster.runsJob(one.role, name)));
      const ends = own.flatMap(({ lastRun }) => (lastRun ? [lastRun.endedMs] : []));
      return served ? [] : [{ role, sinceMs: ends.length > 0 ? Math.max(...ends) : null }];
    });
  }

  return {
    async status() {
      // Beside each other: while the database does not answer, each waits for its time limit.
      const [running, jobsStatus, models, drift, databaseStatus, learnt, postsStatus, newestForecastMs, rates] =
        await Promise.all([
          others(),
          jobs(),
          parts.models.status(),
          parts.drift(),
          database(),
          learning(),
          parts.posts?.() ?? null,
          parts.newestForecastMs().catch(() => 'unknown' as const),
          // A database that does not answer is told by its own check.
          parts.rates?.().catch(() => null) ?? null,
        ]);
      const foreign = running.filter(({ id }) => id !== parts.cluster?.id);
      return {
        version: parts.version,
        node: parts.node,
        startedAtMs,
        nowMs: parts.now(),
        surface: parts.surface,
        simulated: parts.simulated(),
        clock: parts.clock(),
        sources: newestHealth([...parts.sources(), ...foreign.flatMap(({ report }) => report.sources)]),
        models,
        drift,
        ...databaseStatus,
        trackedSymbols: parts.trackedSymbols,
        newestForecastMs,
        ...learnt,
        discord: parts.discord?.() ?? null,
        posts: postsStatus,
        rates: rates ?? null,
        longestBlock: parts.longestBlock?.() ?? null,
        ...jobsStatus,
        unserved: unserved(running, jobsStatus),
        shardConflicts: shardConflicts(running),
        processes: running.map(({ report: { problems, clock, memoryBytes }, ...process }) => ({
          ...process,
          problems,
          clock,
          memoryBytes,
        })),
      };
    },
  };
}

/** Each source once, as the process saw it that asked it last. */
function newestHealth(all: readonly SourceHealth[]): readonly SourceHealth[] {
  const askedMs = ({ lastSuccessMs, lastFailure }: SourceHealth) =>
    Math.max(lastSuccessMs ?? 0, lastFailure?.atMs ?? 0);
  const newest = new Map<string, SourceHealth>();
  for (const one of all) {
    const key = `${one.kind} ${one.name}`;
    const known = newest.get(key);
    if (!known || askedMs(one) > askedMs(known)) newest.set(key, one);
  }
  return [...newest.values()];
}
