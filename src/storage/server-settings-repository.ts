import type { Kysely } from 'kysely';
import { z } from 'zod';
import { HORIZON_NAMES } from '../core/horizon.ts';
import { DEFAULT_SERVER_SETTINGS, POST_STYLES, type ServerSettings } from '../core/server-settings.ts';
import type { Guard } from './connection.ts';
import type { Database } from './schema.ts';

/** Settings of servers. Methods throw `CC_DATABASE`. */
export interface ServerSettingsRepository {
  /** Of a server that has set nothing, the defaults. */
  find(guildId: string): Promise<ServerSettings>;
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
});

/** Makes the repository. */
export function createServerSettingsRepository(db: Kysely<Database>, guard: Guard): ServerSettingsRepository {
  const write = <T>(step: () => Promise<T>) => guard('write settings of a server to', step);
  return {
    find: (guildId) =>
      guard('read settings of a server from', async () => {
        const row = await db
          .selectFrom('server_settings')
          .selectAll()
          .where('guild_id', '=', guildId)
          .executeTakeFirst();
        if (!row) return DEFAULT_SERVER_SETTINGS;
        const { post_style: postStyle, alert_role_id: alertRoleId, ...rest } = storedSchema.parse(row);
        return { ...rest, postStyle, alertRoleId };
      }),

    save: (guildId, { language, currency, horizon, postStyle, alertRoleId }) =>
      write(async () => {
        const values = { language, currency, horizon, post_style: postStyle, alert_role_id: alertRoleId };
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
