import type { Kysely } from 'kysely';
import { CHOICES } from '../core/horizon.ts';
import { NO_PREFERENCES, type Preferences } from '../core/preferences.ts';
import type { Guard } from './connection.ts';
import type { PreferenceRow } from './personal-schema.ts';
import type { Database } from './schema.ts';

/** What people have chosen with /me. Methods throw `CC_DATABASE`. */
export interface PreferenceRepository {
  /** Everything null where the person has chosen nothing. */
  find(userId: string): Promise<Preferences>;
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
    find: (userId) =>
      guard('read settings from', async () => {
        const row = await db.selectFrom('preferences').selectAll().where('user_id', '=', userId).executeTakeFirst();
        return row ? preferencesOf(row) : NO_PREFERENCES;
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
