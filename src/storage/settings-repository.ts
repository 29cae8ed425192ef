import type { Kysely } from 'kysely';
import { z } from 'zod';
import { CHOICES, HORIZON_NAMES } from '../core/horizon.ts';
import {
  DEFAULT_SERVER_SETTINGS,
  NO_PREFERENCES,
  POST_STYLES,
  type Preferences,
  type ServerSettings,
} from '../core/settings.ts';
import type { Guard } from './connection.ts';
import type { PreferenceRow } from './personal-schema.ts';
import type { Database } from './schema.ts';

/** What people have chosen with /me. Methods throw `CC_DATABASE`. */
export interface PreferenceRepository {
  /** What each of these people has chosen, in their order; everything null for one who has chosen nothing. */
  find(userIds: readonly string[]): Promise<readonly Preferences[]>;
  /** Sets what the change names and leaves the rest; returns what then holds. */
  change(userId: string, change: Partial<Preferences>, nowMs: number): Promise<Preferences>;
  remove(userId: string): Promise<void>;
}

function preferencesOf(row: PreferenceRow): Preferences {
  return {
    symbol: row.symbol,
    // A newer version may have stored one that this one does not know.
    horizon: CHOICES.find((choice) => choice === row.horizon) ?? null,
    currency: row.currency,
    timeZone: row.time_zone,
    language: row.language,
  };
}

/** Makes the repository. */
export function createPreferenceRepository(db: Kysely<Database>, guard: Guard): PreferenceRepository {
  return {
    find: (userIds) =>
      guard('read settings from', async () => {
        const rows = await db.selectFrom('preferences').selectAll().where('user_id', 'in', userIds).execute();
        const chosen = new Map(rows.map((row) => [row.user_id, preferencesOf(row)]));
        return userIds.map((id) => chosen.get(id) ?? NO_PREFERENCES);
      }),

    change: (userId, { symbol, horizon, currency, timeZone, language }, nowMs) =>
      guard('write settings to', async () => {
        const given = Object.fromEntries(
          Object.entries({ symbol, horizon, currency, time_zone: timeZone, language }).filter(
            ([, value]) => value !== undefined,
          ),
        );
        const row = await db
          .insertInto('preferences')
          .values({
            user_id: userId,
            symbol: null,
            horizon: null,
            currency: null,
            time_zone: null,
            language: null,
            changed_ms: nowMs,
            ...given,
          })
          .onConflict((conflict) => conflict.column('user_id').doUpdateSet({ ...given, changed_ms: nowMs }))
          .returningAll()
          .executeTakeFirstOrThrow();
        return preferencesOf(row);
      }),

    remove: (userId) =>
      guard('delete settings from', async () => {
        await db.deleteFrom('preferences').where('user_id', '=', userId).execute();
      }),
  };
}

/** Settings of servers. Methods throw `CC_DATABASE`. */
export interface ServerSettingsRepository {
  /** Those of each of these servers, in their order; the defaults for one that has set nothing. */
  find(guildIds: readonly string[]): Promise<readonly ServerSettings[]>;
  save(guildId: string, settings: ServerSettings): Promise<void>;
  /** Notes that the bot introduces itself in a server; false where it already has. */
  claimWelcome(guildId: string, nowMs: number): Promise<boolean>;
  /** Takes the note back, because the message could not be sent. */
  releaseWelcome(guildId: string): Promise<void>;
}

// What another version wrote and this one does not know counts as not set.
const storedSchema = z.object({
  language: z.enum(['en', 'de', 'es', 'fr', 'pt']).nullable().catch(null),
  currency: z.string().nullable(),
  horizon: z.enum(HORIZON_NAMES).nullable().catch(null),
  post_style: z.enum(POST_STYLES).catch('full'),
  alert_role_id: z.string().nullable(),
  weekly_calls: z.number(),
});

function settingsOf(row: object): ServerSettings {
  const { post_style: postStyle, alert_role_id: alertRoleId, weekly_calls, ...rest } = storedSchema.parse(row);
  return { ...rest, postStyle, alertRoleId, weeklyCalls: weekly_calls === 1 };
}

/** Makes the repository. */
export function createServerSettingsRepository(db: Kysely<Database>, guard: Guard): ServerSettingsRepository {
  const write = <T>(step: () => Promise<T>) => guard('write settings of a server to', step);
  return {
    find: (guildIds) =>
      guard('read settings of servers from', async () => {
        const rows = await db.selectFrom('server_settings').selectAll().where('guild_id', 'in', guildIds).execute();
        const set = new Map(rows.map((row) => [row.guild_id, settingsOf(row)]));
        return guildIds.map((id) => set.get(id) ?? DEFAULT_SERVER_SETTINGS);
      }),

    save: (guildId, { language, currency, horizon, postStyle, alertRoleId, weeklyCalls }) =>
      write(async () => {
        const flags = { post_style: postStyle, alert_role_id: alertRoleId, weekly_calls: weeklyCalls ? 1 : 0 };
        const values = { language, currency, horizon, ...flags };
        await db
          .insertInto('server_settings')
          .values({ guild_id: guildId, welcomed_ms: null, ...values })
          .onConflict((conflict) => conflict.column('guild_id').doUpdateSet(values))
          .execute();
      }),

    claimWelcome: (guildId, nowMs) =>
      write(async () => {
        const result = await db
          .insertInto('server_settings')
          .values({
            guild_id: guildId,
            language: null,
            currency: null,
            horizon: null,
            post_style: DEFAULT_SERVER_SETTINGS.postStyle,
            alert_role_id: null,
            welcomed_ms: nowMs,
          })
          .onConflict((conflict) =>
            conflict
              .column('guild_id')
              .doUpdateSet({ welcomed_ms: nowMs })
              .where('server_settings.welcomed_ms', 'is', null),
          )
          .executeTakeFirst();
        return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
      }),

    releaseWelcome: (guildId) =>
      write(async () => {
        await db.updateTable('server_settings').set({ welcomed_ms: null }).where('guild_id', '=', guildId).execute();
      }),
  };
}
