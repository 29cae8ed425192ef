import { asCandlecastError } from '../../core/errors.ts';
import type { PersonalAlert, UnreachedOutcome } from '../../core/personal-alert.ts';
import type { Reason } from '../../core/reason.ts';
import type { Clock } from '../../core/time.ts';
import type { PersonalAlertRepository } from '../../storage/personal-alert-repository.ts';
import type { ClaimedPost, PostEnd, PostRepository } from '../../storage/post-repository.ts';
import { firstRetryMs, NONCE_KEPT_MS, postId, WINDOW_MS } from './post-plan.ts';
import type { FindOutcome, PostResult, SendOutcome, SendPort } from './publishing-port.ts';

/** What is needed to send alerts that people set. */
export interface PersonalPosts<Message> {
  readonly alerts: Pick<PersonalAlertRepository, 'byId' | 'noteUndelivered'>;
  /** The message of a post of kind `personal` or `unreached`. Throws where the payload is not one of this version. */
  readonly makeMessage: (post: ClaimedPost, alert: PersonalAlert) => Promise<Message>;
}

/** What it is made of. */
export interface PrivateSenderParts<Message> {
  readonly posts: PostRepository;
  readonly port: SendPort<Message>;
  readonly now: Clock;
  /** The clock of Discord, by which a post is looked for that may have been sent; default `now`. */
  readonly receiverNow?: Clock;
  /** The bot's owners, and how a text to them becomes a message; nobody is written to without it. */
  readonly owners?: { readonly ids: readonly string[]; readonly makeMessage: (text: string) => Message };
  /** The alerts that people set, and how what happened becomes a message; none is sent without it. */
  readonly personal?: PersonalPosts<Message>;
  readonly leaseMs: number;
}

/** The steps that every post ends with. */
interface SenderSteps {
  /** Notes the start of a send; false where the claim was lost. */
  begin(post: ClaimedPost): Promise<boolean | undefined>;
  end(
    post: ClaimedPost,
    state: PostEnd['state'],
    reason: Reason | null,
    messageId?: string | null,
  ): Promise<PostResult>;
  retryLater(post: ClaimedPost, waitMs: number, reason: Reason, maybeSent: boolean): Promise<PostResult>;
  limited(signal: AbortSignal): AbortSignal;
}

const UNCERTAIN: Reason = { key: 'refusals.uncertain' };
export const TAKEN_OVER: PostResult = { kind: 'delayed', reason: { key: 'refusals.takenOver' } };

/** Makes what sends posts that belong to no subscription: to the bot's owners, and alerts that people set. Both throw `CC_DATABASE`. */
export function createPrivateSender<Message>(
  { posts, port, now, receiverNow = now, owners, personal }: PrivateSenderParts<Message>,
  { begin, end, retryLater, limited }: SenderSteps,
) {
  const busy = (post: ClaimedPost, outcome: Extract<SendOutcome, { kind: 'busy' }>, searched = false) =>
    retryLater(
      post,
      Math.max(outcome.retryAfterMs ?? 0, firstRetryMs(post.attempts)),
      outcome.reason,
      outcome.maybeSent || searched,
    );

  /** A result where the alert is there already, or nobody can tell; else null. */
  async function alreadySent(post: ClaimedPost, alert: PersonalAlert, signal: AbortSignal): Promise<PostResult | null> {
    const sinceMs = post.sendingSinceMs;
    if (sinceMs === null) return null;
    const deadline = limited(signal);
    const found: FindOutcome =
      post.channelId === ''
        ? await port.findPrivate(alert.userId, post.id, sinceMs, deadline)
        : await port.find(post.channelId, post.id, sinceMs, deadline);
    switch (found.kind) {
      case 'found':
        return end(post, 'sent', null, found.messageId);
      case 'absent':
        return null;
      case 'unknown':
        // While Discord keeps the nonce, sending again returns the first message instead of a second one.
        if (Math.abs(receiverNow() - sinceMs) < NONCE_KEPT_MS) return null;
        return unreached(post, alert, 'uncertain', UNCERTAIN);
      case 'gone':
        return untold(post, 'failed', found.reason);
      case 'busy':
        return retryLater(post, found.retryAfterMs ?? firstRetryMs(post.attempts), { key: 'refusals.slowDown' }, true);
    }
  }

  /** Ends a post that did not arrive; first notes that, so that after a crash in between the list does not say that it was told. */
  async function untold(post: ClaimedPost, state: 'failed' | 'skipped', reason: Reason): Promise<PostResult> {
    if (post.kind === 'personal') await personal?.alerts.noteUndelivered(post.subscriptionId);
    return end(post, state, reason);
  }

  /**
   * Tells the place where an alert was set that it did not arrive, or that nobody can tell; of one to a channel only the latter, since who manages the
   * channel has shut it to the bot.
   */
  async function unreached(
    post: ClaimedPost,
    alert: PersonalAlert,
    outcome: UnreachedOutcome,
    reason: Reason,
  ): Promise<PostResult> {
    const isTold = post.kind === 'personal' && (post.channelId === '' || outcome === 'uncertain');
    // Queued before the post ends: after a crash in between it is known by its id.
    if (isTold && alert.madeChannelId !== null) {
      const { dueMs } = post;
      const id = postId(alert.id, 'unreached', dueMs);
      const [channelId, payload] = [alert.madeChannelId, JSON.stringify({ outcome })];
      await posts.queue([{ id, subscriptionId: alert.id, kind: 'unreached', channelId, dueMs, payload, missed: 0 }]);
    }
    return untold(post, 'failed', reason);
  }

  async function deliver(
    post: ClaimedPost,
    alert: PersonalAlert,
    { makeMessage }: PersonalPosts<Message>,
    signal: AbortSignal,
  ): Promise<PostResult> {
    const known = await alreadySent(post, alert, signal);
    if (known) return known;
    if (now() - post.dueMs > WINDOW_MS[post.kind]) return untold(post, 'skipped', { key: 'refusals.tooLate' });
    let message: Message;
    try {
      message = await makeMessage(post, alert);
    } catch (error) {
      // One that another version queued must not keep everything that waits behind it.
      return untold(post, 'skipped', { key: 'refusals.notMade', values: { code: asCandlecastError(error).code } });
    }
    if (!(await begin(post))) return TAKEN_OVER;
    const deadline = limited(signal);
    const outcome =
      post.channelId === ''
        ? await port.notify({ userId: alert.userId, guildId: '' }, message, post.id, deadline)
        : await port.send(post.channelId, message, post.id, deadline);
    if (outcome.kind === 'sent') return end(post, 'sent', null, outcome.messageId);
    if (outcome.kind === 'busy') {
      const result = await busy(post, outcome, post.sendingSinceMs !== null);
      if (result.kind === 'skipped' && post.kind === 'personal') await personal?.alerts.noteUndelivered(alert.id);
      return result;
    }
    return unreached(post, alert, 'refused', outcome.reason);
  }

  return {
    /** Writes to an owner of the bot. After a crash only the nonce keeps a second message out, for as long as Discord keeps it. */
    async toOwner(post: ClaimedPost, signal: AbortSignal): Promise<PostResult> {
      const userId = owners?.ids[Number(/-(\d+)$/.exec(post.subscriptionId)?.[1])];
      if (!owners || userId === undefined) return end(post, 'skipped', { key: 'refusals.ownerRemoved' });
      if (now() - post.dueMs > WINDOW_MS.owner) return end(post, 'skipped', { key: 'refusals.tooLate' });
      if (post.sendingSinceMs !== null && Math.abs(receiverNow() - post.sendingSinceMs) >= NONCE_KEPT_MS) {
        return end(post, 'failed', UNCERTAIN);
      }
      if (!(await begin(post))) return TAKEN_OVER;
      const message = owners.makeMessage(post.payload ?? '');
      const outcome = await port.notify({ userId, guildId: '' }, message, post.id, limited(signal));
      if (outcome.kind === 'sent') return end(post, 'sent', null, outcome.messageId);
      if (outcome.kind === 'busy') return busy(post, outcome);
      return end(post, 'failed', outcome.reason);
    },

    /** Sends an alert to its person or channel, once: where an earlier attempt may have sent it, that is looked for first. */
    async alert(post: ClaimedPost, signal: AbortSignal): Promise<PostResult> {
      const alert = personal ? await personal.alerts.byId(post.subscriptionId) : null;
      if (!personal || !alert) return end(post, 'skipped', { key: 'refusals.alertRemoved' });
      return deliver(post, alert, personal, signal);
    },
  };
}
