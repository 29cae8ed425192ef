import { asCandlecastError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import { type ShardRange, shardIds, shardWords } from '../../core/shards.ts';
import type { Sleep } from '../../core/time.ts';
import type { ProcessRepository } from '../../storage/process-repository.ts';
import type { ProcessRegistry } from './process-registry.ts';

/** How long shards stay taken by a process that has died. */
const LEASE_MS = 10_000;
const KEEP_MS = 3_000;
/** How often a process asks that waits for its shards. */
const ASK_MS = 250;

/** Keeps two processes from holding one shard of the bot, where both would answer. */
export interface ShardHold {
  /** Resolves once the shards are held here; the signal is aborted where they are lost to another process. Rejects with the signal's reason. */
  take(signal: AbortSignal): Promise<AbortSignal>;
  /** Why this process waits; null when it does not. */
  waitsFor(): string | null;
  /** Gives the shards to a process that waits for them, if there is one, and resolves when it is connected or the time is over; true where it is. */
  handOver(limitMs: number): Promise<boolean>;
}

/** What a hold is made of. */
export interface ShardHoldParts {
  readonly repository: Pick<ProcessRepository, 'takeShards' | 'keepShards' | 'releaseShards'>;
  readonly registry: Pick<ProcessRegistry, 'id' | 'alive' | 'beat'>;
  readonly shards: ShardRange;
  readonly sleep: Sleep;
  readonly logger: Logger;
  /** Tells the person who started the program that it waits. */
  readonly say: (line: string) => void;
}

/** Makes a hold; nothing is taken yet. While the database is away, what is held stays held. */
export function createShardHold(parts: ShardHoldParts): ShardHold {
  const { repository, registry, shards, sleep, logger, say } = parts;
  const { id } = registry;
  let waiting: string | null = null;
  let released = false;

  async function keep(lost: AbortController, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !released) {
      await sleep(KEEP_MS, signal).catch(() => undefined);
      if (signal.aborted || released) return;
      try {
        if (await repository.keepShards(id, shards, LEASE_MS)) continue;
        // After a pause of this process or of the database somebody else may have taken them, or nobody.
        const held = await repository.takeShards(id, shards, LEASE_MS);
        if (held === null) continue;
        logger.error({ shard: held.shard }, 'another process has taken a shard of this one, which disconnects');
        lost.abort();
        return;
      } catch (error) {
        logger.warn({ code: asCandlecastError(error).code }, 'it could not be noted that the shards are held here');
      }
    }
  }

  return {
    async take(signal) {
      for (;;) {
        signal.throwIfAborted();
        try {
          const held = await repository.takeShards(id, shards, LEASE_MS);
          if (held === null) break;
          const since = new Date(held.sinceMs).toISOString().slice(0, 19);
          const words = `Shard ${held.shard} of ${shards.count} is held by another process since ${since}Z`;
          if (waiting === null) {
            say(`${words}; waiting until that one ends.`);
            logger.warn({ shard: held.shard, count: shards.count, since }, `${words}; waiting until that one ends`);
          }
          waiting = `${words}, and this one waits for it`;
        } catch (error) {
          const known = asCandlecastError(error);
          if (!known.retryable) throw known;
          waiting = known.message;
        }
        await sleep(ASK_MS, signal);
      }
      if (waiting !== null) logger.info({ shards: shardIds(shards) }, `${shardWords(shards)} held here now`);
      waiting = null;
      released = false;
      const lost = new AbortController();
      void keep(lost, signal);
      return lost.signal;
    },

    waitsFor: () => waiting,

    async handOver(limitMs) {
      if (waiting !== null || released) return false;
      released = true;
      const over = AbortSignal.timeout(limitMs);
      try {
        const overlaps = (other: ShardRange | null) =>
          other !== null && other.count === shards.count && other.first <= shards.last && shards.first <= other.last;
        const successors = async () => (await registry.alive()).filter((one) => one.id !== id && overlaps(one.shards));
        const waits = (await successors()).some(({ connected }) => !connected);
        await repository.releaseShards(id);
        if (!waits) return false;
        while (!over.aborted) {
          if ((await successors()).some(({ connected }) => connected)) return true;
          await sleep(ASK_MS / 2, over);
        }
      } catch (error) {
        if (!over.aborted) logger.warn({ code: asCandlecastError(error).code }, 'the shards could not be handed over');
      }
      return false;
    },
  };
}
