import type { Generated } from 'kysely';
import type { PersonalAlert } from '../core/personal-alert.ts';
import type { Preferences } from '../core/settings.ts';

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

/** The alert state of one coin of a subscription, as JSON. */
export interface AlertStateRow {
  subscription_id: string;
  symbol: string;
  state: string;
}

/** An alert that somebody set; rule and watch are JSON. */
export interface PersonalAlertRow {
  id: string;
  user_id: string;
  guild_id: string | null;
  made_channel_id: string | null;
  channel_id: string | null;
  symbol: string;
  rule: string;
  watch: string;
  state: PersonalAlert['state'];
  locale: string;
  created_ms: number;
  expires_ms: number;
  ended_ms: number | null;
  undelivered: number;
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
  /** 1 where weekly reports show members' calls. */
  weekly_calls: Generated<number>;
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

/** Which person in which server a name in the chain of calls stands for. */
export interface CallMemberRow {
  member: string;
  guild_id: string;
  user_id: string;
  salt: string;
}

/** A call or its end; `body` is JSON and the text that the hash is computed over. */
export interface CallEventRow {
  number: number;
  call_number: number;
  kind: string;
  at_ms: number;
  member: string;
  target_ms: number;
  body: string;
  previous_hash: string;
  hash: string;
}

/** The tables of members' calls. */
export interface CallTables {
  call_members: CallMemberRow;
  call_events: CallEventRow;
}

/** Odds that somebody asked for, or what came of them; chained by hashes. Nothing says who asked. */
export interface OddsEventRow {
  number: number;
  odds_number: number;
  kind: string;
  at_ms: number;
  symbol: string;
  origin_ms: number;
  target_ms: number;
  body: string;
  previous_hash: string;
  hash: string;
}

/** The tables of odds. */
export interface OddsTables {
  odds_events: OddsEventRow;
  /** Sums over the odds of a UTC day of origins, as JSON; the symbol is empty for all coins together, horizon and model for all of these. */
  odds_sums: { source: string; symbol: string; day_ms: number; horizon: string; model: string; sums: string };
  /** Up to which outcome the sums are counted: its number in `outcomes` or in `odds_events`. */
  odds_counted: { source: string; number: number };
}

/** What the owners were told is wrong, at which level, and since when it has been fine again. */
export interface AlarmRow {
  name: string;
  level: number;
  since_ms: number;
  clear_since_ms: number | null;
}

/** A price that is not believed yet. */
export interface UnconfirmedPriceRow {
  symbol: string;
  interval: string;
  open_time_ms: number;
  newest_open_time_ms: number;
  kind: string;
  price: number;
  previous_price: number;
  source: string;
  other_source: string | null;
  other_price: number | null;
  found_at_ms: number;
  asked_at_ms: number;
}
