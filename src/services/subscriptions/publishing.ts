import { setImmediate as nextTurn } from 'node:timers/promises';
import { asCandlecastError } from '../../core/errors.ts';
import type { PostsStatus } from '../../core/status.ts';
import { DAY_MS, MINUTE_MS } from '../../core/time.ts';
import type { ClaimedPost } from '../../storage/post-repository.ts';
import { createPlanner, firstDueMs, postId } from './post-plan.ts';
import { createPostSender, type PostSenderOptions } from './post-sender.ts';
import type { PostResult } from './publishing-port.ts';
import { createSubscriptionHealth } from './subscription-health.ts';

/** The result of one planning. */
export interface PlanSummary {
  /** Subscriptions that were due. */
  readonly due: number;
  /** Posts queued. */
  readonly queued: number;
  /** Posts left out because they would have come too late. */
  readonly skipped: number;
}

/** How posts ended in one round of publishing. */
export interface PublishSummary {
  readonly sent: number;
  readonly failed: number;
  readonly skipped: number;
  /** Given back to be tried later. */
  readonly delayed: number;
  /** True when only another process may publish, so that this one left it alone. */
  readonly elsewhere: boolean;
}

/** Makes posts of subscriptions that are due, and publishes them exactly once. */
export interface PublishingService {
  /** Queues what is due and moves the subscriptions on; safe to call at any time, by several processes. Throws `CC_DATABASE`. */
  plan(nowMs: number): Promise<PlanSummary>;
  /**
   * Publishes what is queued until nothing is left or the signal says so, beginning with none after `untilMs`; then stops what has been
   * refused for two days. Throws `CC_DATABASE`.
   */
  publishDue(signal: AbortSignal, untilMs?: number): Promise<PublishSummary>;
  /** Posts at once what the subscription would post, and says how it went. Throws `CC_DATABASE`. */
  test(subscriptionId: string, channelId: string, signal: AbortSignal): Promise<PostResult>;
  /** How the posts are doing; never rejects. */
  status(): Promise<PostsStatus>;
  /** Forgets posts that ended more than a month ago; returns how many. */
  prune(nowMs: number): Promise<number>;
}

/** What publishing is made of. */
export interface PublishingOptions<Message> extends Omit<PostSenderOptions<Message>, 'leaseMs' | 'health'> {
  /** Says whether this process may publish, together with others or alone, so that together they keep to what Discord allows one bot. */
  readonly turn: { hold(): Promise<boolean>; release(): Promise<void> };
  /** Different for every process. */
  readonly owner: string;
  /** Duration of a claim; a crash delays claimed posts by as much. Default a minute. */
  readonly leaseMs?: number;
  /** Posts under way at once. Default 24: at a third of a second each, more than Discord takes. */
  readonly concurrency?: number;
}

const PLAN_BATCH = 250;
const KEPT_MS = 30 * DAY_MS;
/** Publishing runs every minute, and ten thousand posts take five. */
const LATE_MS = 15 * MINUTE_MS;

/** Builds the service from its repositories, the publishing port and the function that makes messages. */
export function createPublishingService<Message>(options: PublishingOptions<Message>): PublishingService {
  const { subscriptions, posts, turn, owner, now, logger } = options;
  const { leaseMs = MINUTE_MS, concurrency = 24 } = options;
  const health = createSubscriptionHealth(options);
  const sendPost = createPostSender({ ...options, leaseMs, health });
  let claims = 0;
  /** Each claim has an owner of its own, so that this process cannot send a post in two rounds at once. */
  const newClaimant = () => `${owner}, claim ${++claims}`;

  /** Releases the turn; where that fails, other processes wait until it expires. */
  async function release(): Promise<void> {
    try {
      await turn.release();
    } catch (error) {
      logger.warn({ err: asCandlecastError(error) }, 'the turn to publish could not be released');
    }
  }

  /**
   * Works out anew what a clock that was ahead has planned, and forgets what it counted as missed; a post that it sent for a time to come is
   * not sent again at that time.
   */
  async function replanAhead(nowMs: number): Promise<void> {
    await subscriptions.restartFailing(nowMs);
    for (;;) {
      const found = await subscriptions.ahead(nowMs, PLAN_BATCH);
      const steps = found.flatMap(({ subscription }) => {
        const { id: subscriptionId, nextDueMs: dueMs } = subscription;
        const nextDueMs = firstDueMs(subscription, nowMs);
        return nextDueMs < dueMs ? [{ subscriptionId, dueMs, nextDueMs, missed: 0, posts: [] }] : [];
      });
      if (steps.length > 0) {
        await subscriptions.advance(steps);
        logger.warn({ subscriptions: steps.length }, 'posts that a wrong clock had planned are planned anew');
      }
      if (steps.length < PLAN_BATCH) return;
      await nextTurn();
    }
  }

  return {
    async plan(nowMs) {
      await replanAhead(nowMs);
      const planOne = createPlanner(nowMs);
      let due = 0;
      let queued = 0;
      let skipped = 0;
      for (;;) {
        const found = await subscriptions.due(nowMs, PLAN_BATCH);
        if (found.length === 0) break;
        const steps = found.map(({ subscription, missed }) => planOne(subscription, missed));
        due += steps.length;
        queued += await subscriptions.advance(steps);
        for (const [i, step] of steps.entries()) {
          skipped += step.posts.reduce((sum, post) => sum + post.missed, step.missed) - found[i]!.missed;
        }
        if (found.length < PLAN_BATCH) break;
        // The gateway's heartbeat must not wait for ten thousand subscriptions.
        await nextTurn();
      }
      if (due > 0) logger.info({ due, queued, skipped }, 'posts planned');
      return { due, queued, skipped };
    },

    async publishDue(signal, untilMs = Number.POSITIVE_INFINITY) {
      const counts = { sent: 0, failed: 0, skipped: 0, delayed: 0 };
      let elsewhere = false;
      // Most minutes nothing is queued; whatever is queued from now on is sent by the next round.
      if (!(await posts.anyOpen())) {
        if (!signal.aborted) await health.stopOverdue(now());
        return { ...counts, elsewhere };
      }
      let claiming: Promise<void> | null = null;
      let exhausted = false;
      /** The database failed: nothing more is begun. */
      let failed = false;
      const waiting: ClaimedPost[] = [];

      const refill = async (): Promise<void> => {
        if (now() >= untilMs) {
          exhausted = true;
          return;
        }
        if (!(await turn.hold())) {
          elsewhere = true;
          exhausted = true;
          return;
        }
        const claimed = await posts.claim({ owner: newClaimant(), nowMs: now(), leaseMs, limit: concurrency });
        if (claimed.length === 0) exhausted = true;
        waiting.push(...claimed);
      };
      const next = async () => {
        while (waiting.length === 0 && !exhausted && !failed && !signal.aborted) {
          claiming ??= refill().finally(() => {
            claiming = null;
          });
          await claiming;
        }
        return signal.aborted || failed ? undefined : waiting.shift();
      };
      const work = async (): Promise<void> => {
        try {
          for (let post = await next(); post; post = await next()) {
            const result = await sendPost(post, signal);
            counts[result.kind]++;
          }
        } catch (error) {
          failed = true;
          throw error;
        }
      };
      try {
        // Sends that were under way when the database failed end first: the next round must not overtake them.
        const ended = await Promise.allSettled(Array.from({ length: concurrency }, work));
        for (const one of ended) if (one.status === 'rejected') throw one.reason;
        // After sending: after a pause of the program, a late post may succeed and make the subscription active again.
        if (!elsewhere && !signal.aborted) await health.stopOverdue(now());
      } finally {
        if (!elsewhere) await release();
      }
      const summary = { ...counts, elsewhere };
      if (Object.values(counts).some((count) => count > 0)) logger.info(summary, 'posts published');
      return summary;
    },

    async test(subscriptionId, channelId, signal) {
      const dueMs = now();
      const id = postId(subscriptionId, 'test', dueMs);
      const queued = { id, subscriptionId, kind: 'test', channelId, dueMs, payload: null, missed: 0 } as const;
      const post = await posts.queueClaimed(queued, { owner: newClaimant(), nowMs: dueMs, leaseMs });
      if (!post) return { kind: 'delayed', reason: { key: 'refusals.sameTest' } };
      return sendPost(post, signal);
    },

    async status() {
      try {
        const beforeMs = now() - LATE_MS;
        const oldest = await posts.oldestOverdue(beforeMs);
        return {
          late: oldest ? await posts.overdue(beforeMs) : 0,
          oldestDueMs: oldest?.dueMs ?? null,
          reason: oldest?.reason ?? null,
          failing: await subscriptions.countFailing(),
          problem: null,
        };
      } catch (error) {
        return { late: 0, oldestDueMs: null, reason: null, failing: 0, problem: asCandlecastError(error).message };
      }
    },

    prune: (nowMs) => posts.prune(nowMs - KEPT_MS),
  };
}
