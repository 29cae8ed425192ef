import type { Clock, Sleep } from '../core/time.ts';
import type { RedisLink } from './redis.ts';

/** Leases in the database, by its own clock where it has one. */
export interface TurnLeases {
  /** Takes a lease for that long, or extends one that `owner` holds; false while another holds it. Throws `CC_DATABASE`. */
  takeFor(name: string, owner: string, ms: number): Promise<boolean>;
  /** Ends a lease that `owner` holds. Throws `CC_DATABASE`. */
  release(name: string, owner: string): Promise<void>;
}

/** Who may publish: any number of processes that count together in Redis, or one that counts alone; never both at a time. */
export interface PublishingTurn {
  /** How this process may publish at the moment: together with others, alone, or not at all. Never rejects. */
  mode(): Promise<'together' | 'alone' | null>;
  /** Whether it may publish; throws `CC_DATABASE` where the database does not say. */
  hold(): Promise<boolean>;
  /** Lets another process publish, where this one publishes alone. Throws `CC_DATABASE`. */
  release(): Promise<void>;
}

/** What a turn is made of. */
export interface PublishingTurnOptions {
  readonly leases: TurnLeases;
  /** Null where processes do not share a Redis. */
  readonly redis: RedisLink | null;
  /** Different for every process. */
  readonly owner: string;
  readonly monotonic: Clock;
  readonly sleep: Sleep;
  /** How long a turn lasts that is not extended: after the loss of Redis, or of the process that publishes alone, nobody publishes for so long. */
  readonly leaseMs?: number;
}

const LEASE = 'publishing';
/** The owner that all processes which count in Redis have in common. */
const TOGETHER = 'all that count in Redis';
const LEASE_MS = 10_000;
/** Shares of the lease: when it is extended, and when this process stops to rely on it, which leaves a second for what is under way. */
const RENEW_AFTER = 0.3;
const RELY_FOR = 0.8;
const RETRY_MS = 500;
const ANSWER_LIMIT_MS = 1_000;

/**
 * Makes the turn. It is one lease in the database, held by one process or by all that count in Redis: so those that see Redis and those that do
 * not can never publish at the same time, whichever part of the network fails.
 */
export function createPublishingTurn(options: PublishingTurnOptions): PublishingTurn {
  const { leases, redis, owner, monotonic, sleep, leaseMs = LEASE_MS } = options;
  let held: { readonly mode: 'together' | 'alone'; readonly fromMs: number } | null = null;
  let asking: Promise<void> | null = null;
  let notBeforeMs = Number.NEGATIVE_INFINITY;
  let failure: unknown = null;
  const wanted = () => (redis?.isUp() ? 'together' : 'alone');
  const usable = () =>
    held !== null && held.mode === wanted() && monotonic() < held.fromMs + RELY_FOR * leaseMs ? held.mode : null;

  async function askDatabase(): Promise<void> {
    const mode = wanted();
    // Before the question: the lease in the database begins later than this.
    const fromMs = monotonic();
    try {
      if (mode === 'together' && held?.mode === 'alone') {
        held = null;
        await leases.release(LEASE, owner);
      }
      const taken = await leases.takeFor(LEASE, mode === 'together' ? TOGETHER : owner, leaseMs);
      failure = null;
      if (taken) held = { mode, fromMs };
      else notBeforeMs = monotonic() + RETRY_MS;
    } catch (error) {
      failure = error;
      notBeforeMs = monotonic() + RETRY_MS;
    }
  }

  function ask(): Promise<void> {
    asking ??= askDatabase().finally(() => {
      asking = null;
    });
    return asking;
  }

  async function mode(): Promise<'together' | 'alone' | null> {
    const ready = usable();
    const nowMs = monotonic();
    if (ready) {
      if (nowMs >= held!.fromMs + RENEW_AFTER * leaseMs && nowMs >= notBeforeMs) void ask();
      return ready;
    }
    if (nowMs >= notBeforeMs || asking) {
      const answered = new AbortController();
      await Promise.race([ask(), sleep(ANSWER_LIMIT_MS, answered.signal).catch(() => undefined)]);
      answered.abort();
    }
    return usable();
  }

  return {
    mode,
    async hold() {
      if ((await mode()) !== null) return true;
      if (failure !== null) throw failure;
      return false;
    },
    async release() {
      if (held?.mode !== 'alone') return;
      held = null;
      // An extension that is under way would come after the release.
      await asking;
      held = null;
      await leases.release(LEASE, owner);
    },
  };
}
