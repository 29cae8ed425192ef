import { type Kysely, sql } from 'kysely';
import { z } from 'zod';
import { CHOICES } from '../core/horizon.ts';
import { ALERT_CAPS, type AlertRule, type AlertWatch, type PersonalAlert } from '../core/personal-alert.ts';
import type { Guard } from './connection.ts';
import type { PersonalAlertRow } from './personal-schema.ts';
import { insertPosts, type NewPost } from './post-repository.ts';
import type { Database, DatabaseKind } from './schema.ts';

/** One alert that was checked: its state as it was read and as it should be, and what is posted where its moment has come. */
export interface AlertStep {
  readonly id: string;
  readonly before: AlertWatch;
  readonly watch: AlertWatch;
  /** Queued with the end of the alert, in one transaction; null where its moment has not come. */
  readonly post: NewPost | null;
}

/** Alerts that people set. Methods throw `CC_DATABASE`. */
export interface PersonalAlertRepository {
  /** Adds an alert unless the person, or the channels of the server, have as many as they may. */
  insert(alert: PersonalAlert): Promise<'added' | 'person-full' | 'server-full'>;
  byId(id: string): Promise<PersonalAlert | null>;
  /** Those of a person, and with `guildId` those that post to channels of that server; active ones first, then the newest. */
  list(
    of: { readonly userId: string; readonly guildId: string | null },
    limit: number,
  ): Promise<readonly PersonalAlert[]>;
  active(): Promise<readonly PersonalAlert[]>;
  /**
   * Makes each step whose alert is active and as it was read; where its moment has come, the alert ends and its post is queued, so that a crash
   * neither loses nor repeats it. Returns how many have ended.
   */
  apply(steps: readonly AlertStep[], nowMs: number): Promise<number>;
  /** Notes that the message of an alert did not arrive. */
  noteUndelivered(id: string): Promise<void>;
  /** Removes an alert; false where there is none. */
  remove(id: string): Promise<boolean>;
  /** Ends alerts whose time is over; returns how many. */
  expire(nowMs: number): Promise<number>;
  /** Forgets alerts that ended before; returns how many. */
  prune(beforeMs: number): Promise<number>;
}

const side = z.enum(['above', 'below']);
const storedRule = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('price'), side, level: z.number() }),
  z.object({ kind: z.literal('range'), coverage: z.literal([50, 80, 95]), horizon: z.enum(CHOICES) }),
  z.object({
    kind: z.literal('odds'),
    direction: side,
    level: z.number(),
    byMs: z.number(),
    chance: z.number(),
    rises: z.boolean(),
  }),
  z.object({ kind: z.literal('restless') }),
]) satisfies z.ZodType<AlertRule>;
const storedWatch = z.object({
  armed: z.boolean(),
  band: z.object({ low: z.number(), high: z.number(), originMs: z.number(), targetMs: z.number() }).nullable(),
}) satisfies z.ZodType<AlertWatch>;

/** Makes the repository. */
export function createPersonalAlertRepository(
  db: Kysely<Database>,
  kind: DatabaseKind,
  guard: Guard,
): PersonalAlertRepository {
  const read = <T>(step: () => Promise<T>) => guard('read alerts from', step);
  const write = <T>(step: (transaction: Kysely<Database>) => Promise<T>) =>
    guard('write alerts to', () => db.transaction().execute(step));

  return {
    insert: (alert) =>
      write(async (transaction) => {
        // Two requests at once would each count without the other; SQLite has the write lock already.
        if (kind === 'postgres') await sql`lock table personal_alerts in share row exclusive mode`.execute(transaction);
        const active = transaction
          .selectFrom('personal_alerts')
          .select(({ fn }) => fn.countAll<number>().as('n'))
          .where('state', '=', 'active');
        const own = await active.where('user_id', '=', alert.userId).executeTakeFirstOrThrow();
        if (Number(own.n) >= ALERT_CAPS.person) return 'person-full';
        if (alert.channelId !== null) {
          const there = await active
            .where('guild_id', '=', alert.guildId)
            .where('channel_id', 'is not', null)
            .executeTakeFirstOrThrow();
          if (Number(there.n) >= ALERT_CAPS.server) return 'server-full';
        }
        await transaction.insertInto('personal_alerts').values(toRow(alert)).execute();
        return 'added';
      }),

    byId: (id) =>
      read(async () => {
        const row = await db.selectFrom('personal_alerts').selectAll().where('id', '=', id).executeTakeFirst();
        return row ? toAlert(row) : null;
      }),

    list: ({ userId, guildId }, limit) =>
      read(async () => {
        const rows = await db
          .selectFrom('personal_alerts')
          .selectAll()
          .where((row) =>
            row.or([
              row('user_id', '=', userId),
              ...(guildId === null
                ? []
                : [row.and([row('guild_id', '=', guildId), row('channel_id', 'is not', null)])]),
            ]),
          )
          .orderBy('state')
          .orderBy('created_ms', 'desc')
          .orderBy('id')
          .limit(limit)
          .execute();
        return rows.flatMap((row) => toAlert(row) ?? []);
      }),

    active: () =>
      read(async () => {
        const rows = await db
          .selectFrom('personal_alerts')
          .selectAll()
          .where('state', '=', 'active')
          .orderBy('id')
          .execute();
        return rows.flatMap((row) => toAlert(row) ?? []);
      }),

    apply: (steps, nowMs) =>
      write(async (transaction) => {
        let ended = 0;
        for (const { id, before, watch, post } of steps) {
          const changed = await transaction
            .updateTable('personal_alerts')
            .set({ watch: JSON.stringify(watch), ...(post ? { state: 'fired', ended_ms: nowMs } : {}) })
            .where('id', '=', id)
            .where('state', '=', 'active')
            .where('watch', '=', JSON.stringify(before))
            .executeTakeFirst();
          if (changed.numUpdatedRows === 0n || !post) continue;
          await insertPosts(transaction, [post]);
          ended++;
        }
        return ended;
      }),

    noteUndelivered: (id) =>
      write(async (transaction) => {
        await transaction.updateTable('personal_alerts').set({ undelivered: 1 }).where('id', '=', id).execute();
      }),

    remove: (id) =>
      write(async (transaction) => {
        const removed = await transaction.deleteFrom('personal_alerts').where('id', '=', id).executeTakeFirst();
        return removed.numDeletedRows > 0n;
      }),

    expire: (nowMs) =>
      write(async (transaction) => {
        const ended = await transaction
          .updateTable('personal_alerts')
          .set({ state: 'expired', ended_ms: nowMs })
          .where('state', '=', 'active')
          .where('expires_ms', '<=', nowMs)
          .executeTakeFirst();
        return Number(ended.numUpdatedRows);
      }),

    prune: (beforeMs) =>
      write(async (transaction) => {
        const removed = await transaction
          .deleteFrom('personal_alerts')
          .where('ended_ms', '<', beforeMs)
          .executeTakeFirst();
        return Number(removed.numDeletedRows);
      }),
  };
}

function toRow(alert: PersonalAlert): PersonalAlertRow {
  return {
    id: alert.id,
    user_id: alert.userId,
    guild_id: alert.guildId,
    made_channel_id: alert.madeChannelId,
    channel_id: alert.channelId,
    symbol: alert.symbol,
    rule: JSON.stringify(alert.rule),
    watch: JSON.stringify(alert.watch),
    state: alert.state,
    locale: alert.locale,
    created_ms: alert.createdMs,
    expires_ms: alert.expiresMs,
    ended_ms: alert.endedMs,
    undelivered: alert.undelivered ? 1 : 0,
  };
}

/** Null for a row of a newer version, whose rule this one does not know. */
function toAlert(row: PersonalAlertRow): PersonalAlert | null {
  const rule = storedRule.safeParse(JSON.parse(row.rule));
  const watch = storedWatch.safeParse(JSON.parse(row.watch));
  if (!rule.success || !watch.success) return null;
  return {
    id: row.id,
    userId: row.user_id,
    guildId: row.guild_id,
    madeChannelId: row.made_channel_id,
    channelId: row.channel_id,
    symbol: row.symbol,
    rule: rule.data,
    watch: watch.data,
    state: row.state,
    locale: row.locale,
    createdMs: row.created_ms,
    expiresMs: row.expires_ms,
    endedMs: row.ended_ms,
    undelivered: row.undelivered === 1,
  };
}
