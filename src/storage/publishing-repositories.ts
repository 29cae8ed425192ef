import type { DuePost, PostKind, Subscription, SubscriptionState } from '../core/subscription.ts';

/** A post to be queued. `id` is unique and its nonce; (subscription, kind, due) is unique as well. */
export interface NewPost {
  readonly id: string;
  readonly subscriptionId: string;
  readonly kind: PostKind;
  readonly channelId: string;
  readonly dueMs: number;
  readonly payload: string | null;
  /** Posts left out before this one, which it says. */
  readonly missed: number;
}

/** What becomes of a subscription that is due. */
export interface Advance {
  readonly subscriptionId: string;
  /** As it was read; another value in the database means that somebody else was faster. */
  readonly dueMs: number;
  readonly nextDueMs: number;
  /** Posts left out that the next post has to say. */
  readonly missed: number;
  readonly posts: readonly NewPost[];
}

/** Who posts what where and when. Methods throw `CC_DATABASE`. */
export interface SubscriptionRepository {
  /** Stores a new one; false where its server has `most` already. */
  insert(subscription: Subscription, most: number): Promise<boolean>;
  byId(id: string): Promise<Subscription | null>;
  /** Those of a server, the oldest first. */
  byGuild(guildId: string): Promise<readonly Subscription[]>;
  /** Replaces everything but its origin, and sends its waiting posts to its channel; false where it is gone. */
  update(subscription: Subscription): Promise<boolean>;
  /** Takes it away together with its open posts and its alerts' state; false where it was gone. */
  remove(id: string): Promise<boolean>;
  /** Changes the state where it is one of `from`, all in one statement; false where it is another. */
  changeState(
    id: string,
    from: readonly SubscriptionState[],
    to: { readonly state: SubscriptionState; readonly reason: string | null; readonly atMs: number },
  ): Promise<boolean>;
  /** Counts posts that were left out, for the next post to say. */
  addMissed(id: string, count: number): Promise<void>;
  /** Active and failing ones that are due, the longest due first, with the posts left out before. */
  due(
    nowMs: number,
    limit: number,
  ): Promise<readonly { readonly subscription: Subscription; readonly missed: number }[]>;
  /** Moves those on that are still due as they were read, and queues their posts, all or nothing; returns the number queued. */
  advance(steps: readonly Advance[]): Promise<number>;
  /** Those that post daily and have been failing since that moment or before, the longest first. */
  failingSince(ms: number, limit: number): Promise<readonly Subscription[]>;
  /** Active ones that want alerts. */
  withAlerts(): Promise<readonly Subscription[]>;
}

/** How a post ended. */
export interface PostEnd {
  readonly state: 'sent' | 'failed' | 'skipped';
  readonly messageId: string | null;
  /** Plain words for the log and for `/subscriptions`; null where it simply was sent. */
  readonly reason: string | null;
}

/** A post as it was kept. */
export interface KeptPost extends DuePost {
  readonly state: 'open' | PostEnd['state'];
  readonly messageId: string | null;
  readonly reason: string | null;
}

/** The outbox: posts that are due, each claimed by one process at a time. Methods throw `CC_DATABASE`. */
export interface PostRepository {
  /** Queues posts; those whose id or (subscription, kind, due) is known stay as they are. Returns how many were new. */
  queue(posts: readonly NewPost[]): Promise<number>;
  /** Takes open posts for a while, in one statement, the longest due first; only that of `id` where one is named. */
  claim(request: {
    readonly owner: string;
    readonly nowMs: number;
    readonly leaseMs: number;
    readonly limit: number;
    readonly id?: string;
  }): Promise<readonly DuePost[]>;
  /** Writes down that sending begins now and holds the claim for longer; false where the claim was lost. */
  begin(id: string, owner: string, nowMs: number, leaseMs: number): Promise<boolean>;
  /** Ends a claimed post; false where the claim was lost, and nothing is changed then. */
  finish(id: string, owner: string, end: PostEnd, nowMs: number): Promise<boolean>;
  /** Gives a post back until `notBeforeMs`; `sent: 'no'` where Discord surely has not taken it. */
  giveBack(
    id: string,
    owner: string,
    back: { readonly notBeforeMs: number; readonly reason: string; readonly sent: 'no' | 'unknown' },
  ): Promise<boolean>;
  /** Posts of a subscription, the newest first. */
  recent(subscriptionId: string, limit: number): Promise<readonly KeptPost[]>;
  /** How many are open. */
  open(): Promise<number>;
  /** Forgets posts that ended before; returns how many. */
  prune(beforeMs: number): Promise<number>;
}

/** Where the alerts of a subscription stand, coin by coin. Methods throw `CC_DATABASE`. */
export interface AlertStateRepository {
  all(): Promise<readonly AlertStateEntry[]>;
  /** Keeps states and queues what they post, all or nothing. */
  save(entries: readonly AlertStateEntry[], posts: readonly NewPost[]): Promise<void>;
}

/** The state of one coin's alerts, as text of the service. */
export interface AlertStateEntry {
  readonly subscriptionId: string;
  readonly symbol: string;
  readonly state: string;
}

/** Turns that one process takes at a time. Methods throw `CC_DATABASE`. */
export interface TurnRepository {
  /** Takes or keeps a turn until `untilMs`; false while somebody else has it. */
  take(name: string, owner: string, nowMs: number, untilMs: number): Promise<boolean>;
  release(name: string, owner: string): Promise<void>;
}
