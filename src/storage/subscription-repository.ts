import { type Kysely, sql } from 'kysely';
import { chosenHorizon, type HorizonName } from '../core/horizon.ts';
import { parseReason, type Reason, storedReason } from '../core/reason.ts';
import type { ReportKind, Subscription, SubscriptionState } from '../core/subscription.ts';
import { CLOCK_TOLERANCE_MS, DAY_MS } from '../core/time.ts';
import { cachedReading, type Guard, inChunks, NO_STAMP, type TableStamp } from './connection.ts';
import { insertPosts, type NewPost } from './post-repository.ts';
import type { Database, DatabaseKind, SubscriptionRow } from './schema.ts';

/** The advance of a due subscription to its next post. */
export interface Advance {
  readonly subscriptionId: string;
  /** The due time as it was read; another value in the database means that another process advanced it first. */
  readonly dueMs: number;
  readonly nextDueMs: number;
  /** Posts left out, which the next post mentions. */
  readonly missed: number;
  readonly posts: readonly NewPost[];
}

/** Subscriptions. Methods throw `CC_DATABASE`. */
export interface SubscriptionRepository {
  /** Stores a new one; false where its server has `most` already. */
  insert(subscription: Subscription, most: number): Promise<boolean>;
  byId(id: string): Promise<Subscription | null>;
  /** Those of some ids, by id; without those that are gone. */
  byIds(ids: readonly string[]): Promise<ReadonlyMap<string, Subscription>>;
  /** Those of a server, the oldest first. */
  byGuild(guildId: string): Promise<readonly Subscription[]>;
  /** Replaces everything but its origin, and sends its waiting posts to its channel; false where it is gone. */
  update(subscription: Subscription): Promise<boolean>;
  /** Deletes it with its posts, but for those that may be under way, and its alerts' state; false where it did not exist. */
  remove(id: string): Promise<boolean>;
  /** Changes the state where it is one of `from`, all in one statement; false where it is another. */
  changeState(
    id: string,
    from: readonly SubscriptionState[],
    to: { readonly state: SubscriptionState; readonly reason: Reason | null; readonly atMs: number },
  ): Promise<boolean>;
  /** Counts posts that were left out, for the next post to mention. */
  addMissed(id: string, count: number): Promise<void>;
  /** Active and failing ones that are due, the longest due first, with the posts left out before. */
  due(
    nowMs: number,
    limit: number,
  ): Promise<readonly { readonly subscription: Subscription; readonly missed: number }[]>;
  /** Active and failing ones whose next post is more than its period ahead, the furthest first, with the posts left out before. */
  ahead(
    nowMs: number,
    limit: number,
  ): Promise<readonly { readonly subscription: Subscription; readonly missed: number }[]>;
  /** Failing ones that are dated in the future have been failing since now. */
  restartFailing(nowMs: number): Promise<void>;
  /** How many active ones should have been planned before that moment. */
  overdue(ms: number): Promise<number>;
  /** Moves those on that are still due as they were read, and queues their posts, all or nothing; returns the number queued. */
  advance(steps: readonly Advance[]): Promise<number>;
  /** Those that post daily and have been failing since that moment or before, the longest first. */
  failingSince(ms: number, limit: number): Promise<readonly Subscription[]>;
  /** How many are failing. */
  countFailing(): Promise<number>;
  /** Active ones that want alerts. */
  withAlerts(): Promise<readonly Subscription[]>;
}

const PLANNED_STATES: readonly SubscriptionState[] = ['active', 'failing'];
/** Subscriptions with alerts that are kept in memory between two checks, about 500 bytes each; more are read at every check. */
const MAX_KEPT = 2_000;

/** Makes the repository. Each change that must happen only once is one statement conditional on the expected row. */
export function createSubscriptionRepository(
  db: Kysely<Database>,
  kind: DatabaseKind,
  guard: Guard,
  stamp: TableStamp = NO_STAMP,
): SubscriptionRepository {
  const write = <T>(step: (transaction: Kysely<Database>) => Promise<T>): Promise<T> =>
    guard('change a subscription in', () => db.transaction().execute(step));
  const read = <T>(step: () => Promise<T>): Promise<T> => guard('read subscriptions from', step);

  /** The earliest and latest moments of those in one state with one kind of report. */
  const moments = cachedReading(
    () => stamp('subscriptions'),
    () =>
      read(() =>
        db
          .selectFrom('subscriptions')
          .select(({ fn }) => [
            'state',
            'report',
            fn.min('next_due_ms').as('first_due_ms'),
            fn.max('next_due_ms').as('last_due_ms'),
            fn.min('state_since_ms').as('first_since_ms'),
            fn.max('state_since_ms').as('last_since_ms'),
          ])
          .groupBy(['state', 'report'])
          .execute(),
      ),
  );
  type Moments = Awaited<ReturnType<typeof moments>>[number];
  /** Whether a search among these may find anything. Most minutes nothing is due, which is known without a statement while nobody has written. */
  const mayFind = async (isWanted: (group: Moments) => boolean): Promise<boolean> =>
    stamp('subscriptions') === null || (await moments()).some(isWanted);
  const isPlanned = ({ state }: Moments) => PLANNED_STATES.some((planned) => planned === state);

  const withAlerts = cachedReading(
    () => stamp('subscriptions'),
    () =>
      read(async () => {
        const rows = await db
          .selectFrom('subscriptions')
          .selectAll()
          .where('state', '=', 'active')
          .where((row) => row.or([row('band_break', '=', 1), row('flip_at', 'is not', null)]))
          .orderBy('id')
          .execute();
        return rows.map(fromRow);
      }),
    (found) => found.length <= MAX_KEPT,
  );

  return {
    insert: (subscription, most) =>
      write(async (transaction) => {
        // Two at once would both count what is there without the other; SQLite has one writer at a time anyway.
        if (kind === 'postgres') {
          await sql`select pg_advisory_xact_lock(hashtext(${subscription.guildId}))`.execute(transaction);
        }
        const { count } = await transaction
          .selectFrom('subscriptions')
          .select((row) => row.fn.countAll<number>().as('count'))
          .where('guild_id', '=', subscription.guildId)
          .executeTakeFirstOrThrow();
        if (Number(count) >= most) return false;
        await transaction
          .insertInto('subscriptions')
          .values({ ...toRow(subscription), missed: 0 })
          .execute();
        return true;
      }),

    byId: (id) =>
      read(async () => {
        const row = await db.selectFrom('subscriptions').selectAll().where('id', '=', id).executeTakeFirst();
        return row ? fromRow(row) : null;
      }),

    byIds: (ids) =>
      read(async () => {
        const rows = await db.selectFrom('subscriptions').selectAll().where('id', 'in', ids).execute();
        return new Map(rows.map((row) => [row.id, fromRow(row)]));
      }),

    byGuild: (guildId) =>
      read(async () => {
        const rows = await db
          .selectFrom('subscriptions')
          .selectAll()
          .where('guild_id', '=', guildId)
          .orderBy('created_at_ms')
          .orderBy('id')
          .execute();
        return rows.map(fromRow);
      }),

    update: (subscription) =>
      write(async (transaction) => {
        const { id, guild_id: _guild, created_by: _by, created_at_ms: _at, ...changed } = toRow(subscription);
        const result = await transaction
          .updateTable('subscriptions')
          .set(changed)
          .where('id', '=', id)
          .executeTakeFirst();
        // Queued posts move to the subscription's new channel; posts that may be under way stay in the old one.
        await transaction
          .updateTable('posts')
          .set((row) => ({ channel_id: subscription.channelId, not_before_ms: row.ref('due_ms') }))
          .where('subscription_id', '=', id)
          .where('channel_id', '<>', subscription.channelId)
          // A message stays in the channel in which it is.
          .where('kind', '<>', 'crosspost')
          .where('state', '=', 'open')
          .where('lease_owner', 'is', null)
          .where('sending_since_ms', 'is', null)
          .execute();
        return result.numUpdatedRows > 0n;
      }),

    remove: (id) =>
      write(async (transaction) => {
        const result = await transaction.deleteFrom('subscriptions').where('id', '=', id).executeTakeFirst();
        await transaction
          .deleteFrom('posts')
          .where('subscription_id', '=', id)
          // One that may be under way ends as skipped, and is deleted by the next night.
          .where((row) => row.or([row('state', '<>', 'open'), row('sending_since_ms', 'is', null)]))
          .execute();
        await transaction.deleteFrom('alert_states').where('subscription_id', '=', id).execute();
        return result.numDeletedRows > 0n;
      }),

    changeState: (id, from, { state, reason, atMs }) =>
      write(async (transaction) => {
        const result = await transaction
          .updateTable('subscriptions')
          .set({ state, state_reason: storedReason(reason), state_since_ms: atMs })
          .where('id', '=', id)
          .where('state', 'in', from)
          .executeTakeFirst();
        return result.numUpdatedRows > 0n;
      }),

    addMissed: (id, count) =>
      write(async (transaction) => {
        await transaction
          .updateTable('subscriptions')
          .set((row) => ({ missed: row('missed', '+', count) }))
          .where('id', '=', id)
          .execute();
      }),

    due: (nowMs, limit) =>
      read(async () => {
        if (!(await mayFind((group) => isPlanned(group) && group.first_due_ms <= nowMs))) return [];
        const rows = await db
          .selectFrom('subscriptions')
          .selectAll()
          .where('state', 'in', PLANNED_STATES)
          .where('next_due_ms', '<=', nowMs)
          .orderBy('next_due_ms')
          .orderBy('id')
          .limit(limit)
          .execute();
        return rows.map((row) => ({ subscription: fromRow(row), missed: row.missed }));
      }),

    ahead: (nowMs, limit) =>
      read(async () => {
        const periodMs = ({ report }: Moments) => (report === 'weekly' ? 7 : 1) * DAY_MS;
        if (!(await mayFind((group) => isPlanned(group) && group.last_due_ms > nowMs + periodMs(group)))) return [];
        const rows = await db
          .selectFrom('subscriptions')
          .selectAll()
          .where('state', 'in', PLANNED_STATES)
          .where('next_due_ms', '>', nowMs + DAY_MS)
          .where((row) => row.or([row('report', '<>', 'weekly'), row('next_due_ms', '>', nowMs + 7 * DAY_MS)]))
          .orderBy('next_due_ms', 'desc')
          .orderBy('id')
          .limit(limit)
          .execute();
        return rows.map((row) => ({ subscription: fromRow(row), missed: row.missed }));
      }),

    restartFailing: (nowMs) =>
      guard('change a subscription in', async () => {
        const aheadMs = nowMs + CLOCK_TOLERANCE_MS;
        if (!(await mayFind(({ state, last_since_ms }) => state === 'failing' && last_since_ms > aheadMs))) return;
        await db
          .updateTable('subscriptions')
          .set({ state_since_ms: nowMs })
          .where('state', '=', 'failing')
          .where('state_since_ms', '>', aheadMs)
          .execute();
      }),

    overdue: (ms) =>
      read(async () => {
        const row = await db
          .selectFrom('subscriptions')
          .select((select) => select.fn.countAll<number>().as('count'))
          .where('state', 'in', PLANNED_STATES)
          .where('next_due_ms', '<', ms)
          .executeTakeFirstOrThrow();
        return Number(row.count);
      }),

    advance: (steps) => write((transaction) => inChunks(steps, (chunk) => advanceChunk(transaction, chunk))),

    failingSince: (ms, limit) =>
      read(async () => {
        if (!(await mayFind(({ state, first_since_ms }) => state === 'failing' && first_since_ms <= ms))) return [];
        const rows = await db
          .selectFrom('subscriptions')
          .selectAll()
          .where('state', '=', 'failing')
          .where('state_since_ms', '<=', ms)
          .where('report', '<>', 'weekly')
          .orderBy('state_since_ms')
          .orderBy('id')
          .limit(limit)
          .execute();
        return rows.map(fromRow);
      }),

    countFailing: () =>
      read(async () => {
        const row = await db
          .selectFrom('subscriptions')
          .select((found) => found.fn.countAll<number>().as('count'))
          .where('state', '=', 'failing')
          .executeTakeFirstOrThrow();
        return Number(row.count);
      }),

    withAlerts,
  };
}

/** Advances those that no other process has advanced, and queues the posts of exactly these. */
async function advanceChunk(db: Kysely<Database>, steps: readonly Advance[]): Promise<number> {
  const values = steps.map(
    ({ subscriptionId, dueMs, nextDueMs, missed }) =>
      sql`(${subscriptionId}, cast(${dueMs} as bigint), cast(${nextDueMs} as bigint), cast(${missed} as integer))`,
  );
  const moved = await sql<{ id: string }>`
    with step(id, due_ms, next_due_ms, missed) as (values ${sql.join(values)})
    update subscriptions set next_due_ms = step.next_due_ms, missed = step.missed
    from step
    where subscriptions.id = step.id
      and subscriptions.next_due_ms = step.due_ms
      and subscriptions.state in (${sql.join(PLANNED_STATES)})
    returning subscriptions.id as id`.execute(db);
  const mine = new Set(moved.rows.map((row) => row.id));
  return insertPosts(
    db,
    steps.filter((step) => mine.has(step.subscriptionId)).flatMap((step) => step.posts),
  );
}

function toRow(subscription: Subscription): Omit<SubscriptionRow, 'missed'> {
  return {
    id: subscription.id,
    guild_id: subscription.guildId,
    channel_id: subscription.channelId,
    created_by: subscription.createdBy,
    symbols: subscription.symbols.join(','),
    horizon: subscription.horizon,
    report: subscription.report,
    local_time: subscription.localTime,
    time_zone: subscription.timeZone,
    band_break: subscription.alerts.bandBreak ? 1 : 0,
    flip_at: subscription.alerts.flipAt,
    locale: subscription.locale,
    state: subscription.state,
    state_since_ms: subscription.stateSinceMs,
    state_reason: storedReason(subscription.stateReason),
    created_at_ms: subscription.createdAtMs,
    next_due_ms: subscription.nextDueMs,
  };
}

function fromRow(row: SubscriptionRow): Subscription {
  return {
    id: row.id,
    guildId: row.guild_id,
    channelId: row.channel_id,
    createdBy: row.created_by,
    symbols: row.symbols.split(','),
    // Rows of earlier versions may say 24 hours.
    horizon: chosenHorizon(row.horizon as HorizonName),
    report: row.report as ReportKind,
    localTime: row.local_time,
    timeZone: row.time_zone,
    alerts: { bandBreak: row.band_break === 1, flipAt: row.flip_at },
    locale: row.locale,
    state: row.state as SubscriptionState,
    stateSinceMs: row.state_since_ms,
    stateReason: parseReason(row.state_reason),
    createdAtMs: row.created_at_ms,
    nextDueMs: row.next_due_ms,
  };
}
