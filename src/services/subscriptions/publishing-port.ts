import type { Reason } from '../../core/reason.ts';
import type { DuePost, Subscription } from '../../core/subscription.ts';

/** The outcome of sending one message; `followersWait` where the followers of an announcement channel do not have it yet. */
export type SendOutcome =
  | { readonly kind: 'sent'; readonly messageId: string; readonly followersWait?: boolean }
  /** Discord says that the channel or its server is not there; believed once it says so again after a while. */
  | { readonly kind: 'gone'; readonly reason: Reason }
  /** Something that people of the server can put right keeps the post out. */
  | { readonly kind: 'forbidden'; readonly reason: Reason }
  /** A retry may succeed. `maybeSent`: the message may have been delivered. */
  | {
      readonly kind: 'busy';
      readonly reason: Reason;
      readonly retryAfterMs: number | null;
      readonly maybeSent: boolean;
    }
  /** The message itself is refused, which only a change of the program or of its data puts right. */
  | { readonly kind: 'invalid'; readonly reason: Reason };

/** Whether a message that may have been sent is in its channel. */
export type FindOutcome =
  | { readonly kind: 'found'; readonly messageId: string; readonly followersWait?: boolean }
  | { readonly kind: 'absent' }
  /** It cannot be seen from here, for want of a permission. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'gone'; readonly reason: Reason }
  | { readonly kind: 'busy'; readonly retryAfterMs: number | null };

/** Where posts go: Discord, or the console's channels. Its methods never reject; `signal` ends the waiting. */
export interface SendPort<Message> {
  /**
   * Posts once for each nonce, which is the post's id, where the receiver can match the nonce. What is known to be refused is not
   * asked again for a while, unless `ask` is given.
   */
  send(
    channelId: string,
    message: Message,
    nonce: string,
    signal: AbortSignal,
    options?: { readonly ask?: boolean },
  ): Promise<SendOutcome>;
  /** Looks for a private message of that nonce to a person, sent since `sinceMs`. */
  findPrivate(userId: string, nonce: string, sinceMs: number, signal: AbortSignal): Promise<FindOutcome>;
  /** Looks for a message of that nonce sent since `sinceMs`. */
  find(channelId: string, nonce: string, sinceMs: number, signal: AbortSignal): Promise<FindOutcome>;
  /** Passes a message of an announcement channel on to its followers; `sent` also where they have it, or there can be none. */
  crosspost(channelId: string, messageId: string, signal: AbortSignal): Promise<SendOutcome>;
  /** Sends to the subscriber in private, or where that is refused to the server's system channel. */
  notify(
    to: { readonly userId: string; readonly guildId: string },
    message: Message,
    nonce: string,
    signal: AbortSignal,
  ): Promise<SendOutcome>;
}

/** Makes the message of a post; throws a retryable `CandlecastError` where it may be possible later. */
export type MakeMessage<Message> = (post: DuePost, subscription: Subscription) => Promise<Message>;

/** How one post ended; `reason` completes a sentence of the reply, null where it was sent. */
export interface PostResult {
  readonly kind: 'sent' | 'failed' | 'skipped' | 'delayed';
  readonly reason: Reason | null;
}
