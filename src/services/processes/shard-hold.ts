import { asCandlecastError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import { type ShardRange, shardIds, shardWords } from '../../core/shards.ts';
import type { Sleep } from '../../core/time.ts';
import type { LeaseRepository } from '../../storage/lease-repository.ts';
import type { ProcessRepository } from '../../storage/process-repository.ts';
import type { ProcessRegistry } from './process-registry.ts';

/** How long shards stay taken by a process that has died. */
const LEASE_MS = 10_000;
const KEEP_MS = 3_000;
/** How often a process asks that waits for its shards. */
const ASK_MS = 250;
/** How long a process that is told to end waits for another one to begin, and goes on answering. */
const APPEAR_MS = 3_000;
/** A process that has released its shards has left the gateway by then. */
const SHARED_MS = 15_000;
/** Discord waits three seconds for the first response. */
const CLAIM_LIMIT_MS = 1_000;
const CLAIM_MS = 60_000;

/** Keeps two processes from answering for one shard of the bot, whose events come to each that is connected with it. */
export interface ShardHold {
  /** Resolves once the shards are held here; the signal is aborted where they are lost to another process. Rejects with the signal's reason. */
  take(signal: AbortSignal): Promise<AbortSignal>;
  /** Why this process waits; null when it does not. */
  waitsFor(): string | null;
  /**
   * Whether an interaction is to be answered here: not while another process holds the shards. While they change hands both answer, and the first one that
   * asks has the interaction; true where the database does not say, and Discord then refuses the second answer.
   */
  claim(interactionId: string): Promise<boolean>;
  /** Gives the shards to a process that is connected with them, for which it waits; true where that one has them when the time is over. */
  handOver(limitMs: number): Promise<boolean>;
}

/** What a hold is made of. */
export interface ShardHoldParts {
  readonly repository: Pick<ProcessRepository, 'takeShards' | 'keepShards' | 'releaseShards' | 'areHeldByOthers'>;
  readonly leases: Pick<LeaseRepository, 'takeFor'>;
  readonly registry: Pick<ProcessRegistry, 'id' | 'alive' | 'beat'>;
  readonly shards: ShardRange;
  readonly sleep: Sleep;
  readonly logger: Logger;
  /** Tells the person who started the program that it waits. */
  readonly say: (line: string) => void;
}

/** Makes a hold; nothing is taken yet. While the database is away, what is held stays held. */
export function createShardHold(parts: ShardHoldParts): ShardHold {
  const { repository, leases, registry, shards, sleep, logger, say } = parts;
  const { id } = registry;
  let waiting: string | null = null;
  let taking: Promise<AbortSignal> | null = null;
  let held = false;
  let leaving = false;
  let released = false;
  /** Whether another process may answer the same interactions. */
  let shared = false;

  async function keep(lost: AbortController, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !released) {
      await sleep(KEEP_MS, signal).catch(() => undefined);
      if (signal.aborted || released) return;
      try {
        if (await repository.keepShards(id, shards, LEASE_MS)) continue;
        if (released) return;
        // After a pause of this process or of the database somebody else may have taken them, or nobody.
        const other = await repository.takeShards(id, shards, LEASE_MS);
        if (other === null) continue;
        logger.error({ shard: other.shard }, 'another process has taken a shard of this one, which connects anew');
        held = false;
        taking = null;
        lost.abort();
        return;
      } catch (error) {
        logger.warn({ code: asCandlecastError(error).code }, 'it could not be noted that the shards are held here');
      }
    }
  }

  /** Waits until nobody else holds the shards. */
  async function waitForTurn(signal: AbortSignal): Promise<AbortSignal> {
    for (;;) {
      signal.throwIfAborted();
      try {
        const other = await repository.takeShards(id, shards, LEASE_MS);
        if (other === null) break;
        const since = new Date(other.sinceMs).toISOString().slice(0, 19);
        const words = `Shard ${other.shard} of ${shards.count} is held by another process since ${since}Z`;
        if (waiting === null) {
          say(`${words}; waiting until that one ends.`);
          logger.warn({ shard: other.shard, count: shards.count, since }, `${words}; waiting until that one ends`);
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
    held = true;
    shared = true;
    const alone = () => {
      shared = leaving;
    };
    sleep(SHARED_MS, signal).then(alone, alone);
    const lost = new AbortController();
    void keep(lost, signal);
    return lost.signal;
  }

  /** Waits for a process that is connected with the shards; false where none comes, or not in time. */
  async function successor(over: AbortSignal): Promise<boolean> {
    const overlaps = (other: ShardRange | null) =>
      other !== null && other.count === shards.count && other.first <= shards.last && shards.first <= other.last;
    const appeared = AbortSignal.timeout(APPEAR_MS);
    while (!over.aborted) {
      const others = (await registry.alive()).filter((one) => one.id !== id && overlaps(one.shards));
      if (others.some(({ connected }) => connected)) return true;
      if (others.length === 0 && appeared.aborted) return false;
      await sleep(ASK_MS, over);
    }
    return false;
  }

  return {
    take(signal) {
      taking ??= waitForTurn(signal).catch((error: unknown) => {
        taking = null;
        throw error;
      });
      return taking;
    },

    waitsFor: () => waiting,

    async claim(interactionId) {
      if (!held || !shared) return held;
      const answered = new AbortController();
      const silent = sleep(CLAIM_LIMIT_MS, answered.signal).then(
        () => true,
        () => true,
      );
      const claimed = leases.takeFor(`interaction ${interactionId}`, id, CLAIM_MS).catch(() => true);
      const isMine = await Promise.race([claimed, silent]);
      answered.abort();
      return isMine;
    },

    async handOver(limitMs) {
      if (!held || leaving) return false;
      leaving = true;
      shared = true;
      const over = AbortSignal.timeout(limitMs);
      let handed = false;
      try {
        const found = await successor(over).catch((error: unknown) => {
          if (over.aborted) return false;
          throw error;
        });
        released = true;
        await repository.releaseShards(id);
        while (found && !handed && !over.aborted) {
          handed = await repository.areHeldByOthers(id, shards);
          // The other process learns a moment later that it has them.
          await sleep(ASK_MS, over);
        }
      } catch (error) {
        if (!over.aborted) logger.warn({ code: asCandlecastError(error).code }, 'the shards could not be handed over');
      }
      return handed;
    },
  };
}
