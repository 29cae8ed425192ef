import { createNotices, type Notices } from '../cluster/notices.ts';
import { openRedis, type RedisLink } from '../cluster/redis.ts';
import type { Config } from '../config.ts';
import type { Logger } from '../core/logger.ts';
import type { MovableClock } from './environment.ts';

/** What joins a process to the others. */
interface ClusterOptions {
  readonly config: Pick<Config, 'REDIS_URL'>;
  readonly clock: Pick<MovableClock, 'monotonic'>;
  readonly logger: Logger;
}

/** What this process shares with others; without Redis each part has a form of its own. */
export interface Cluster {
  readonly redis: RedisLink | null;
  readonly notices: Notices;
  close(): void;
}

/** Connects in the background: nothing waits for Redis. */
export function openCluster({ config, clock, logger }: ClusterOptions): Cluster {
  const redis =
    config.REDIS_URL === undefined ? null : openRedis({ url: config.REDIS_URL, now: clock.monotonic, logger });
  return {
    redis,
    notices: createNotices(redis, logger),
    close: () => redis?.close(),
  };
}
