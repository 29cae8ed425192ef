import { asCandlecastError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import { EVERY_SHARD, type ShardRange, shardIds, shardWords } from '../../core/shards.ts';
import type { Clock, Sleep } from '../../core/time.ts';
import type { LeaseRepository } from '../../storage/lease-repository.ts';
import type { HeldShard, ShardLeases } from '../../storage/process-repository.ts';
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

/** Whether an interaction is to be answered here; `unknown` where the database has not said yet who has the shards. */
export type ShardClaim = 'here' | 'elsewhere' | 'unknown';

/** Keeps two processes from answering for one shard of the bot, whose events come to each that is connected with it. */
export interface ShardHold {
  /** Resolves once the shards are held here; the signal is aborted where they are lost to another process. Rejects with the signal's reason. */
  take(signal: AbortSignal): Promise<AbortSignal>;
  /** Why this process waits; null when it does not. */
  waitsFor(): string | null;
  /**
   * Who answers an interaction: not this process while another one holds the shards. While they change hands both answer, and the first one that
   * asks has the interaction; it is this one where the database does not say, and Discord then refuses the second answer. Once the lease has
   * run out, the answer comes so late that another process has answered by then.
   */
  claim(interactionId: string): Promise<ShardClaim>;
  /** Gives the shards to a process that is connected with them, for which it waits; true where that one has them when the time is over. */
  handOver(limitMs: number): Promise<boolean>;
}

/** What a hold is made of. */
export interface ShardHoldParts {
  readonly repository: ShardLeases;
  readonly leases: Pick<LeaseRepository, 'takeFor'>;
  readonly registry: Pick<ProcessRegistry, 'id' | 'alive' | 'beat'>;
  /** Absent where this process holds as many as Discord says. */
  readonly shards: ShardRange | undefined;
  readonly sleep: Sleep;
  /** A clock that nobody sets. */
  readonly monotonic: Clock;
  readonly logger: Logger;
  /** Tells the person who started the program that it waits. */
  readonly say: (line: string) => void;
}

/** Makes a hold; nothing is taken yet. While the database is away, what is held stays held. */
export function createShardHold(parts: ShardHoldParts): ShardHold {
  const { repository, leases, registry, sleep, monotonic, logger, say } = parts;
  const { id } = registry;
  const shards = parts.shards ?? EVERY_SHARD;
  let waiting: string | null = null;
  let waitsForOther = false;
  let taking: Promise<AbortSignal> | null = null;
  let held = false;
  /** When the lease ends that was last seen to be held, by this process's own clock. */
  let endsMs = 0;
  let leaving = false;
  let released = false;
  /** Whether another process may answer the same interactions. */
  let shared = false;

  /** Takes or keeps; the lease is counted from before the question, as the database may count from then. */
  async function leased<T>(isHeld: (answer: T) => boolean, ask: () => Promise<T>): Promise<T> {
    const askedMs = monotonic();
    const answer = await ask();
    if (isHeld(answer)) endsMs = askedMs + LEASE_MS;
    return answer;
  }
  const take = () =>
    leased(
      (other) => other === null,
      () => repository.takeShards(id, shards, LEASE_MS),
    );
  const keepOn = () =>
    leased(
      (kept) => kept,
      () => repository.keepShards(id, shards, LEASE_MS),
    );
  const runOut = () => repository.endBySilence && monotonic() >= endsMs;

  async function keep(lost: AbortController, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !released) {
      await sleep(KEEP_MS, signal).catch(() => undefined);
      if (signal.aborted || released) return;
      try {
        if (await keepOn()) continue;
        if (released) return;
        // After a pause of this process or of the database somebody else may have taken them, or nobody.
        const other = await take();
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
        const other = await take();
        if (other === null) break;
        const words = heldWords(other, parts.shards);
        if (!waitsForOther) {
          say(`${words}; waiting until that one ends.`);
          logger.warn({ shard: other.shard, count: shards.count }, `${words}; waiting until that one ends`);
        }
        waitsForOther = true;
        waiting = `${words}; this one waits`;
      } catch (error) {
        const known = asCandlecastError(error);
        if (!known.retryable) throw known;
        waiting = known.message;
      }
      await sleep(ASK_MS, signal);
    }
    if (waitsForOther) {
      const what = parts.shards ? shardWords(parts.shards) : 'the bot';
      say(`The other process has ended; this one answers for ${what} now.`);
      logger.info({ shards: shardIds(shards) }, `${what} held here now`);
    }
    waiting = null;
    waitsForOther = false;
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
      other !== null &&
      (parts.shards === undefined ||
        (other.count === shards.count && other.first <= shards.last && shards.first <= other.last));
    // Without `SHARDS`, nobody is waited for who has not begun: a small bot ends at once.
    const appeared = parts.shards ? AbortSignal.timeout(APPEAR_MS) : AbortSignal.abort();
    while (!over.aborted) {
      const others = (await registry.alive()).filter((one) => one.id !== id && overlaps(one.shards));
      if (others.some(({ connected }) => connected)) return true;
      if (others.length === 0 && appeared.aborted) return false;
      await sleep(ASK_MS, over);
    }
    return false;
  }

  /** What a promise gives, or `otherwise` where it fails or takes too long for an interaction that waits. */
  async function orLate<T>(promise: Promise<T>, otherwise: T): Promise<T> {
    const answered = new AbortController();
    const late = sleep(CLAIM_LIMIT_MS, answered.signal).then(
      () => otherwise,
      () => otherwise,
    );
    const answer = await Promise.race([promise.catch(() => otherwise), late]);
    answered.abort();
    return answer;
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
      // At the start the first answer of the database is on its way.
      if (!held && !waitsForOther && taking)
        await orLate(
          taking.then(() => undefined),
          undefined,
        );
      if (!held) return waitsForOther || released ? 'elsewhere' : 'unknown';
      if (runOut()) {
        // Whoever has the shards now has answered by then, and Discord refuses a second answer.
        await sleep(CLAIM_LIMIT_MS);
        return 'here';
      }
      if (!shared) return 'here';
      const claimed = leases.takeFor(`interaction ${interactionId}`, id, CLAIM_MS);
      return (await orLate(claimed, true)) ? 'here' : 'elsewhere';
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

function heldWords({ shard, sinceMs }: HeldShard, shards: ShardRange | undefined): string {
  const since = sinceMs === null ? '' : ` since ${new Date(sinceMs).toISOString().slice(0, 19)}Z`;
  return shards
    ? `Shard ${shard} of ${shards.count} is held by another process${since}`
    : `Another process on the same database answers for this bot${since}`;
}
