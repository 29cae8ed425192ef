import { createHash, randomUUID } from 'node:crypto';
import { createIdentifyTurns, type IdentifyTurns } from '../cluster/identify-turns.ts';
import { createNotices, type Notices } from '../cluster/notices.ts';
import { createPublishingTurn, type PublishingTurn } from '../cluster/publishing-turn.ts';
import { openRedis, type RedisLink } from '../cluster/redis.ts';
import { createRequestLimit, type RequestLimit } from '../cluster/request-limit.ts';
import { createSharedPictures, type SharedPictures } from '../cluster/shared-pictures.ts';
import { createSharedStarts, type SharedStarts } from '../cluster/shared-starts.ts';
import type { Config } from '../config.ts';
import type { Logger } from '../core/logger.ts';
import type { Sleep } from '../core/time.ts';
import type { LeaseRepository } from '../storage/lease-repository.ts';
import type { MovableClock } from './environment.ts';

/** What joins a process to the others. */
interface ClusterOptions {
  readonly config: Pick<Config, 'REDIS_URL' | 'DISCORD_TOKEN'>;
  readonly clock: Pick<MovableClock, 'monotonic'>;
  readonly sleep: Sleep;
  readonly version: string;
  readonly logger: Logger;
}

/** What this process shares with others; without Redis each part has a form of its own. */
export interface Cluster {
  readonly redis: RedisLink | null;
  readonly notices: Notices;
  readonly turn: PublishingTurn;
  readonly limit: RequestLimit;
  readonly identify: IdentifyTurns;
  /** Undefined, as the next, where there is no Redis. */
  readonly starts: SharedStarts | undefined;
  readonly pictures: SharedPictures | undefined;
  close(): void;
}

/** Connects in the background: nothing waits for Redis. */
export function openCluster(
  { config, clock, sleep, version, logger }: ClusterOptions,
  leases: LeaseRepository,
): Cluster {
  const { monotonic } = clock;
  const redis = config.REDIS_URL === undefined ? null : openRedis({ url: config.REDIS_URL, now: monotonic, logger });
  const token = (config.DISCORD_TOKEN ?? '').trim().replace(/^Bot\s+/i, '');
  const bot = createHash('sha256').update(token).digest('hex').slice(0, 16);
  const parts = { redis, leases, owner: randomUUID(), monotonic, sleep };
  const turn = createPublishingTurn(parts);
  return {
    redis,
    notices: createNotices(redis, logger),
    turn,
    limit: createRequestLimit({ ...parts, turn, bot }),
    identify: createIdentifyTurns({ ...parts, bot }),
    pictures: redis ? createSharedPictures(redis, version) : undefined,
    starts: redis ? createSharedStarts(redis, bot) : undefined,
    close: () => redis?.close(),
  };
}
