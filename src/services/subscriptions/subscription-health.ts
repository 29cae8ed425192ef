import type { Logger } from '../../core/logger.ts';
import { isSameReason, type Reason, storedReason } from '../../core/reason.ts';
import type { Subscription, SubscriptionState } from '../../core/subscription.ts';
import { type Clock, DAY_MS, HOUR_MS, MINUTE_MS } from '../../core/time.ts';
import type { Message } from '../../language/message.ts';
import type { PostRepository } from '../../storage/post-repository.ts';
import type { SubscriptionRepository } from '../../storage/subscription-repository.ts';
import { postId } from './post-plan.ts';

/** What the outcome of posts means for their subscription. Methods throw `CC_DATABASE`. */
export interface SubscriptionHealth {
  /** A post arrived: a failing one is active again. */
  delivered(subscription: Subscription): Promise<void>;
  /**
   * Discord says that the channel or the server is not there; returns whether the subscription has ended, because Discord said the
   * same a while ago. One such answer may be a mistake on the way.
   */
  channelGone(subscription: Subscription, reason: Reason): Promise<boolean>;
  /** A post was refused; returns whether the subscription has stopped, because the first one was refused 48 hours ago or more. */
  refused(subscription: Subscription, reason: Reason): Promise<boolean>;
  /**
   * Stops what has been failing for 48 hours although no post was refused just now: those of a day are left out once they are too
   * late. With a weekly report alone, nothing is due before the next Monday: access restored until then costs
   * no post, so such a subscription stops only at the next refusal.
   */
  stopOverdue(nowMs: number): Promise<void>;
}

const STOP_AFTER_MS = 48 * HOUR_MS;
/** How long after the first answer that a channel is gone another one is believed. */
const GONE_CONFIRMED_MS = 10 * MINUTE_MS;
/** A person is told of one cause once in this time, however many of their subscriptions it concerns. */
const TOLD_MS = DAY_MS;
const MAX_TOLD = 10_000;
/** Stopped in one go; the rest a minute later. */
const MAX_STOPPED = 100;

/** Builds it; each change of state is told to the subscriber once, as a post of its own. */
export function createSubscriptionHealth(options: {
  readonly subscriptions: SubscriptionRepository;
  readonly posts: PostRepository;
  readonly now: Clock;
  readonly logger: Logger;
}): SubscriptionHealth {
  const { subscriptions, posts, now, logger } = options;
  /** When each person was last told of each cause. */
  const told = new Map<string, number>();

  /** Whether the person of a subscription is to be told of a cause now; remembers that they are. */
  function isNews(key: string, atMs: number): boolean {
    const lastMs = told.get(key);
    if (lastMs !== undefined && Math.abs(atMs - lastMs) < TOLD_MS) return false;
    if (told.size >= MAX_TOLD) told.clear();
    told.set(key, atMs);
    return true;
  }

  async function change(
    subscription: Subscription,
    from: readonly SubscriptionState[],
    state: SubscriptionState,
    reason: Reason | null,
    notice: Message | null,
    sinceMs: number = now(),
  ): Promise<void> {
    const atMs = now();
    const { id, channelId, guildId, createdBy } = subscription;
    // Of several posts that fail together, the first queues the notice; the others find the state changed.
    if (!(await subscriptions.changeState(id, from, { state, reason, atMs: sinceMs }))) return;
    logger.warn({ subscriptionId: id, state, reason }, 'subscription changed its state');
    if (notice === null || !isNews(causeKey(subscription, state, reason), atMs)) return;
    const others = (await subscriptions.byGuild(guildId)).some((one) => one.id !== id && one.createdBy === createdBy);
    const key = { subscriptionId: id, kind: 'notice', channelId, dueMs: atMs } as const;
    const payload = storedReason({ ...notice, values: { ...notice.values, others: others ? 'yes' : 'no' } });
    await posts.queue([{ ...key, id: postId(id, 'notice', atMs), payload, missed: 0 }]);
  }

  function stop(subscription: Subscription, why: Reason): Promise<void> {
    const { id, channelId, stateSinceMs } = subscription;
    const days = Math.max(2, Math.round((now() - stateSinceMs) / DAY_MS));
    const notice: Message = { key: 'notices.stopped', values: { channel: channelId, days, why, id } };
    return change(subscription, ['failing'], 'stopped', why, notice);
  }

  return {
    async delivered(subscription) {
      if (subscription.state !== 'failing') return;
      // Should it come back, that is news again.
      told.delete(causeKey(subscription, 'failing', subscription.stateReason));
      await change(subscription, ['failing'], 'active', null, null);
    },

    async channelGone(subscription, why) {
      const { id, channelId, state, stateReason, stateSinceMs } = subscription;
      const known = state === 'failing' && isSameReason(stateReason, why);
      if (known && now() - stateSinceMs >= GONE_CONFIRMED_MS) {
        const notice: Message = { key: 'notices.ended', values: { channel: channelId, why, id } };
        await change(subscription, ['failing'], 'retired', why, notice);
        return true;
      }
      if (!known && (state === 'active' || state === 'failing')) {
        await change(subscription, [state], 'failing', why, null);
      }
      return false;
    },

    async refused(subscription, why) {
      if (subscription.state === 'failing' && now() - subscription.stateSinceMs >= STOP_AFTER_MS) {
        await stop(subscription, why);
        return true;
      }
      const { id, channelId, report } = subscription;
      const notice: Message = { key: 'notices.failing', values: { channel: channelId, why, report, id } };
      if (subscription.state === 'failing') {
        // Another cause than before; the two days began with the first one.
        if (!isSameReason(subscription.stateReason, why)) {
          await change(subscription, ['failing'], 'failing', why, notice, subscription.stateSinceMs);
        }
      } else await change(subscription, ['active'], 'failing', why, notice);
      return false;
    },

    async stopOverdue(nowMs) {
      for (const subscription of await subscriptions.failingSince(nowMs - STOP_AFTER_MS, MAX_STOPPED)) {
        await stop(subscription, subscription.stateReason ?? { key: 'refusals.refused' });
      }
    },
  };
}

/** What a person is told once: in which server, what became of a subscription, and why. */
function causeKey({ createdBy, guildId }: Subscription, state: SubscriptionState, reason: Reason | null): string {
  return JSON.stringify([createdBy, guildId, state, reason]);
}
