import { askedTogether } from '../../core/concurrency.ts';
import { asCandlecastError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import { type Metrics, noMetrics } from '../../core/metrics.ts';
import type { Reason } from '../../core/reason.ts';
import { MAX_POST_WAIT_MS, type PostKind, type Subscription } from '../../core/subscription.ts';
import { CLOCK_TOLERANCE_MS } from '../../core/time.ts';
import type { ClaimedPost, PostEnd } from '../../storage/post-repository.ts';
import type { SubscriptionRepository } from '../../storage/subscription-repository.ts';
import { firstRetryMs, NONCE_KEPT_MS, postId, refusedRetryMs, WINDOW_MS } from './post-plan.ts';
import { createPrivateSender, type PrivateSenderParts, TAKEN_OVER } from './private-sender.ts';
import type { MakeMessage, PostResult, SendOutcome } from './publishing-port.ts';
import type { SubscriptionHealth } from './subscription-health.ts';

/** What a sender is made of. */
export interface PostSenderOptions<Message> extends PrivateSenderParts<Message> {
  readonly subscriptions: SubscriptionRepository;
  readonly makeMessage: MakeMessage<Message>;
  readonly health: SubscriptionHealth;
  readonly logger: Logger;
  readonly metrics?: Pick<Metrics, 'post' | 'postLateness'>;
}

/** Share of the claim that is left when sending is given up. */
const LEASE_MARGIN = 0.2;
/** Kinds that somebody expects at a time. */
const TIMED: ReadonlySet<PostKind> = new Set(['daily', 'weekly', 'alert', 'paper']);

/**
 * Makes the function that sends one claimed post: it searches the channel where an earlier attempt may have sent the post, makes
 * the message, records the start, sends it, and records the outcome. Throws `CC_DATABASE`.
 */
export function createPostSender<Message>(
  options: PostSenderOptions<Message>,
): (post: ClaimedPost, signal: AbortSignal) => Promise<PostResult> {
  const { subscriptions, posts, port, makeMessage, health, now, logger, leaseMs, receiverNow = now } = options;
  const { metrics = noMetrics } = options;

  // Posts that are claimed together go through the same steps at the same moment: one statement serves them all.
  const subscriptionOf = askedTogether((ids: readonly string[]) => subscriptions.byIds(ids));
  const begin = askedTogether(async (asked: readonly ClaimedPost[]) => {
    const begun = new Map<ClaimedPost, boolean>();
    for (const claimant of new Set(asked.map((post) => post.claimant))) {
      const own = asked.filter((post) => post.claimant === claimant);
      const held = await posts.beginAll(
        own.map(({ id }) => id),
        claimant,
        now(),
        leaseMs,
        receiverNow(),
      );
      for (const post of own) begun.set(post, held.has(post.id));
    }
    return begun;
  });

  /** Ends requests to Discord before the claim expires, so that no other process has claimed the post by then. */
  const limited = (signal: AbortSignal): AbortSignal =>
    AbortSignal.any([signal, AbortSignal.timeout(Math.round(leaseMs * (1 - LEASE_MARGIN)))]);

  async function end(
    post: ClaimedPost,
    state: PostEnd['state'],
    reason: Reason | null,
    messageId: string | null = null,
  ) {
    await posts.finish(post.id, post.claimant, { state, reason, messageId }, now());
    metrics.post(post.kind, state);
    if (state === 'sent' && TIMED.has(post.kind)) metrics.postLateness(now() - post.dueMs);
    const facts = { postId: post.id, subscriptionId: post.subscriptionId, postKind: post.kind };
    if (state !== 'sent') logger.warn({ ...facts, reason }, `post ${state}`);
    return { kind: state, reason };
  }

  /** Gives the post back, or skips it where it would come too late. */
  async function retryLater(
    post: ClaimedPost,
    waitMs: number,
    reason: Reason,
    maybeSent: boolean,
  ): Promise<PostResult> {
    const notBeforeMs = now() + Math.min(waitMs, MAX_POST_WAIT_MS);
    if (notBeforeMs > post.dueMs + WINDOW_MS[post.kind] && !maybeSent) return skip(post, reason);
    await posts.giveBack(post.id, post.claimant, { notBeforeMs, reason, sent: maybeSent ? 'unknown' : 'no' });
    metrics.post(post.kind, 'delayed');
    logger.warn({ postId: post.id, attempts: post.attempts, waitMs, reason }, 'post delayed');
    return { kind: 'delayed', reason };
  }

  const privately = createPrivateSender(options, { begin, end, retryLater, limited });

  async function skip(post: ClaimedPost, reason: Reason): Promise<PostResult> {
    if (post.kind === 'daily' || post.kind === 'weekly') {
      await subscriptions.addMissed(post.subscriptionId, 1 + post.missed);
    }
    return end(post, 'skipped', reason);
  }

  async function markSent(
    post: ClaimedPost,
    subscription: Subscription,
    { messageId, followersWait = false }: { readonly messageId: string; readonly followersWait?: boolean },
  ): Promise<PostResult> {
    if (followersWait) {
      const dueMs = now();
      const { subscriptionId, channelId } = post;
      const id = postId(subscriptionId, 'crosspost', dueMs);
      await posts.queue([{ id, subscriptionId, kind: 'crosspost', channelId, dueMs, payload: messageId, missed: 0 }]);
    }
    const result = await end(post, 'sent', null, messageId);
    if (post.kind !== 'notice') await health.delivered(subscription);
    return { kind: 'sent', reason: result.reason };
  }

  /** `searched`: what was found by looking for a post that may have been sent, so that it may still be there. */
  async function applyOutcome(
    post: ClaimedPost,
    subscription: Subscription,
    outcome: SendOutcome,
    searched = false,
  ): Promise<PostResult> {
    // The reply to a test reports its failure, and a refused notice has no other recipient.
    const isTold = post.kind === 'test' || post.kind === 'notice';
    // The outcome in a channel that the subscription has left does not concern the subscription.
    const elsewhere = post.channelId !== subscription.channelId;
    const again = (reason: Reason) => retryLater(post, refusedRetryMs(post.attempts), reason, searched);
    const refused = async (reason: Reason): Promise<PostResult> => {
      if (isTold || elsewhere || (await health.refused(subscription, reason))) return end(post, 'failed', reason);
      return again(reason);
    };
    switch (outcome.kind) {
      case 'sent':
        return markSent(post, subscription, outcome);
      case 'gone': {
        const ended = post.kind !== 'notice' && !elsewhere && (await health.channelGone(subscription, outcome.reason));
        return ended || isTold || elsewhere ? end(post, 'failed', outcome.reason) : again(outcome.reason);
      }
      case 'invalid':
        logger.error({ postId: post.id, reason: outcome.reason }, 'Discord refuses a post as it is; please report it');
        return refused(outcome.reason);
      case 'forbidden':
        return refused(outcome.reason);
      case 'busy': {
        const waitMs = Math.max(outcome.retryAfterMs ?? 0, firstRetryMs(post.attempts));
        return retryLater(post, waitMs, outcome.reason, outcome.maybeSent);
      }
    }
  }

  /** A result where the post needs no sending (any more), else null. */
  async function reconcile(
    post: ClaimedPost,
    subscription: Subscription,
    signal: AbortSignal,
  ): Promise<PostResult | null> {
    if (post.sendingSinceMs === null) return null;
    const found = await port.find(post.channelId, post.id, post.sendingSinceMs, limited(signal));
    switch (found.kind) {
      case 'found':
        return markSent(post, subscription, found);
      case 'absent':
        return null;
      case 'unknown':
        // While Discord keeps the nonce, sending again returns the first message instead of a second one.
        if (Math.abs(receiverNow() - post.sendingSinceMs) < NONCE_KEPT_MS) return null;
        return end(post, 'failed', { key: 'refusals.uncertain' });
      case 'gone':
        return applyOutcome(post, subscription, found, true);
      case 'busy':
        return retryLater(post, found.retryAfterMs ?? firstRetryMs(post.attempts), { key: 'refusals.slowDown' }, true);
    }
  }

  /** Passes on a message that is in its channel; how that ends says nothing about the subscription. */
  async function sendCrosspost(post: ClaimedPost, signal: AbortSignal): Promise<PostResult> {
    const messageId = post.payload ?? '';
    // Counts the attempt; one that is repeated after a crash does no harm.
    if (!(await begin(post))) {
      return TAKEN_OVER;
    }
    const outcome = await port.crosspost(post.channelId, messageId, limited(signal));
    switch (outcome.kind) {
      case 'sent':
        return end(post, 'sent', null, messageId);
      case 'gone':
        return end(post, 'skipped', outcome.reason);
      case 'busy':
        return retryLater(
          post,
          Math.max(outcome.retryAfterMs ?? 0, firstRetryMs(post.attempts)),
          outcome.reason,
          false,
        );
      case 'forbidden':
        return retryLater(post, refusedRetryMs(post.attempts), outcome.reason, false);
      case 'invalid':
        return end(post, 'failed', outcome.reason);
    }
  }

  return async (post, signal) => {
    if (post.kind === 'owner') return privately.toOwner(post, signal);
    if (post.kind === 'personal' || post.kind === 'unreached') return privately.alert(post, signal);
    const subscription = await subscriptionOf(post.subscriptionId);
    if (!subscription) return end(post, 'skipped', { key: 'refusals.subscriptionRemoved' });
    if (post.kind === 'crosspost') return sendCrosspost(post, signal);
    const wanted = subscription.state === 'active' || subscription.state === 'failing';
    if (!wanted && post.kind !== 'test' && post.kind !== 'notice') {
      return end(post, 'skipped', { key: 'refusals.subscriptionStopped' });
    }
    // A notice goes to a person, whose messages cannot be searched; only the nonce prevents duplicates.
    const known = post.kind === 'notice' ? null : await reconcile(post, subscription, signal);
    if (known) return known;
    if (post.dueMs > now() + CLOCK_TOLERANCE_MS && post.kind !== 'notice' && post.kind !== 'paper') {
      return end(post, 'skipped', { key: 'refusals.clockAhead' });
    }
    if (now() - post.dueMs > WINDOW_MS[post.kind]) return skip(post, { key: 'refusals.tooLate' });

    let message: Message;
    try {
      message = await makeMessage(post, subscription);
    } catch (error) {
      const { code, retryable } = asCandlecastError(error);
      const reason: Reason = { key: 'refusals.notMade', values: { code } };
      logger.warn({ postId: post.id, code, err: error }, 'a post cannot be made now');
      if (!retryable && code === 'CC_INTERNAL') {
        logger.error({ postId: post.id, err: error }, 'a post could not be made');
        return skip(post, reason);
      }
      // Nothing was sent in this attempt; earlier attempts were checked above.
      return retryLater(post, firstRetryMs(Math.max(2, post.attempts)), reason, false);
    }
    if (!(await begin(post))) {
      return TAKEN_OVER;
    }
    const deadline = limited(signal);
    const outcome =
      post.kind === 'notice'
        ? await port.notify(
            { userId: subscription.createdBy, guildId: subscription.guildId },
            message,
            post.id,
            deadline,
          )
        : // A press of Test wants to know how it is now.
          await port.send(post.channelId, message, post.id, deadline, { ask: post.kind === 'test' });
    return applyOutcome(post, subscription, outcome);
  };
}
