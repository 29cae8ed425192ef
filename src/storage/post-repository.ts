import { type Kysely, sql } from 'kysely';
import { parseReason, type Reason, storedReason } from '../core/reason.ts';
import { type DuePost, MAX_POST_WAIT_MS, type PostKind } from '../core/subscription.ts';
import { CLOCK_TOLERANCE_MS } from '../core/time.ts';
import { cachedReading, type Guard, inChunks, NO_STAMP, type TableStamp } from './connection.ts';
import type { Database, DatabaseKind, PostRow } from './schema.ts';

/** A post to be queued. `id` is unique and its nonce; (subscription, kind, due) is unique as well. */
export interface NewPost {
  readonly id: string;
  readonly subscriptionId: string;
  readonly kind: PostKind;
  readonly channelId: string;
  readonly dueMs: number;
  readonly payload: string | null;
  /** Posts left out before this one, which mentions them. */
  readonly missed: number;
}

/** How a post ended. */
export interface PostEnd {
  readonly state: 'sent' | 'failed' | 'skipped';
  readonly messageId: string | null;
  /** Null where it was sent. */
  readonly reason: Reason | null;
}

/** A post as it was kept. */
export interface KeptPost extends DuePost {
  readonly state: 'open' | PostEnd['state'];
  readonly messageId: string | null;
  readonly reason: Reason | null;
}

/** How many posts ended how. */
export interface EndedPosts {
  readonly sent: number;
  readonly late: number;
  readonly failed: number;
  readonly skipped: number;
}

/** A post that somebody has taken. */
export interface ClaimedPost extends DuePost {
  /** Who took it; later steps are allowed to nobody else. */
  readonly claimant: string;
}

/** Who takes posts, for how long and how many; `id` names the only one wanted. */
interface ClaimRequest {
  /** Different for every claim, also within one process: what an older one left under way must not end a newer one. */
  readonly owner: string;
  readonly nowMs: number;
  readonly leaseMs: number;
  readonly limit: number;
  readonly id?: string;
}

/** The outbox: posts that are due, each claimed by one process at a time. Methods throw `CC_DATABASE`. */
export interface PostRepository {
  /** Queues posts; those whose id or (subscription, kind, due) is known stay as they are. Returns how many were new. */
  queue(posts: readonly NewPost[]): Promise<number>;
  /**
   * Takes open posts for a while, in one statement, the longest due first; only that of `id` where one is named. One that would wait for
   * longer than any post does was set aside by a wrong clock, and is taken as well.
   */
  claim(request: ClaimRequest): Promise<readonly ClaimedPost[]>;
  /** Queues a post and takes it in one transaction, so that nobody else can take it in between; null where its id or key is known. */
  queueClaimed(
    post: NewPost,
    request: { readonly owner: string; readonly nowMs: number; readonly leaseMs: number },
  ): Promise<ClaimedPost | null>;
  /**
   * Records the start of a send and extends the claim; false where the claim was lost. `sentAtMs`: the present moment by the receiver's
   * clock, where that is known.
   */
  begin(id: string, owner: string, nowMs: number, leaseMs: number, sentAtMs?: number): Promise<boolean>;
  /** The same for several posts of one claim in one statement; returns those whose claim still holds. */
  beginAll(
    ids: readonly string[],
    owner: string,
    nowMs: number,
    leaseMs: number,
    sentAtMs?: number,
  ): Promise<ReadonlySet<string>>;
  /** Ends a claimed post; false where the claim was lost, and nothing is changed then. */
  finish(id: string, owner: string, end: PostEnd, nowMs: number): Promise<boolean>;
  /** Returns a post to the queue until `notBeforeMs`; `sent: 'no'` where Discord certainly has not accepted it. */
  giveBack(
    id: string,
    owner: string,
    back: { readonly notBeforeMs: number; readonly reason: Reason; readonly sent: 'no' | 'unknown' },
  ): Promise<boolean>;
  /** Posts of a subscription, the newest first. */
  recent(subscriptionId: string, limit: number): Promise<readonly KeptPost[]>;
  /** Whether any is open, which most minutes none is. */
  anyOpen(): Promise<boolean>;
  /** How many are open. */
  open(): Promise<number>;
  /** How many open posts of active subscriptions were due before that moment; crossposts are left out, since their messages are there. */
  overdue(ms: number): Promise<number>;
  /** The oldest of those, and what it was given back for; null where there is none. */
  oldestOverdue(ms: number): Promise<{ readonly dueMs: number; readonly reason: Reason | null } | null>;
  /** How posts that people expect ended since a moment; of those sent, `late` ones were more than `lateMs` after their time. */
  endedSince(sinceMs: number, lateMs: number): Promise<EndedPosts>;
  /** Forgets posts that ended before, and ended ones of subscriptions that are gone; returns how many. */
  prune(beforeMs: number): Promise<number>;
}

/**
 * Makes the outbox. A post is claimed in one statement and belongs to its owner until the claim expires; every later step
 * requires that owner, so that a process whose claim has expired changes nothing.
 */
export function createPostRepository(
  db: Kysely<Database>,
  kind: DatabaseKind,
  guard: Guard,
  stamp: TableStamp = NO_STAMP,
): PostRepository {
  const write = <T>(step: (transaction: Kysely<Database>) => Promise<T>): Promise<T> =>
    guard('write posts to', () => db.transaction().execute(step));
  const read = <T>(step: () => Promise<T>): Promise<T> => guard('read posts from', step);

  const anyOpen = cachedReading(
    () => stamp('posts'),
    () =>
      read(async () => {
        const row = await db.selectFrom('posts').select('id').where('state', '=', 'open').limit(1).executeTakeFirst();
        return row !== undefined;
      }),
  );

  const overdueBefore = (ms: number) =>
    db
      .selectFrom('posts')
      .innerJoin('subscriptions', 'subscriptions.id', 'posts.subscription_id')
      .where('posts.state', '=', 'open')
      .where('posts.kind', '<>', 'crosspost')
      .where('posts.due_ms', '<', ms)
      .where('subscriptions.state', '=', 'active');

  /** A single statement needs no transaction around it, which would take two round trips more. */
  const writeOne = <T>(step: () => Promise<T>): Promise<T> => guard('write posts to', step);

  /** Changes one open post if the owner still holds its claim. */
  const changeOwn = (id: string, owner: string, change: Partial<PostRow>) =>
    writeOne(async () => {
      const result = await db
        .updateTable('posts')
        .set(change)
        .where('id', '=', id)
        .where('state', '=', 'open')
        .where('lease_owner', '=', owner)
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    });

  async function takePosts(
    transaction: Kysely<Database>,
    { owner, nowMs, leaseMs, limit, id }: ClaimRequest,
  ): Promise<readonly ClaimedPost[]> {
    let free = transaction
      .selectFrom('posts')
      .select('id')
      .where('state', '=', 'open')
      .where((row) =>
        row.or([
          row('not_before_ms', '<=', nowMs),
          row('not_before_ms', '>', nowMs + Math.max(leaseMs, MAX_POST_WAIT_MS) + CLOCK_TOLERANCE_MS),
          row.and([
            row('lease_owner', 'is not', null),
            row('not_before_ms', '>', nowMs + leaseMs + CLOCK_TOLERANCE_MS),
          ]),
        ]),
      )
      .orderBy('due_ms')
      .orderBy('id')
      .limit(limit);
    if (id !== undefined) free = free.where('id', '=', id);
    // Rows that another process is claiming now are skipped instead of waited for.
    if (kind === 'postgres') free = free.forUpdate().skipLocked();
    const rows = await transaction
      .updateTable('posts')
      .set({ lease_owner: owner, not_before_ms: nowMs + leaseMs })
      .where('id', 'in', free)
      .returningAll()
      .execute();
    return rows
      .map((row) => ({ ...toDuePost(row), claimant: owner }))
      .sort((a, b) => a.dueMs - b.dueMs || (a.id < b.id ? -1 : 1));
  }

  const beginAll: PostRepository['beginAll'] = (ids, owner, nowMs, leaseMs, sentAtMs = nowMs) =>
    writeOne(async () => {
      const begun = await db
        .updateTable('posts')
        .set((row) => ({
          attempts: row('attempts', '+', 1),
          sending_since_ms: row.fn.coalesce('sending_since_ms', sql<number>`cast(${sentAtMs} as bigint)`),
          not_before_ms: nowMs + leaseMs,
        }))
        .where('id', 'in', ids)
        .where('state', '=', 'open')
        .where('lease_owner', '=', owner)
        .where('not_before_ms', '>', nowMs)
        .returning('id')
        .execute();
      return new Set(begun.map(({ id }) => id));
    });

  return {
    queue: (posts) => write((transaction) => insertPosts(transaction, posts)),

    claim: (request) => writeOne(() => takePosts(db, request)),

    queueClaimed: (post, request) =>
      write(async (transaction) => {
        if ((await insertPosts(transaction, [post])) === 0) return null;
        return (await takePosts(transaction, { ...request, limit: 1, id: post.id }))[0] ?? null;
      }),

    begin: async (id, ...claim) => (await beginAll([id], ...claim)).has(id),

    beginAll,

    finish: (id, owner, { state, messageId, reason }, nowMs) =>
      changeOwn(id, owner, {
        state,
        message_id: messageId,
        reason: storedReason(reason),
        lease_owner: null,
        changed_at_ms: nowMs,
      }),

    giveBack: (id, owner, { notBeforeMs, reason, sent }) =>
      changeOwn(id, owner, {
        not_before_ms: notBeforeMs,
        reason: storedReason(reason),
        lease_owner: null,
        ...(sent === 'no' ? { sending_since_ms: null } : {}),
      }),

    recent: (subscriptionId, limit) =>
      read(async () => {
        const rows = await db
          .selectFrom('posts')
          .selectAll()
          .where('subscription_id', '=', subscriptionId)
          .orderBy('due_ms', 'desc')
          .orderBy('id', 'desc')
          .limit(limit)
          .execute();
        return rows.map(toKeptPost);
      }),

    anyOpen,

    open: () =>
      read(async () => {
        const row = await db
          .selectFrom('posts')
          .select((posts) => posts.fn.countAll<number>().as('count'))
          .where('state', '=', 'open')
          .executeTakeFirstOrThrow();
        return Number(row.count);
      }),

    overdue: (ms) =>
      read(async () => {
        const row = await overdueBefore(ms)
          .select((select) => select.fn.countAll<number>().as('count'))
          .executeTakeFirstOrThrow();
        return Number(row.count);
      }),

    oldestOverdue: (ms) =>
      read(async () => {
        const oldest = await overdueBefore(ms)
          .select(['posts.due_ms', 'posts.reason'])
          .orderBy('posts.due_ms')
          .orderBy('posts.id')
          .limit(1)
          .executeTakeFirst();
        return oldest ? { dueMs: oldest.due_ms, reason: parseReason(oldest.reason) } : null;
      }),

    endedSince: (sinceMs, lateMs) =>
      read(async () => {
        const rows = await db
          .selectFrom('posts')
          .select((row) => [
            'state',
            row.fn.countAll<number>().as('count'),
            row.fn.sum<number | string>(sql`case when changed_at_ms - due_ms > ${lateMs} then 1 else 0 end`).as('late'),
          ])
          .where('state', '<>', 'open')
          .where('changed_at_ms', '>', sinceMs)
          .where('kind', 'in', ['daily', 'weekly', 'alert', 'paper'])
          .groupBy('state')
          .execute();
        const of = (state: string) => rows.find((row) => row.state === state);
        const count = (state: string) => Number(of(state)?.count ?? 0);
        return {
          sent: count('sent'),
          late: Number(of('sent')?.late ?? 0),
          failed: count('failed'),
          skipped: count('skipped'),
        };
      }),

    prune: (beforeMs) =>
      write(async (transaction) => {
        const result = await transaction
          .deleteFrom('posts')
          .where('state', '<>', 'open')
          .where((row) =>
            row.or([
              row('changed_at_ms', '<', beforeMs),
              row('subscription_id', 'not in', transaction.selectFrom('subscriptions').select('id')),
            ]),
          )
          .executeTakeFirst();
        return Number(result.numDeletedRows);
      }),
  };
}

/** Inserts new posts inside the given transaction; returns their number. */
export function insertPosts(db: Kysely<Database>, posts: readonly NewPost[]): Promise<number> {
  return inChunks(posts, async (chunk) => {
    const result = await db
      .insertInto('posts')
      .values(
        chunk.map((post) => ({
          id: post.id,
          subscription_id: post.subscriptionId,
          kind: post.kind,
          channel_id: post.channelId,
          due_ms: post.dueMs,
          payload: post.payload,
          missed: post.missed,
          state: 'open',
          attempts: 0,
          not_before_ms: post.dueMs,
          lease_owner: null,
          sending_since_ms: null,
          message_id: null,
          reason: null,
          changed_at_ms: post.dueMs,
        })),
      )
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    return Number(result.numInsertedOrUpdatedRows ?? 0n);
  });
}

function toDuePost(row: PostRow): DuePost {
  return {
    id: row.id,
    subscriptionId: row.subscription_id,
    kind: row.kind as PostKind,
    channelId: row.channel_id,
    dueMs: row.due_ms,
    attempts: row.attempts,
    payload: row.payload,
    missed: row.missed,
    sendingSinceMs: row.sending_since_ms,
  };
}

function toKeptPost(row: PostRow): KeptPost {
  return {
    ...toDuePost(row),
    state: row.state as KeptPost['state'],
    messageId: row.message_id,
    reason: parseReason(row.reason),
  };
}
