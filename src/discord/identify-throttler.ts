import type { WebSocketOptions } from 'discord.js';
import type { IdentifyTurns } from '../cluster/identify-turns.ts';
import type { Logger } from '../core/logger.ts';
import type { Sleep } from '../core/time.ts';

type BuildThrottler = NonNullable<WebSocketOptions['buildIdentifyThrottler']>;
type Manager = Parameters<BuildThrottler>[0];

/** What a throttler needs. */
export interface IdentifyThrottlerOptions {
  readonly turns: IdentifyTurns;
  readonly sleep: Sleep;
  readonly logger: Logger;
}

/** Below this many starts that are left today, Discord is asked before each, because other processes use them too. */
const FEW_STARTS = 100;

/**
 * Makes the throttler that discord.js asks before a shard identifies: one of each bucket of `max_concurrency` at a time over all processes, and none
 * once the starts of the day are used up, until Discord gives new ones.
 */
export function identifyThrottler({ turns, sleep, logger }: IdentifyThrottlerOptions): BuildThrottler {
  return (manager) => {
    let started = 0;

    /** What Discord says about starts; what it said last where it does not answer. */
    async function startLimit(): ReturnType<Manager['fetchGatewayInformation']> {
      const known = await manager.fetchGatewayInformation();
      if (known.session_start_limit.remaining - started >= FEW_STARTS) return known;
      try {
        const fresh = await manager.fetchGatewayInformation(true);
        started = 0;
        return fresh;
      } catch {
        return known;
      }
    }

    return {
      async waitForIdentify(shardId, signal) {
        for (;;) {
          const {
            max_concurrency: buckets,
            remaining,
            reset_after: resetMs,
          } = (await startLimit()).session_start_limit;
          if (remaining - started > 0) {
            await turns.wait(shardId % Math.max(1, buckets), signal);
            started++;
            return;
          }
          logger.warn({ shardId, waitMs: resetMs }, 'Discord allows no further connection today; waiting for new ones');
          await sleep(Math.max(resetMs, 1_000), signal);
        }
      },
    };
  };
}
