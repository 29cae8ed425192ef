import type { Logger } from '../../core/logger.ts';
import type { Subscription, SubscriptionState } from '../../core/subscription.ts';
import { type Clock, DAY_MS, HOUR_MS } from '../../core/time.ts';
import type { PostRepository } from '../../storage/post-repository.ts';
import type { SubscriptionRepository } from '../../storage/subscription-repository.ts';
import { postId } from './post-plan.ts';

/** What the outcome of posts means for their subscription. Methods throw `CC_DATABASE`. */
export interface SubscriptionHealth {
  /** A post arrived: a failing one is active again. */
  delivered(subscription: Subscription): Promise<void>;
  /** The channel is gone for good. */
  channelGone(subscription: Subscription, what: string): Promise<void>;
  /** A post was refused; returns whether the subscription has stopped, because the first one was refused 48 hours ago or more. */
  refused(subscription: Subscription, what: string): Promise<boolean>;
  /**
   * Stops what has been failing for 48 hours although no post was refused just now: those of a day are left out once they are too
   * late. With a weekly report alone, nothing is due before the next Monday: access restored until then costs
   * no post, so such a subscription stops only at the next refusal.
   */
  stopOverdue(nowMs: number): Promise<void>;
}

const STOP_AFTER_MS = 48 * HOUR_MS;
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

  async function change(
    { id, channelId }: Subscription,
    from: readonly SubscriptionState[],
    state: SubscriptionState,
    reason: string | null,
    notice: string | null,
  ): Promise<void> {
    const atMs = now();
    // Of several posts that fail together, the first queues the notice; the others find the state changed.
    if (!(await subscriptions.changeState(id, from, { state, reason, atMs }))) return;
    logger.warn({ subscriptionId: id, state, reason }, 'subscription changed its state');
    if (notice === null) return;
    const key = { subscriptionId: id, kind: 'notice', channelId, dueMs: atMs } as const;
    await posts.queue([{ ...key, id: postId(id, 'notice', atMs), payload: notice, missed: 0 }]);
  }

  function stop(subscription: Subscription, what: string): Promise<void> {
    const { id, channelId, stateSinceMs } = subscription;
    const days = Math.round((now() - stateSinceMs) / DAY_MS);
    const words = `I could not post to <#${channelId}> for ${days <= 2 ? 'two' : days} days: ${what}. Subscription ${id} is stopped; give me access and use /subscriptions resume.`;
    return change(subscription, ['failing'], 'stopped', what, words);
  }

  return {
    delivered: (subscription) =>
      subscription.state === 'failing' ? change(subscription, ['failing'], 'active', null, null) : Promise.resolve(),

    channelGone: (subscription, what) =>
      change(
        subscription,
        ['active', 'failing', 'paused', 'stopped'],
        'retired',
        what,
        `I no longer post to <#${subscription.channelId}>: ${what}. Subscription ${subscription.id} has ended.`,
      ),

    async refused(subscription, what) {
      const where = `<#${subscription.channelId}>`;
      if (subscription.state === 'failing' && now() - subscription.stateSinceMs >= STOP_AFTER_MS) {
        await stop(subscription, what);
        return true;
      }
      const plan =
        subscription.report === 'weekly'
          ? 'I keep trying today, and once more with the next report; if that is refused too, I stop. Once it works, I go on by myself'
          : 'I keep trying for two days, and go on by myself once it works';
      const words = `I cannot post to ${where}: ${what}. ${plan} (subscription ${subscription.id}).`;
      await change(subscription, ['active'], 'failing', what, words);
      return false;
    },

    async stopOverdue(nowMs) {
      for (const subscription of await subscriptions.failingSince(nowMs - STOP_AFTER_MS, MAX_STOPPED)) {
        await stop(subscription, subscription.stateReason ?? 'it was refused');
      }
    },
  };
}
