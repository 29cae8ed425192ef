import type { Preferences } from '../core/preferences.ts';

/** What a person has chosen with /me. */
export interface PreferenceRow {
  user_id: string;
  symbol: string | null;
  horizon: string | null;
  currency: string | null;
  time_zone: string | null;
  language: Preferences['language'];
  changed_ms: number;
}

/** A server that removed the bot, and when. */
export interface GuildDepartureRow {
  guild_id: string;
  left_ms: number;
}

/** Settings of a server. `welcomed_ms` is when the bot introduced itself there; null where it has not. */
export interface ServerSettingsRow {
  guild_id: string;
  language: string | null;
  currency: string | null;
  horizon: string | null;
  post_style: string;
  alert_role_id: string | null;
  welcomed_ms: number | null;
}

/** One coin of a person's watch list. */
export interface WatchRow {
  user_id: string;
  symbol: string;
  added_ms: number;
  /** Order in the list; gaps are fine. */
  place: number;
}
