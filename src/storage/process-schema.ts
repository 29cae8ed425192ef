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
