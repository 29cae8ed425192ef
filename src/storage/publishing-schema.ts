/** One subscription; `symbols` are joined by commas, yes and no are 1 and 0. */
export interface SubscriptionRow {
  id: string;
  guild_id: string;
  channel_id: string;
  created_by: string;
  symbols: string;
  horizon: string;
  report: string;
  local_time: string;
  time_zone: string;
  band_break: number;
  flip_at: number | null;
  locale: string;
  state: string;
  state_since_ms: number;
  state_reason: string | null;
  created_at_ms: number;
  next_due_ms: number;
  /** Posts left out since the last one. */
  missed: number;
}

/** One post of the outbox. */
export interface PostRow {
  id: string;
  subscription_id: string;
  kind: string;
  channel_id: string;
  due_ms: number;
  payload: string | null;
  missed: number;
  /** `open` until it is `sent`, `failed` or `skipped`. */
  state: string;
  attempts: number;
  /** Of an open post: nobody else may take it before. */
  not_before_ms: number;
  lease_owner: string | null;
  /** When sending began of which nobody knows yet how it ended. */
  sending_since_ms: number | null;
  message_id: string | null;
  reason: string | null;
  changed_at_ms: number;
}

/** Where the alerts about one coin of a subscription stand, as JSON. */
export interface AlertStateRow {
  subscription_id: string;
  symbol: string;
  state: string;
}

/** Which process has a turn, and until when. */
export interface TurnRow {
  name: string;
  owner: string;
  until_ms: number;
}
