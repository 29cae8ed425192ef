import { type Kysely, sql } from 'kysely';
import type { KeptCounts } from '../core/privacy.ts';
import type { Guard } from './connection.ts';
import type { Database, DatabaseKind } from './schema.ts';

/** Rows by table name, as they are stored. */
export type StoredRows = Readonly<Record<string, readonly object[]>>;

/** What the database keeps about people and servers: counting, reading and removing it. */
export interface PrivacyRepository {
  countGuild(guildId: string): Promise<KeptCounts>;
  /** Subscriptions that the person made, and paper portfolios that they started, in all servers; whether they have settings of their own, and the coins that they watch. */
  countPerson(userId: string): Promise<KeptCounts>;
  /** Everything kept about a server; at most `limit` rows a table, the newest posts and events first. */
  readGuild(guildId: string, limit: number): Promise<StoredRows>;
  readPerson(userId: string, limit: number): Promise<StoredRows>;
  /** Removes everything kept about a server, in one transaction; work on it that goes on meanwhile leaves nothing behind. */
  deleteGuild(guildId: string): Promise<KeptCounts>;
  /** Removes the person's id wherever it stands, and their settings and watch list. What they made belongs to its server and stays. */
  forgetPerson(userId: string): Promise<KeptCounts>;
  /** Servers about which something is kept. */
  guilds(): Promise<readonly string[]>;
  /** Notes that the bot is no longer in a server; an earlier note stays. */
  noteDeparture(guildId: string, atMs: number): Promise<void>;
  /** Notes that the bot is in a server. */
  removeDeparture(guildId: string): Promise<void>;
  /** Servers that the bot has left before the given time. */
  departedBefore(ms: number): Promise<readonly string[]>;
  /** Removes settings with a time limit, such as drafts of subscriptions, whose limit ended before; returns how many. */
  removeExpired(ms: number): Promise<number>;
}

/** Calls by members that a condition names. */
const callsOf = (db: Kysely<Database>, column: 'guild_id' | 'user_id', id: string) =>
  db
    .selectFrom('call_events as c')
    .innerJoin('call_members as m', 'm.member', 'c.member')
    .where('c.kind', '=', 'call')
    .where(`m.${column}`, '=', id);

const ROWS = sql<number | string | bigint>`count(*)`.as('n');

/** Stands for a person whose id was removed. */
const NOBODY = '';

/** Makes the repository. */
export function createPrivacyRepository(db: Kysely<Database>, kind: DatabaseKind, guard: Guard): PrivacyRepository {
  const read = <T>(step: () => Promise<T>) => guard('read what is kept from', step);
  const write = <T>(step: () => Promise<T>) => guard('delete from', step);

  /** Deletes, and empties SQLite's write-ahead log, in which the rows would still stand; where somebody reads from it, it is overwritten later. */
  async function erase(step: () => Promise<KeptCounts>): Promise<KeptCounts> {
    const counts = await write(step);
    if (kind === 'sqlite') await sql`pragma wal_checkpoint(truncate)`.execute(db).catch(() => undefined);
    return counts;
  }

  const subscriptionsOf = (guildId: string) =>
    db.selectFrom('subscriptions').select('id').where('guild_id', '=', guildId);
  const portfoliosOf = (guildId: string) =>
    db.selectFrom('paper_portfolios').select('id').where('guild_id', '=', guildId);

  const alertsOf = (userId: string) => db.selectFrom('personal_alerts').select('id').where('user_id', '=', userId);
  /** The newest posts of these subscriptions or alerts. */
  const postsOf = (ids: ReturnType<typeof subscriptionsOf> | ReturnType<typeof alertsOf>, limit: number) =>
    db
      .selectFrom('posts')
      .selectAll()
      .where('subscription_id', 'in', ids)
      .orderBy('due_ms', 'desc')
      .limit(limit)
      .execute();

  const draftsOf = (field: 'guildId' | 'createdBy', id: string, limit: number) =>
    db.selectFrom('key_value').selectAll().where('value', 'like', holding(field, id)).limit(limit).execute();

  return {
    countGuild: (guildId) =>
      read(async () => {
        const [subscriptions, posts, portfolios] = await Promise.all([
          count(db.selectFrom('subscriptions').where('guild_id', '=', guildId).select(ROWS).executeTakeFirstOrThrow()),
          count(
            db
              .selectFrom('posts')
              .where('subscription_id', 'in', subscriptionsOf(guildId))
              .select(ROWS)
              .executeTakeFirstOrThrow(),
          ),
          count(
            db.selectFrom('paper_portfolios').where('guild_id', '=', guildId).select(ROWS).executeTakeFirstOrThrow(),
          ),
        ]);
        return {
          subscriptions,
          posts,
          portfolios,
          settings: null,
          watched: 0,
          alerts: await alertCount(db, 'guild_id', guildId),
          calls: await callCount(db, 'guild_id', guildId),
        };
      }),

    countPerson: (userId) =>
      read(async () => {
        const [subscriptions, portfolios, settings, watched] = await Promise.all([
          count(db.selectFrom('subscriptions').where('created_by', '=', userId).select(ROWS).executeTakeFirstOrThrow()),
          count(
            db.selectFrom('paper_portfolios').where('started_by', '=', userId).select(ROWS).executeTakeFirstOrThrow(),
          ),
          count(db.selectFrom('preferences').where('user_id', '=', userId).select(ROWS).executeTakeFirstOrThrow()),
          count(db.selectFrom('watches').where('user_id', '=', userId).select(ROWS).executeTakeFirstOrThrow()),
        ]);
        return {
          subscriptions,
          posts: null,
          portfolios,
          settings,
          watched,
          alerts: await alertCount(db, 'user_id', userId),
          calls: await callCount(db, 'user_id', userId),
        };
      }),

    readGuild: (guildId, limit) =>
      read(async () => ({
        subscriptions: await db
          .selectFrom('subscriptions')
          .selectAll()
          .where('guild_id', '=', guildId)
          .limit(limit)
          .execute(),
        posts: await postsOf(subscriptionsOf(guildId), limit),
        alert_states: await db
          .selectFrom('alert_states')
          .selectAll()
          .where('subscription_id', 'in', subscriptionsOf(guildId))
          .limit(limit)
          .execute(),
        paper_portfolios: await db
          .selectFrom('paper_portfolios')
          .selectAll()
          .where('guild_id', '=', guildId)
          .limit(limit)
          .execute(),
        paper_accounts: await db
          .selectFrom('paper_accounts')
          .selectAll()
          .where('portfolio_id', 'in', portfoliosOf(guildId))
          .limit(limit)
          .execute(),
        paper_events: await db
          .selectFrom('paper_events')
          .selectAll()
          .where('portfolio_id', 'in', portfoliosOf(guildId))
          .orderBy('time_ms', 'desc')
          .orderBy('number', 'desc')
          .limit(limit)
          .execute(),
        call_events: await callsOf(db, 'guild_id', guildId)
          .selectAll('c')
          .select('m.user_id')
          .orderBy('c.number', 'desc')
          .limit(limit)
          .execute(),
        guild_facts: await db.selectFrom('guild_facts').selectAll().where('guild_id', '=', guildId).execute(),
        server_settings: await db.selectFrom('server_settings').selectAll().where('guild_id', '=', guildId).execute(),
        personal_alerts: await db
          .selectFrom('personal_alerts')
          .selectAll()
          .where('guild_id', '=', guildId)
          .where('channel_id', 'is not', null)
          .limit(limit)
          .execute(),
        channel_facts: await db
          .selectFrom('channel_facts')
          .selectAll()
          .where('guild_id', '=', guildId)
          .limit(limit)
          .execute(),
        key_value: await draftsOf('guildId', guildId, limit),
      })),

    readPerson: (userId, limit) =>
      read(async () => ({
        subscriptions: await db
          .selectFrom('subscriptions')
          .selectAll()
          .where('created_by', '=', userId)
          .limit(limit)
          .execute(),
        paper_portfolios: await db
          .selectFrom('paper_portfolios')
          .selectAll()
          .where('started_by', '=', userId)
          .limit(limit)
          .execute(),
        preferences: await db.selectFrom('preferences').selectAll().where('user_id', '=', userId).execute(),
        call_events: await callsOf(db, 'user_id', userId)
          .selectAll('c')
          .orderBy('c.number', 'desc')
          .limit(limit)
          .execute(),
        personal_alerts: await db
          .selectFrom('personal_alerts')
          .selectAll()
          .where('user_id', '=', userId)
          .limit(limit)
          .execute(),
        posts: await postsOf(alertsOf(userId), limit),
        watches: await db
          .selectFrom('watches')
          .selectAll()
          .where('user_id', '=', userId)
          .orderBy('place')
          .limit(limit)
          .execute(),
        key_value: await draftsOf('createdBy', userId, limit),
      })),

    deleteGuild: (guildId) =>
      erase(() =>
        db.transaction().execute(async (transaction) => {
          // The subscriptions and portfolios first: whoever adds posts, alerts or events holds the row of theirs until these are added,
          // and finds none afterwards. Events can be deleted only when their portfolio is gone.
          const gone = await transaction
            .deleteFrom('subscriptions')
            .where('guild_id', '=', guildId)
            .returning('id')
            .execute();
          const portfolios = await transaction
            .deleteFrom('paper_portfolios')
            .where('guild_id', '=', guildId)
            .returning('id')
            .execute();
          let posts = 0;
          for (const { id } of gone) {
            const removed = await transaction.deleteFrom('posts').where('subscription_id', '=', id).executeTakeFirst();
            posts += Number(removed.numDeletedRows);
            await transaction.deleteFrom('alert_states').where('subscription_id', '=', id).execute();
          }
          for (const { id } of portfolios) {
            await transaction.deleteFrom('paper_accounts').where('portfolio_id', '=', id).execute();
            await transaction.deleteFrom('paper_events').where('portfolio_id', '=', id).execute();
          }
          await transaction.deleteFrom('key_value').where('value', 'like', holding('guildId', guildId)).execute();
          const calls = await callCount(transaction, 'guild_id', guildId);
          await transaction.deleteFrom('call_members').where('guild_id', '=', guildId).execute();
          await transaction.deleteFrom('channel_facts').where('guild_id', '=', guildId).execute();
          await transaction.deleteFrom('guild_facts').where('guild_id', '=', guildId).execute();
          await transaction.deleteFrom('server_settings').where('guild_id', '=', guildId).execute();
          const alerts = await removeAlerts(transaction, 'guild_id', guildId);
          await transaction.deleteFrom('guild_departures').where('guild_id', '=', guildId).execute();
          return {
            subscriptions: gone.length,
            posts,
            portfolios: portfolios.length,
            settings: null,
            watched: 0,
            alerts,
            calls,
          };
        }),
      ),

    forgetPerson: (userId) =>
      erase(() =>
        db.transaction().execute(async (transaction) => {
          const made = await transaction
            .updateTable('subscriptions')
            .set({ created_by: NOBODY })
            .where('created_by', '=', userId)
            .executeTakeFirst();
          const started = await transaction
            .updateTable('paper_portfolios')
            .set({ started_by: NOBODY })
            .where('started_by', '=', userId)
            .executeTakeFirst();
          const chosen = await transaction.deleteFrom('preferences').where('user_id', '=', userId).executeTakeFirst();
          // The chain of calls stays whole; whom its names stand for is forgotten.
          const calls = await callCount(transaction, 'user_id', userId);
          await transaction.deleteFrom('call_members').where('user_id', '=', userId).execute();
          const alerts = await removeAlerts(transaction, 'user_id', userId);
          const watched = await transaction.deleteFrom('watches').where('user_id', '=', userId).executeTakeFirst();
          await transaction.deleteFrom('key_value').where('value', 'like', holding('createdBy', userId)).execute();
          return {
            subscriptions: Number(made.numUpdatedRows),
            posts: null,
            portfolios: Number(started.numUpdatedRows),
            settings: Number(chosen.numDeletedRows),
            watched: Number(watched.numDeletedRows),
            alerts,
            calls,
          };
        }),
      ),

    guilds: () =>
      read(async () => {
        const rows = await db
          .selectFrom('subscriptions')
          .select('guild_id')
          .union(db.selectFrom('paper_portfolios').select('guild_id'))
          .union(db.selectFrom('call_members').select('guild_id'))
          .union(db.selectFrom('server_settings').select('guild_id'))
          .union(
            db
              .selectFrom('personal_alerts')
              .select((row) => row.ref('guild_id').$notNull().as('guild_id'))
              .where('guild_id', 'is not', null),
          )
          .execute();
        return rows.map(({ guild_id }) => guild_id);
      }),

    noteDeparture: (guildId, atMs) =>
      write(async () => {
        await db
          .insertInto('guild_departures')
          .values({ guild_id: guildId, left_ms: atMs })
          .onConflict((conflict) => conflict.column('guild_id').doNothing())
          .execute();
      }),

    removeDeparture: (guildId) =>
      write(async () => {
        await db.deleteFrom('guild_departures').where('guild_id', '=', guildId).execute();
      }),

    departedBefore: (ms) =>
      read(async () => {
        const rows = await db.selectFrom('guild_departures').select('guild_id').where('left_ms', '<', ms).execute();
        return rows.map(({ guild_id }) => guild_id);
      }),

    removeExpired: (ms) =>
      write(async () => {
        const removed = await db.deleteFrom('key_value').where('expires_at_ms', '<', ms).executeTakeFirst();
        return Number(removed.numDeletedRows);
      }),
  };
}

/**
 * Makes one repository of two databases, of which the second is for what comes from candle files, its paper portfolios among them; who the bot
 * has left is noted in the first.
 */
export function privacyOfBoth(first: PrivacyRepository, second: PrivacyRepository): PrivacyRepository {
  const summed = async (step: (one: PrivacyRepository) => Promise<KeptCounts>): Promise<KeptCounts> => {
    const a = await step(first);
    const b = await step(second);
    return {
      subscriptions: a.subscriptions + b.subscriptions,
      posts: a.posts === null || b.posts === null ? null : a.posts + b.posts,
      portfolios: a.portfolios + b.portfolios,
      settings: a.settings === null || b.settings === null ? null : a.settings + b.settings,
      watched: a.watched + b.watched,
      alerts: a.alerts + b.alerts,
      calls: a.calls + b.calls,
    };
  };
  const joined = async (step: (one: PrivacyRepository) => Promise<StoredRows>): Promise<StoredRows> => {
    const a = await step(first);
    const b = await step(second);
    return Object.fromEntries(Object.keys(a).map((table) => [table, [...a[table]!, ...(b[table] ?? [])]]));
  };
  return {
    ...first,
    countGuild: (guildId) => summed((one) => one.countGuild(guildId)),
    countPerson: (userId) => summed((one) => one.countPerson(userId)),
    readGuild: (guildId, limit) => joined((one) => one.readGuild(guildId, limit)),
    readPerson: (userId, limit) => joined((one) => one.readPerson(userId, limit)),
    deleteGuild: (guildId) => summed((one) => one.deleteGuild(guildId)),
    forgetPerson: (userId) => summed((one) => one.forgetPerson(userId)),
    guilds: async () => [...new Set([...(await first.guilds()), ...(await second.guilds())])],
  };
}

/** Removes the alerts of a person, or those that were set in a server, with what is queued of them; returns how many. */
async function removeAlerts(db: Kysely<Database>, column: 'guild_id' | 'user_id', id: string): Promise<number> {
  const gone = await db.deleteFrom('personal_alerts').where(column, '=', id).returning('id').execute();
  for (const { id: alertId } of gone) await db.deleteFrom('posts').where('subscription_id', '=', alertId).execute();
  return gone.length;
}

function alertCount(db: Kysely<Database>, column: 'guild_id' | 'user_id', id: string): Promise<number> {
  return count(db.selectFrom('personal_alerts').where(column, '=', id).select(ROWS).executeTakeFirstOrThrow());
}

/** Matches values, stored as JSON, that name an id. */
const holding = (field: string, id: string) => `%"${field}":"${id}"%`;

async function count(row: Promise<{ readonly n: number | string | bigint }>): Promise<number> {
  return Number((await row).n);
}

function callCount(db: Kysely<Database>, column: 'guild_id' | 'user_id', id: string): Promise<number> {
  return count(callsOf(db, column, id).select(ROWS).executeTakeFirstOrThrow());
}
