import type { Logger } from '../../core/logger.ts';
import type { Subscription, SubscriptionState } from '../../core/subscription.ts';
import { type Clock, DAY_MS, HOUR_MS, MINUTE_MS } from '../../core/time.ts';
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
  channelGone(subscription: Subscription, what: string): Promise<boolean>;
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
    reason: string | null,
    notice: string | null,
    sinceMs: number = now(),
  ): Promise<void> {
    const atMs = now();
    const { id, channelId, guildId, createdBy } = subscription;
    // Of several posts that fail together, the first queues the notice; the others find the state changed.
    if (!(await subscriptions.changeState(id, from, { state, reason, atMs: sinceMs }))) return;
    logger.warn({ subscriptionId: id, state, reason }, 'subscription changed its state');
    if (notice === null || !isNews(causeKey(subscription, state, reason), atMs)) return;
    const others = (await subscriptions.byGuild(guildId)).some((one) => one.id !== id && one.createdBy === createdBy);
    const more = others
      ? ' If the same concerns other subscriptions of yours, I do not write again today: /subscriptions list shows them all.'
      : '';
    const key = { subscriptionId: id, kind: 'notice', channelId, dueMs: atMs } as const;
    await posts.queue([{ ...key, id: postId(id, 'notice', atMs), payload: `${notice}${more}`, missed: 0 }]);
  }

  function stop(subscription: Subscription, what: string): Promise<void> {
    const { id, channelId, stateSinceMs } = subscription;
    const days = Math.round((now() - stateSinceMs) / DAY_MS);
    const words = `I could not post to <#${channelId}> for ${days <= 2 ? 'two' : days} days: ${what}. Subscription ${id} is stopped; give me access and use /subscriptions resume.`;
    return change(subscription, ['failing'], 'stopped', what, words);
  }

  return {
    async delivered(subscription) {
      if (subscription.state !== 'failing') return;
      // Should it come back, that is news again.
      told.delete(causeKey(subscription, 'failing', subscription.stateReason));
      await change(subscription, ['failing'], 'active', null, null);
    },

    async channelGone(subscription, what) {
      const { id, channelId, state, stateReason, stateSinceMs } = subscription;
      const known = state === 'failing' && stateReason === what;
      if (known && now() - stateSinceMs >= GONE_CONFIRMED_MS) {
        const words = `I no longer post to <#${channelId}>: ${what}. Subscription ${id} has ended.`;
        await change(subscription, ['failing'], 'retired', what, words);
        return true;
      }
      if (!known && (state === 'active' || state === 'failing')) {
        await change(subscription, [state], 'failing', what, null);
      }
      return false;
    },

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
      if (subscription.state === 'failing') {
        // Another cause than before; the two days began with the first one.
        if (subscription.stateReason !== what) {
          await change(subscription, ['failing'], 'failing', what, words, subscription.stateSinceMs);
        }
      } else await change(subscription, ['active'], 'failing', what, words);
      return false;
    },

    async stopOverdue(nowMs) {
      for (const subscription of await subscriptions.failingSince(nowMs - STOP_AFTER_MS, MAX_STOPPED)) {
        await stop(subscription, subscription.stateReason ?? 'it was refused');
      }
    },
  };
}

/** What a person is told once: in which server, what became of a subscription, and why. */
function causeKey({ createdBy, guildId }: Subscription, state: SubscriptionState, reason: string | null): string {
  return JSON.stringify([createdBy, guildId, state, reason]);
}
