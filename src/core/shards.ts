/** Which gateway connections a process holds, of how many in all. */
export interface ShardRange {
  readonly first: number;
  readonly last: number;
  readonly count: number;
}

/** Stands for all shards of a process that holds as many as Discord says: a range that no setting can name. */
export const EVERY_SHARD: ShardRange = { first: 0, last: 0, count: 0 };

/** The shard that Discord sends a server's events to; shard 0 for what is no id of Discord, such as the console's server. */
export function shardOfGuild(guildId: string, count: number): number {
  return /^\d{1,20}$/.test(guildId) ? Number((BigInt(guildId) >> 22n) % BigInt(count)) : 0;
}

/** Whether a server's events come to a process that holds those shards. */
export function holdsGuild({ first, last, count }: ShardRange, guildId: string): boolean {
  const shard = shardOfGuild(guildId, count);
  return first <= shard && shard <= last;
}

/** The shards of a range, one by one. */
export function shardIds({ first, last }: ShardRange): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** The shards of a range in words, such as `shards 0 to 7 of 32`. */
export function shardWords({ first, last, count }: ShardRange): string {
  return first === last ? `shard ${first} of ${count}` : `shards ${first} to ${last} of ${count}`;
}
