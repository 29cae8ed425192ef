import {
  type BaseInteraction,
  ChannelType,
  type GuildBasedChannel,
  PermissionFlagsBits,
  PermissionsBitField,
} from 'discord.js';
import type { CallerChannel } from '../commands/command.ts';

/** What a post with a chart needs, in the words of Discord's settings. */
const SEND = [PermissionFlagsBits.SendMessages, 'Send Messages'] as const;
const SEND_IN_THREADS = [PermissionFlagsBits.SendMessagesInThreads, 'Send Messages in Threads'] as const;
const NEEDED: readonly (readonly [flag: bigint, name: string])[] = [
  [PermissionFlagsBits.ViewChannel, 'View Channel'],
  SEND,
  [PermissionFlagsBits.EmbedLinks, 'Embed Links'],
  [PermissionFlagsBits.AttachFiles, 'Attach Files'],
];

/** Interactions whose permissions wait to be read; more mean that somebody forgot to take them. */
const MOST_WAITING = 200;

/** The bot's permissions by channel, as an interaction brought them. */
export type GivenPermissions = ReadonlyMap<string, bigint>;

/**
 * Discord says with each channel in the options what the bot may do there; discord.js drops it. What the raw packet said is
 * kept here from its arrival until the interaction is read, in the same turn.
 */
const waiting = new Map<string, GivenPermissions>();

/** Keeps the permissions that a raw INTERACTION_CREATE brought with its channels; anything else is ignored. */
export function keepGivenPermissions(interaction: { readonly id?: unknown; readonly data?: unknown }): void {
  const channels = (interaction.data as { resolved?: { channels?: unknown } } | null | undefined)?.resolved?.channels;
  if (typeof interaction.id !== 'string' || typeof channels !== 'object' || channels === null) return;
  const given = new Map<string, bigint>();
  for (const [id, channel] of Object.entries(channels as Record<string, { app_permissions?: unknown } | null>)) {
    const bits = channel?.app_permissions;
    if (typeof bits === 'string' && /^\d{1,20}$/.test(bits)) given.set(id, BigInt(bits));
  }
  if (given.size === 0) return;
  waiting.set(interaction.id, given);
  for (const id of waiting.keys()) {
    if (waiting.size <= MOST_WAITING) break;
    waiting.delete(id);
  }
}

/** Takes what {@link keepGivenPermissions} kept for this interaction. */
export function takeGivenPermissions({ id }: BaseInteraction): GivenPermissions {
  const given = waiting.get(id);
  waiting.delete(id);
  return given ?? new Map();
}

/** What is known of a channel in the server of an interaction, from the interaction itself or from memory; null for others. */
export function callerChannel(interaction: BaseInteraction, id: string, given: GivenPermissions): CallerChannel | null {
  const channel = interaction.client.channels.cache.get(id);
  if (!channel || channel.isDMBased() || channel.guildId !== interaction.guildId) return null;
  const bits = given.get(id);
  const permissions =
    bits === undefined ? channel.permissionsFor(interaction.client.user.id) : new PermissionsBitField(bits);
  return { id, name: channel.name, kind: kindOf(channel), missing: missingPermissions(channel, permissions) };
}

/** What the bot lacks for a post, given its permissions in a channel; null where those are not known. */
export function missingPermissions(
  channel: GuildBasedChannel,
  permissions: Readonly<PermissionsBitField> | null,
): readonly string[] | null {
  if (!permissions) return null;
  const needed = channel.isThread() ? NEEDED.map((one) => (one === SEND ? SEND_IN_THREADS : one)) : NEEDED;
  return needed.filter(([flag]) => !permissions.has(flag)).map(([, name]) => name);
}

/** Whether posts in a channel can be passed on to the servers that follow it. */
export function isAnnouncementChannel(channel: GuildBasedChannel): boolean {
  return channel.type === ChannelType.GuildAnnouncement;
}

function kindOf(channel: GuildBasedChannel): CallerChannel['kind'] {
  if (channel.isThread()) return 'thread';
  if (isAnnouncementChannel(channel)) return 'announcement';
  return channel.type === ChannelType.GuildText ? 'text' : 'other';
}
