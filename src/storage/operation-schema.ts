import type { Bytes } from './bytes.ts';

/** A process of the bot, and when it was heard from; the shards are null where it has no gateway. `report` is JSON. */
export interface ProcessRow {
  id: string;
  role: string;
  version: string;
  first_shard: number | null;
  last_shard: number | null;
  shard_count: number | null;
  connected: number;
  started_ms: number;
  seen_ms: number;
  report: string;
}

/** Which process holds a shard of the bot, since when and until when. */
export interface GatewayShardRow {
  shard: number;
  shard_count: number;
  process: string;
  since_ms: number;
  until_ms: number;
}

/** A server whose channels are posted to. */
export interface GuildFactRow {
  guild_id: string;
  system_channel_id: string | null;
  changed_ms: number;
}

/** A channel that is posted to, as a shard knows it; `missing` is a JSON list of permissions. */
export interface ChannelFactRow {
  channel_id: string;
  guild_id: string;
  announcement: number | null;
  missing: string | null;
  reads_history: number | null;
  changed_ms: number;
}

/** Interactions of the hour that begins then, over all processes. */
export interface InteractionsRow {
  hour_ms: number;
  answered: number;
  failed: number;
}

/** A kept model, whole in one row; `verdict` is JSON. */
export interface ModelRow {
  interval: string;
  version: string;
  added_at_ms: number;
  verdict: string | null;
  model_json: string;
  weights: Bytes;
  twin_json: string | null;
  twin_weights: Bytes | null;
}

/** Which model of an interval serves, with its log, as JSON; `revision` counts the changes. */
export interface ModelPointerRow {
  interval: string;
  revision: number;
  pointer: string;
  changed_at_ms: number;
}

/** A training that was asked for, is under way or has ended; `progress` and `result` are JSON. */
export interface TrainingRow {
  id: string;
  interval: string;
  why: string;
  asked_at_ms: number;
  owner: string | null;
  heard_ms: number;
  progress: string | null;
  ended_at_ms: number | null;
  result: string | null;
}
