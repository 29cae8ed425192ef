import { type Client, PermissionFlagsBits } from 'discord.js';
import { isAnnouncementChannel, missingPermissions } from './caller-channel.ts';

/** What is known of channels without asking Discord. */
export interface ChannelKnowledge {
  /** The bot's own user id. */
  readonly selfId: string;
  /** What the bot lacks for a post there, as Discord's settings name it; null when not known. */
  missing(channelId: string): readonly string[] | null;
  isAnnouncement(channelId: string): boolean;
  /** Whether the bot may read what was posted there; null when not known. */
  readsHistory(channelId: string): boolean | null;
  /** Where a server's own messages go, or null. */
  systemChannel(guildId: string): string | null;
}

/** Knows what the gateway told a connected client. */
export function clientKnowledge(client: Client<true>): ChannelKnowledge {
  const channelOf = (id: string) => {
    const channel = client.channels.cache.get(id);
    return channel && !channel.isDMBased() ? channel : null;
  };
  return {
    selfId: client.user.id,
    missing(channelId) {
      const channel = channelOf(channelId);
      return channel && missingPermissions(channel, channel.permissionsFor(client.user.id));
    },
    isAnnouncement(channelId) {
      const channel = channelOf(channelId);
      return channel !== null && isAnnouncementChannel(channel);
    },
    readsHistory: (channelId) =>
      channelOf(channelId)?.permissionsFor(client.user.id)?.has(PermissionFlagsBits.ReadMessageHistory) ?? null,
    systemChannel: (guildId) => client.guilds.cache.get(guildId)?.systemChannelId ?? null,
  };
}
