import { orAborted } from '../core/concurrency.ts';
import type { Clock, Sleep } from '../core/time.ts';
import type { TurnLeases } from './publishing-turn.ts';
import { KEY_PREFIX, type RedisLink } from './redis.ts';

/** Spaces the identifications of shards over all processes: Discord takes one every five seconds of each bucket, and ends others. */
export interface IdentifyTurns {
  /** Resolves when a shard of that bucket may identify, which has to follow at once. Rejects with the signal's reason. */
  wait(bucket: number, signal: AbortSignal): Promise<void>;
}

/** What turns are made of. */
export interface IdentifyTurnsOptions {
  readonly redis: RedisLink | null;
  readonly leases: TurnLeases;
  /** Different for every bot, so that two may share a Redis. */
  readonly bot: string;
  /** Different for every process. */
  readonly owner: string;
  readonly monotonic: Clock;
  readonly sleep: Sleep;
}

/** Discord's five seconds, and what a message may be late. */
const SPACING_MS = 5_500;
/** Less, so that Redis, which is asked second, is free again when the database is. */
const REDIS_SPACING_MS = 5_100;
const POLL_MS = 250;
const DATABASE_LIMIT_MS = 1_000;

/**
 * Makes the turns. Both the database and Redis are asked, and each that answers has to grant it: so nothing is granted early when one of them goes
 * away or comes back. A process that reaches neither spaces its own shards.
 */
export function createIdentifyTurns(options: IdentifyTurnsOptions): IdentifyTurns {
  const { redis, leases, bot, owner, monotonic, sleep } = options;
  const lastMs = new Map<number, number>();
  let taken = 0;

  /** True and false as the database says, null where it does not answer. */
  async function askDatabase(bucket: number): Promise<boolean | null> {
    // Another owner each time, because a lease can be extended by its own.
    const asked = leases.takeFor(`identify ${bucket}`, `${owner}, shard ${++taken}`, SPACING_MS);
    const answered = new AbortController();
    const silent = sleep(DATABASE_LIMIT_MS, answered.signal).then(
      () => null,
      () => null,
    );
    const answer = await Promise.race([asked.catch(() => null), silent]);
    answered.abort();
    return answer;
  }

  const askRedis = async (bucket: number): Promise<boolean | null> => {
    const answer = await redis?.ask((client) =>
      client.set(`${KEY_PREFIX}identify:${bot}:${bucket}`, '1', 'PX', REDIS_SPACING_MS, 'NX'),
    );
    return answer === undefined ? null : answer === 'OK';
  };

  async function waitForOne(bucket: number, signal: AbortSignal): Promise<void> {
    const pause = () => sleep(POLL_MS, signal).catch(() => undefined);
    const sinceMs = () => monotonic() - (lastMs.get(bucket) ?? Number.NEGATIVE_INFINITY);
    while (!signal.aborted && sinceMs() < SPACING_MS) await pause();
    while (!signal.aborted && (await askDatabase(bucket)) === false) await pause();
    while (!signal.aborted && (await askRedis(bucket)) === false) await pause();
    if (!signal.aborted) lastMs.set(bucket, monotonic());
  }

  /** In this process one shard of a bucket asks at a time. */
  const lines = new Map<number, Promise<unknown>>();

  return {
    async wait(bucket, signal) {
      const before = lines.get(bucket) ?? Promise.resolve();
      const mine = before.then(() => waitForOne(bucket, signal));
      lines.set(bucket, mine);
      await orAborted(mine, signal);
      signal.throwIfAborted();
    },
  };
}
