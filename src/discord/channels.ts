import {
  type BaseInteraction,
  ChannelType,
  type Client,
  GatewayDispatchEvents,
  type GuildBasedChannel,
  PermissionFlagsBits,
  PermissionsBitField,
} from 'discord.js';
import type { CallerChannel } from '../commands/command.ts';

/** Permissions that a post with a chart needs, with their names in Discord's settings. */
const SEND = [PermissionFlagsBits.SendMessages, 'Send Messages'] as const;
const SEND_IN_THREADS = [PermissionFlagsBits.SendMessagesInThreads, 'Send Messages in Threads'] as const;
/** Without it Discord denies everything else in voice and stage channels. */
const CONNECT = [PermissionFlagsBits.Connect, 'Connect'] as const;
type Permission = readonly [flag: bigint, name: string];
/** What it takes to see a channel and to write there. */
const WRITE: readonly Permission[] = [[PermissionFlagsBits.ViewChannel, 'View Channel'], SEND];
const WRITE_WITH_CHART: readonly Permission[] = [
  ...WRITE,
  [PermissionFlagsBits.EmbedLinks, 'Embed Links'],
  [PermissionFlagsBits.AttachFiles, 'Attach Files'],
];

/** Interactions whose permissions are kept at most; each is taken within the same turn of the event loop, so few are there at once. */
const MAX_KEPT = 200;

/** Permissions by channel id, as an interaction stated them. */
export type GivenPermissions = ReadonlyMap<string, { readonly bot?: bigint; readonly caller?: bigint }>;

/**
 * The permissions by interaction id. Discord sends the permissions of the bot and of the caller with each channel among the options, and
 * discord.js drops the bot's, so those of the raw packet are kept here until the interaction is read, in the same turn of the event loop.
 */
const kept = new Map<string, GivenPermissions>();

/** Keeps the permissions that a raw INTERACTION_CREATE states for its channels; anything else is ignored. */
export function keepGivenPermissions(interaction: { readonly id?: unknown; readonly data?: unknown }): void {
  const channels = (interaction.data as { resolved?: { channels?: unknown } } | null | undefined)?.resolved?.channels;
  if (typeof interaction.id !== 'string' || typeof channels !== 'object' || channels === null) return;
  const given = new Map<string, { readonly bot?: bigint; readonly caller?: bigint }>();
  type Stated = { readonly app_permissions?: unknown; readonly permissions?: unknown } | null;
  for (const [id, channel] of Object.entries(channels as Record<string, Stated>)) {
    const bot = bitsOf(channel?.app_permissions);
    const caller = bitsOf(channel?.permissions);
    given.set(id, { ...(bot === null ? {} : { bot }), ...(caller === null ? {} : { caller }) });
  }
  kept.set(interaction.id, given);
  for (const id of kept.keys()) {
    if (kept.size <= MAX_KEPT) break;
    kept.delete(id);
  }
}

function bitsOf(value: unknown): bigint | null {
  return typeof value === 'string' && /^\d{1,20}$/.test(value) ? BigInt(value) : null;
}

/** Returns and forgets what {@link keepGivenPermissions} kept for this interaction. */
export function takeGivenPermissions({ id }: BaseInteraction): GivenPermissions {
  const given = kept.get(id);
  kept.delete(id);
  return given ?? new Map();
}

/** A channel in the server of an interaction, from the interaction itself and the client's cache; null for any other channel. */
export function callerChannel(interaction: BaseInteraction, id: string, given: GivenPermissions): CallerChannel | null {
  const channel = interaction.client.channels.cache.get(id);
  if (!channel || channel.isDMBased() || channel.guildId !== interaction.guildId) return null;
  const { bot, caller } = given.get(id) ?? {};
  const ofBot = bot === undefined ? channel.permissionsFor(interaction.client.user.id) : new PermissionsBitField(bot);
  const ofCaller =
    caller !== undefined
      ? new PermissionsBitField(caller)
      : interaction.inCachedGuild()
        ? channel.permissionsFor(interaction.member)
        : null;
  return {
    id,
    name: channel.name,
    kind: kindOf(channel),
    missing: missingPermissions(channel, ofBot, WRITE_WITH_CHART),
    callerMissing: missingPermissions(channel, ofCaller, WRITE),
    callerReads: ofCaller && readsIn(channel, ofCaller),
  };
}

/** Whether somebody with those permissions can read a channel's messages; of a private thread only where they see all of them, since its members are not known. */
function readsIn(channel: GuildBasedChannel, permissions: Readonly<PermissionsBitField>): boolean {
  const flags = [PermissionFlagsBits.ViewChannel, PermissionFlagsBits.ReadMessageHistory];
  if (channel.type === ChannelType.PrivateThread) flags.push(PermissionFlagsBits.ManageThreads);
  return permissions.has(flags);
}

/** Which of the permissions for a post in a channel are lacking; null where it is not known what somebody may do there. */
function missingPermissions(
  channel: GuildBasedChannel,
  permissions: Readonly<PermissionsBitField> | null,
  toWrite: readonly Permission[],
): readonly string[] | null {
  if (!permissions) return null;
  const needed = channel.isThread()
    ? toWrite.map((one) => (one === SEND ? SEND_IN_THREADS : one))
    : channel.isVoiceBased()
      ? [...toWrite, CONNECT]
      : toWrite;
  return needed.filter(([flag]) => !permissions.has(flag)).map(([, name]) => name);
}

/** Whether posts in a channel can be passed on to the servers that follow it. */
function isAnnouncementChannel(channel: GuildBasedChannel): boolean {
  return channel.type === ChannelType.GuildAnnouncement;
}

function kindOf(channel: GuildBasedChannel): CallerChannel['kind'] {
  if (channel.isThread()) return 'thread';
  if (isAnnouncementChannel(channel)) return 'announcement';
  if (channel.isVoiceBased()) return 'voice';
  if (channel.isThreadOnly()) return 'forum';
  return channel.type === ChannelType.GuildText ? 'text' : 'other';
}

/** Facts about channels, read without a request to Discord. */
export interface ChannelKnowledge {
  /** The bot's own user id; null before the first connection. */
  readonly selfId: string | null;
  /** Permissions missing for a post there, as Discord's settings name them; null when not known. */
  missing(channelId: string): readonly string[] | null;
  /** Whether posts there are passed on to the servers that follow it; null when the channel is not known. */
  isAnnouncement(channelId: string): boolean | null;
  /** Whether the bot may read what was posted there; null when not known. */
  readsHistory(channelId: string): boolean | null;
  /** The server of a channel; null when the channel is not known. */
  guildOf(channelId: string): string | null;
  /** Where a server's own messages go, or null. */
  systemChannel(guildId: string): string | null;
}

/** What is known without a gateway: nothing but who the bot is, so that Discord is asked about everything else. */
export function noKnowledge(selfId: () => string | null): ChannelKnowledge {
  return {
    get selfId() {
      return selfId();
    },
    missing: () => null,
    isAnnouncement: () => null,
    readsHistory: () => null,
    guildOf: () => null,
    systemChannel: () => null,
  };
}

/** Reads channels from the cache of the client that is connected now, which the gateway keeps up to date. */
export function clientKnowledge(connected: () => Client<true> | null): ChannelKnowledge {
  const channelOf = (id: string) => {
    const channel = connected()?.channels.cache.get(id);
    return channel && !channel.isDMBased() ? channel : null;
  };
  const permissionsIn = (channel: GuildBasedChannel) => channel.permissionsFor(channel.client.user.id);
  return {
    get selfId() {
      return connected()?.user.id ?? null;
    },
    missing(channelId) {
      const channel = channelOf(channelId);
      return channel && missingPermissions(channel, permissionsIn(channel), WRITE_WITH_CHART);
    },
    isAnnouncement(channelId) {
      const channel = channelOf(channelId);
      return channel && isAnnouncementChannel(channel);
    },
    readsHistory(channelId) {
      const channel = channelOf(channelId);
      return (channel && permissionsIn(channel)?.has(PermissionFlagsBits.ReadMessageHistory)) ?? null;
    },
    guildOf: (channelId) => channelOf(channelId)?.guildId ?? null,
    systemChannel: (guildId) => connected()?.guilds.cache.get(guildId)?.systemChannelId ?? null,
  };
}

/** Events after which something that was refused in a server may work. */
const CHANGES: ReadonlySet<unknown> = new Set([
  GatewayDispatchEvents.GuildCreate,
  GatewayDispatchEvents.GuildUpdate,
  GatewayDispatchEvents.GuildRoleCreate,
  GatewayDispatchEvents.GuildRoleUpdate,
  GatewayDispatchEvents.GuildRoleDelete,
  // Without the intent for members, only those of the bot itself come.
  GatewayDispatchEvents.GuildMemberUpdate,
  GatewayDispatchEvents.ChannelCreate,
  GatewayDispatchEvents.ChannelUpdate,
  GatewayDispatchEvents.ThreadCreate,
  GatewayDispatchEvents.ThreadUpdate,
  GatewayDispatchEvents.ThreadListSync,
]);

/** The server in which the bot's possibilities may have changed, from a raw event; null for any other event. */
export function changedGuild(packet: { readonly t?: unknown; readonly d?: unknown }): string | null {
  if (!CHANGES.has(packet.t) || typeof packet.d !== 'object' || packet.d === null) return null;
  const { guild_id: guildId, id } = packet.d as { readonly guild_id?: unknown; readonly id?: unknown };
  const found = guildId ?? id;
  return typeof found === 'string' ? found : null;
}
