import { type BaseInteraction, ChannelType, type Client, GatewayDispatchEvents, PermissionFlagsBits } from 'discord.js';
import type { CallerChannel } from '../commands/command.ts';
import type { ChannelFacts } from './guild-bytes.ts';
import { guildFactsOf } from './guild-facts.ts';

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

/** What an interaction stated of permissions: those in the channels among its options, by their ids, and the caller's roles. */
export interface GivenPermissions {
  readonly channels: ReadonlyMap<string, { readonly bot?: bigint; readonly caller?: bigint }>;
  /** Null outside of servers. */
  readonly roleIds: readonly string[] | null;
}

/**
 * The permissions by interaction id. Discord sends the permissions of the bot and of the caller with each channel among the options, and
 * discord.js drops the bot's, so those of the raw packet are kept here until the interaction is read, in the same turn of the event loop.
 */
const kept = new Map<string, GivenPermissions>();

/** Keeps the permissions that a raw INTERACTION_CREATE states; anything else is ignored. */
export function keepGivenPermissions(interaction: {
  readonly id?: unknown;
  readonly data?: unknown;
  readonly member?: unknown;
}): void {
  if (typeof interaction.id !== 'string') return;
  const stated = (interaction.data as { resolved?: { channels?: unknown } } | null | undefined)?.resolved?.channels;
  const channels = new Map<string, { readonly bot?: bigint; readonly caller?: bigint }>();
  type Stated = { readonly app_permissions?: unknown; readonly permissions?: unknown } | null;
  for (const [id, channel] of typeof stated === 'object' && stated !== null ? Object.entries(stated) : []) {
    const bot = bitsOf((channel as Stated)?.app_permissions);
    const caller = bitsOf((channel as Stated)?.permissions);
    channels.set(id, { ...(bot === null ? {} : { bot }), ...(caller === null ? {} : { caller }) });
  }
  const roles = (interaction.member as { readonly roles?: unknown } | null | undefined)?.roles;
  const roleIds = Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : null;
  kept.set(interaction.id, { channels, roleIds });
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
  return given ?? { channels: new Map(), roleIds: null };
}

/** A channel in the server of an interaction, from the interaction itself and what is kept of the server; null for any other channel. */
export function callerChannel(interaction: BaseInteraction, id: string, given: GivenPermissions): CallerChannel | null {
  const facts = guildFactsOf(interaction.client);
  const channel = facts?.channel(id);
  if (!facts || !channel || channel.guildId !== interaction.guildId) return null;
  const userId = interaction.user.id;
  const {
    bot = facts.permissions(id),
    caller = given.roleIds && facts.permissions(id, { userId, roleIds: given.roleIds }),
  } = given.channels.get(id) ?? {};
  return {
    id,
    name: channel.name,
    kind: kindOf(channel),
    missing: missingPermissions(channel, bot, WRITE_WITH_CHART),
    callerMissing: missingPermissions(channel, caller, WRITE),
    callerReads: caller === null ? null : readsIn(channel, caller),
  };
}

/** Whether somebody with those permissions can read a channel's messages; of a private thread only where they see all of them, since its members are not known. */
function readsIn(channel: ChannelFacts, permissions: bigint): boolean {
  const flags = [PermissionFlagsBits.ViewChannel, PermissionFlagsBits.ReadMessageHistory];
  if (channel.type === ChannelType.PrivateThread) flags.push(PermissionFlagsBits.ManageThreads);
  return flags.every((flag) => (permissions & flag) !== 0n);
}

/** Which of the permissions for a post in a channel are lacking; null where it is not known what somebody may do there. */
function missingPermissions(
  channel: ChannelFacts,
  permissions: bigint | null,
  toWrite: readonly Permission[],
): readonly string[] | null {
  if (permissions === null) return null;
  const kind = kindOf(channel);
  const needed =
    kind === 'thread'
      ? toWrite.map((one) => (one === SEND ? SEND_IN_THREADS : one))
      : kind === 'voice'
        ? [...toWrite, CONNECT]
        : toWrite;
  return needed.filter(([flag]) => (permissions & flag) === 0n).map(([, name]) => name);
}

function kindOf({ type }: ChannelFacts): CallerChannel['kind'] {
  switch (type) {
    case ChannelType.PublicThread:
    case ChannelType.PrivateThread:
    case ChannelType.AnnouncementThread:
      return 'thread';
    case ChannelType.GuildAnnouncement:
      return 'announcement';
    case ChannelType.GuildVoice:
    case ChannelType.GuildStageVoice:
      return 'voice';
    case ChannelType.GuildForum:
    case ChannelType.GuildMedia:
      return 'forum';
    case ChannelType.GuildText:
      return 'text';
    default:
      return 'other';
  }
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

/** Reads channels from what the client that is connected now keeps of its servers, which the gateway's events keep up to date. */
export function clientKnowledge(connected: () => Client<true> | null): ChannelKnowledge {
  const factsNow = () => {
    const client = connected();
    return client && guildFactsOf(client);
  };
  return {
    get selfId() {
      return connected()?.user.id ?? null;
    },
    missing(channelId) {
      const facts = factsNow();
      const channel = facts?.channel(channelId);
      return facts && channel ? missingPermissions(channel, facts.permissions(channelId), WRITE_WITH_CHART) : null;
    },
    isAnnouncement(channelId) {
      const channel = factsNow()?.channel(channelId);
      return channel ? kindOf(channel) === 'announcement' : null;
    },
    readsHistory(channelId) {
      const permissions = factsNow()?.permissions(channelId) ?? null;
      return permissions === null ? null : (permissions & PermissionFlagsBits.ReadMessageHistory) !== 0n;
    },
    guildOf: (channelId) => factsNow()?.channel(channelId)?.guildId ?? null,
    systemChannel: (guildId) => factsNow()?.systemChannel(guildId) ?? null,
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
