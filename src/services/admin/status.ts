import { asCandlecastError } from '../../core/errors.ts';
import type { SourceHealth } from '../../core/market.ts';
import type { StatusReport } from '../../core/status.ts';
import { type Clock, MINUTE_MS } from '../../core/time.ts';
import type { Storage } from '../../storage/open-storage.ts';
import type { ModelRegistry } from '../models/model-registry.ts';

/** What `/status` shows. */
export interface StatusService {
  status(): Promise<StatusReport>;
}

/** What the status is put together from. */
export interface StatusParts {
  readonly version: string;
  readonly node: string;
  readonly surface: StatusReport['surface'];
  readonly trackedSymbols: number;
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
  /** Absent where no posts are sent. */
  readonly posts?: (() => Promise<StatusReport['posts']>) | undefined;
  /** Absent where no jobs run, as for a command in the terminal. */
  readonly jobs?: (() => Promise<StatusReport['jobs']>) | undefined;
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

  return {
    async status() {
      return {
        version: parts.version,
        node: parts.node,
        startedAtMs,
        nowMs: parts.now(),
        surface: parts.surface,
        simulated: parts.simulated(),
        clock: parts.clock(),
        sources: parts.sources(),
        models: await parts.models.status(),
        drift: await parts.drift(),
        ...(await database()),
        trackedSymbols: parts.trackedSymbols,
        ...(await learning()),
        discord: parts.discord?.() ?? null,
        posts: (await parts.posts?.()) ?? null,
        longestBlock: parts.longestBlock?.() ?? null,
        ...(await jobs()),
      };
    },
  };
}
