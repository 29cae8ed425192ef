import {
  ApplicationCommandOptionType,
  ApplicationIntegrationType,
  ComponentType,
  InteractionContextType,
  type InteractionType,
} from 'discord-api-types/v10';

/** Ids of everything the loopback Discord holds. */
export const APPLICATION_ID = '1100000000000000001';
export const GUILD_ID = '1100000000000000010';
export const CHANNEL_ID = '1100000000000000020';
/** A voice channel, a stage channel and a forum of the same server. */
export const VOICE_ID = '1100000000000000022';
export const STAGE_ID = '1100000000000000023';
export const FORUM_ID = '1100000000000000024';
export const DM_CHANNEL_ID = '1100000000000000021';
export const USER_ID = '1100000000000000030';

export const BOT_USER = {
  id: APPLICATION_ID,
  username: 'candlecast',
  discriminator: '0000',
  global_name: null,
  avatar: null,
  bot: true,
};

/** Send messages, embed links, attach files. */
const APP_PERMISSIONS = String((1n << 10n) | (1n << 11n) | (1n << 14n) | (1n << 15n));
const USE_EXTERNAL_APPS = 1n << 50n;

/** The channels of the one server. */
const CHANNELS = [
  { id: CHANNEL_ID, type: 0, name: 'markets', position: 0, permission_overwrites: [] },
  { id: VOICE_ID, type: 2, name: 'talk', position: 1, permission_overwrites: [], bitrate: 64_000, user_limit: 0 },
  { id: STAGE_ID, type: 13, name: 'stage', position: 2, permission_overwrites: [], bitrate: 64_000, user_limit: 0 },
  { id: FORUM_ID, type: 15, name: 'questions', position: 3, permission_overwrites: [], available_tags: [] },
];

/** Who asks, from where, and how the app is installed there. */
export interface Asking {
  readonly userId?: string;
  /** Default the first server. */
  readonly guildId?: string;
  /** Default `guild`. */
  readonly place?: 'guild' | 'dm';
  /** Default `guild`, and `user` in a DM. */
  readonly installed?: 'guild' | 'user';
  /** Whether the person may use external apps in the guild; default true. */
  readonly externalApps?: boolean;
  readonly locale?: string;
  /** Permissions of the person beside those of everybody, such as Manage Server. */
  readonly permissions?: bigint;
  /** What Discord says the bot may do in channels among the options; by default what it may do elsewhere, null for nothing. */
  readonly appPermissions?: string | null;
  /** What Discord says the person may do in channels among the options; by default what they may do elsewhere. */
  readonly channelPermissions?: bigint;
  /** Leaves out the entitlements and the owners of the integration. */
  readonly bare?: boolean;
}

/** One option of a command as it comes with an interaction. */
export interface GivenOption {
  readonly name: string;
  readonly type: ApplicationCommandOptionType;
  readonly value?: string | number | boolean;
  readonly focused?: boolean;
  readonly options?: readonly GivenOption[];
}

/** A text option, the most common one. */
export function text(name: string, value: string): GivenOption {
  return { name, type: ApplicationCommandOptionType.String, value };
}

/** The text channel of a server other than the first one. */
export const channelOf = (guildId: string) => (guildId === GUILD_ID ? CHANNEL_ID : String(BigInt(guildId) + 1n));

export function readyPayload(
  sessionId: string,
  resumeUrl: string,
  shard: readonly [number, number],
  guildIds: readonly string[],
): object {
  return {
    v: 10,
    user: BOT_USER,
    guilds: guildIds.map((id) => ({ id, unavailable: true })),
    session_id: sessionId,
    resume_gateway_url: resumeUrl,
    shard,
    application: { id: APPLICATION_ID, flags: 0 },
  };
}

export function guildPayload(id = GUILD_ID, change: object = {}): object {
  return {
    id,
    name: 'Traders',
    owner_id: USER_ID,
    preferred_locale: 'en-US',
    joined_at: '2026-01-01T00:00:00.000000+00:00',
    member_count: 2,
    large: false,
    unavailable: false,
    features: [],
    emojis: [],
    stickers: [],
    roles: [{ id, name: '@everyone', permissions: APP_PERMISSIONS, position: 0, color: 0, hoist: false }],
    channels:
      id === GUILD_ID
        ? CHANNELS
        : [{ id: channelOf(id), type: 0, name: 'markets', position: 0, permission_overwrites: [] }],
    members: [
      { user: BOT_USER, roles: [], joined_at: '2026-01-01T00:00:00.000000+00:00', deaf: false, mute: false, flags: 0 },
    ],
    voice_states: [],
    presences: [],
    threads: [],
    stage_instances: [],
    guild_scheduled_events: [],
    soundboard_sounds: [],
    ...change,
  };
}

/** What every interaction carries, wherever it comes from. */
export function interactionPayload(id: string, token: string, type: InteractionType, asking: Asking): object {
  const { userId = USER_ID, guildId = GUILD_ID, place = 'guild', externalApps = true, locale = 'en-GB' } = asking;
  const installed = asking.installed ?? (place === 'guild' ? 'guild' : 'user');
  const user = { id: userId, username: 'reader', discriminator: '0', global_name: 'Reader', avatar: null };
  const permissions = String(
    BigInt(APP_PERMISSIONS) | (externalApps ? USE_EXTERNAL_APPS : 0n) | (asking.permissions ?? 0n),
  );
  const channelId = place === 'guild' ? channelOf(guildId) : DM_CHANNEL_ID;
  const integration =
    installed === 'guild' ? ApplicationIntegrationType.GuildInstall : ApplicationIntegrationType.UserInstall;
  return {
    id,
    token,
    type,
    version: 1,
    application_id: APPLICATION_ID,
    channel_id: channelId,
    channel: { id: channelId, type: place === 'guild' ? 0 : 1, name: 'markets', last_message_id: null },
    locale,
    app_permissions: APP_PERMISSIONS,
    attachment_size_limit: 10_485_760,
    ...(asking.bare
      ? {}
      : {
          entitlements: [],
          authorizing_integration_owners: { [integration]: installed === 'guild' ? guildId : userId },
        }),
    context: place === 'guild' ? InteractionContextType.Guild : InteractionContextType.BotDM,
    ...(place === 'guild'
      ? {
          guild_id: guildId,
          guild: { id: guildId, locale: 'en-US', features: [] },
          guild_locale: 'en-US',
          member: {
            user,
            permissions,
            roles: [],
            joined_at: '2026-01-02T00:00:00.000000+00:00',
            nick: null,
            deaf: false,
            mute: false,
            flags: 0,
          },
        }
      : { user }),
  };
}

/** The data of a command or of its autocompletion. */
export function commandData(id: string, name: string, options: readonly GivenOption[], asking: Asking = {}): object {
  const { appPermissions = APP_PERMISSIONS } = asking;
  const nested = options.flatMap((option) => [option, ...(option.options ?? [])]);
  const channels = nested
    .filter((option) => option.type === ApplicationCommandOptionType.Channel)
    .map(({ value }) => ({
      id: String(value),
      type: CHANNELS.find((channel) => channel.id === value)?.type ?? 0,
      name: CHANNELS.find((channel) => channel.id === value)?.name ?? 'markets',
      permissions: String(asking.channelPermissions ?? APP_PERMISSIONS),
      ...(appPermissions === null ? {} : { app_permissions: appPermissions }),
    }));
  const resolved = { channels: Object.fromEntries(channels.map((channel) => [channel.id, channel])) };
  return { id, name, type: 1, options, ...(channels.length > 0 ? { resolved } : {}) };
}

/** The data of a press: a button, or a select with the values chosen. */
export function pressData(customId: string, values: readonly string[] | null): object {
  return values === null
    ? { custom_id: customId, component_type: ComponentType.Button, id: 1 }
    : { custom_id: customId, component_type: ComponentType.StringSelect, id: 1, values };
}
