/** What a post needs to know about one channel; null where it is not known. */
export interface ChannelFacts {
  readonly channelId: string;
  /** Whether posts there are passed on to the servers that follow it. */
  readonly announcement: boolean | null;
  /** Permissions missing for a post there, as Discord's settings name them. */
  readonly missing: readonly string[] | null;
  /** Whether the bot may read what was posted there. */
  readonly readsHistory: boolean | null;
}

/** What is known of a server and of those of its channels that are posted to. */
export interface PostingFacts {
  readonly guildId: string;
  /** Where a server's own messages go, or null. */
  readonly systemChannelId: string | null;
  readonly channels: readonly ChannelFacts[];
}

/** Facts that have changed; whatever was refused in that server before may work now. */
export interface ChangedFacts extends Omit<PostingFacts, 'systemChannelId'> {
  /** When it changed, by the database's clock. */
  readonly changedMs: number;
  /** Undefined where it did not change. */
  readonly systemChannelId: string | null | undefined;
}
