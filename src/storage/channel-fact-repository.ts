import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { ChangedFacts, ChannelFacts, PostingFacts } from '../core/channel-facts.ts';
import { databaseNow, type Guard } from './connection.ts';
import type { ChannelFactRow } from './operation-schema.ts';
import type { Database, DatabaseKind } from './schema.ts';

/**
 * What shards know of the channels that are posted to, for processes without a gateway. Each row is stamped by the database's clock when it changes.
 * Methods throw `CC_DATABASE`.
 */
export interface ChannelFactRepository {
  /** Channels with subscriptions or alerts by server, of all servers or of some. */
  postedTo(guildIds?: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Stores facts; rows that say the same already stay untouched. */
  write(facts: readonly PostingFacts[]): Promise<void>;
  /** Stamps those of the servers whose posts are refused at present, because something has changed there. */
  stampRefused(guildIds: readonly string[]): Promise<void>;
  /** What has changed since that moment of the database's clock, or everything; and the newest stamp. */
  changedSince(ms: number | null): Promise<{ readonly facts: readonly ChangedFacts[]; readonly newestMs: number }>;
  /** Removes facts about servers and channels that are not posted to; returns how many. */
  removeUnused(): Promise<number>;
}

/** Rows written or asked for in one statement. */
const AT_ONCE = 200;
const missingNames = z.array(z.string().max(100)).max(50);

/** Makes the repository. */
export function createChannelFactRepository(
  db: Kysely<Database>,
  kind: DatabaseKind,
  guard: Guard,
): ChannelFactRepository {
  const nowMs = databaseNow(kind);
  const read = <T>(step: () => Promise<T>) => guard('read channels from', step);
  const write = <T>(step: () => Promise<T>) => guard('write channels to', step);
  /** Whether two values differ, null being a value. */
  const differs = kind === 'sqlite' ? ('is not' as const) : ('is distinct from' as const);

  async function writeGuilds(facts: readonly PostingFacts[]): Promise<void> {
    await db
      .insertInto('guild_facts')
      .values(
        facts.map(({ guildId, systemChannelId }) => ({
          guild_id: guildId,
          system_channel_id: systemChannelId,
          changed_ms: nowMs,
        })),
      )
      .onConflict((conflict) =>
        conflict
          .column('guild_id')
          .doUpdateSet((row) => ({
            system_channel_id: row.ref('excluded.system_channel_id'),
            changed_ms: row.ref('excluded.changed_ms'),
          }))
          .where((row) => row('guild_facts.system_channel_id', differs, row.ref('excluded.system_channel_id'))),
      )
      .execute();
  }

  async function writeChannels(rows: readonly Omit<ChannelFactRow, 'changed_ms'>[]): Promise<void> {
    await db
      .insertInto('channel_facts')
      .values(rows.map((row) => ({ ...row, changed_ms: nowMs })))
      .onConflict((conflict) =>
        conflict
          .column('channel_id')
          .doUpdateSet((row) => ({
            guild_id: row.ref('excluded.guild_id'),
            announcement: row.ref('excluded.announcement'),
            missing: row.ref('excluded.missing'),
            reads_history: row.ref('excluded.reads_history'),
            changed_ms: row.ref('excluded.changed_ms'),
          }))
          .where((row) =>
            row.or([
              row('channel_facts.guild_id', differs, row.ref('excluded.guild_id')),
              row('channel_facts.announcement', differs, row.ref('excluded.announcement')),
              row('channel_facts.missing', differs, row.ref('excluded.missing')),
              row('channel_facts.reads_history', differs, row.ref('excluded.reads_history')),
            ]),
          ),
      )
      .execute();
  }

  /** The channels of subscriptions, and those of alerts that do not go to a person. */
  const postedTo = () =>
    db
      .selectFrom(
        db
          .selectFrom('subscriptions')
          .select(['guild_id', 'channel_id'])
          .union(
            db
              .selectFrom('personal_alerts')
              .select(['guild_id', 'channel_id'])
              .where('guild_id', 'is not', null)
              .where('channel_id', 'is not', null)
              .$narrowType<{ guild_id: string; channel_id: string }>(),
          )
          .as('posted_to'),
      )
      .select(['guild_id', 'channel_id']);

  return {
    postedTo: (guildIds) =>
      read(async () => {
        const parts = guildIds
          ? Array.from({ length: Math.ceil(guildIds.length / AT_ONCE) }, (_, i) =>
              postedTo().where('guild_id', 'in', guildIds.slice(i * AT_ONCE, (i + 1) * AT_ONCE)),
            )
          : [postedTo()];
        const channels = new Map<string, string[]>();
        for (const part of parts) {
          for (const { guild_id, channel_id } of await part.execute())
            channels.set(guild_id, [...(channels.get(guild_id) ?? []), channel_id]);
        }
        return channels;
      }),

    write: (facts) =>
      write(async () => {
        // In one order everywhere, so that two processes that hold one shard for a moment do not wait for each other.
        const guilds = facts.toSorted((a, b) => (a.guildId < b.guildId ? -1 : 1));
        const channels = guilds
          .flatMap(({ guildId, channels }) => channels.map((channel) => toRow(guildId, channel)))
          .sort((a, b) => (a.channel_id < b.channel_id ? -1 : 1));
        for (let i = 0; i < guilds.length; i += AT_ONCE) await writeGuilds(guilds.slice(i, i + AT_ONCE));
        for (let i = 0; i < channels.length; i += AT_ONCE) await writeChannels(channels.slice(i, i + AT_ONCE));
      }),

    stampRefused: (guildIds) =>
      write(async () => {
        for (let i = 0; i < guildIds.length; i += AT_ONCE) {
          await db
            .updateTable('guild_facts')
            .set({ changed_ms: nowMs })
            .where('guild_id', 'in', guildIds.slice(i, i + AT_ONCE))
            .where('guild_id', 'in', (query) =>
              query.selectFrom('subscriptions').select('guild_id').where('state', '=', 'failing'),
            )
            .execute();
        }
      }),

    changedSince: (ms) =>
      read(async () => {
        const since = ms ?? Number.MIN_SAFE_INTEGER;
        const guilds = await db.selectFrom('guild_facts').selectAll().where('changed_ms', '>', since).execute();
        const channels = await db.selectFrom('channel_facts').selectAll().where('changed_ms', '>', since).execute();
        const byGuild = new Map<string, ChangedFacts>(
          guilds.map((row) => [
            row.guild_id,
            { guildId: row.guild_id, systemChannelId: row.system_channel_id, changedMs: row.changed_ms, channels: [] },
          ]),
        );
        for (const row of channels) {
          const known = byGuild.get(row.guild_id);
          byGuild.set(row.guild_id, {
            guildId: row.guild_id,
            systemChannelId: known?.systemChannelId,
            changedMs: Math.max(known?.changedMs ?? 0, row.changed_ms),
            channels: [...(known?.channels ?? []), fromRow(row)],
          });
        }
        const facts = [...byGuild.values()];
        return { facts, newestMs: facts.reduce((newest, { changedMs }) => Math.max(newest, changedMs), since) };
      }),

    removeUnused: () =>
      guard('clean up', async () => {
        const channels = await db
          .deleteFrom('channel_facts')
          .where('channel_id', 'not in', postedTo().clearSelect().select('channel_id'))
          .executeTakeFirst();
        const guilds = await db
          .deleteFrom('guild_facts')
          .where('guild_id', 'not in', postedTo().clearSelect().select('guild_id'))
          .executeTakeFirst();
        return Number(channels.numDeletedRows) + Number(guilds.numDeletedRows);
      }),
  };
}

function toRow(guildId: string, channel: ChannelFacts): Omit<ChannelFactRow, 'changed_ms'> {
  const { channelId, announcement, missing, readsHistory } = channel;
  const bit = (value: boolean | null) => (value === null ? null : value ? 1 : 0);
  return {
    channel_id: channelId,
    guild_id: guildId,
    announcement: bit(announcement),
    missing: missing && JSON.stringify(missing),
    reads_history: bit(readsHistory),
  };
}

function fromRow({ channel_id, announcement, missing, reads_history }: ChannelFactRow): ChannelFacts {
  const yes = (value: number | null) => (value === null ? null : value === 1);
  return {
    channelId: channel_id,
    announcement: yes(announcement),
    missing: missing === null ? null : readMissing(missing),
    readsHistory: yes(reads_history),
  };
}

/** Names of permissions; null where they cannot be read, so that Discord is asked. */
function readMissing(text: string): readonly string[] | null {
  try {
    return missingNames.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
