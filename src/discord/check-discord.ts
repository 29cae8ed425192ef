import { PermissionFlagsBits, PermissionsBitField, REST, type RESTOptions, Routes } from 'discord.js';
import { z } from 'zod';
import type { ClockCheck } from '../core/clock-check.ts';
import { cutText } from '../core/cut-text.ts';
import { asCandlecastError } from '../core/errors.ts';
import { inviteLink } from '../core/links.ts';
import type { DoctorCheck } from '../core/status.ts';
import { checkToken, connectError } from './connection.ts';
import { comparingRequests } from './requests.ts';

/** What the check of the Discord side needs; nothing is changed there. */
export interface DiscordCheckOptions {
  readonly token: string;
  readonly applicationId?: string | undefined;
  readonly apiUrl?: string | undefined;
  readonly devGuildId?: string | undefined;
  /** Each request ends after this. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Learns Discord's time from its answers. */
  readonly clockCheck?: Pick<ClockCheck, 'begin'>;
}

/** Permissions for posting a forecast into a channel. */
const NEEDED = {
  'View Channels': PermissionFlagsBits.ViewChannel,
  'Send Messages': PermissionFlagsBits.SendMessages,
  'Embed Links': PermissionFlagsBits.EmbedLinks,
  'Attach Files': PermissionFlagsBits.AttachFiles,
} as const;
/** Servers of one answer; further ones are not checked. */
const MAX_SERVERS = 200;

const user = z.object({ id: z.string().max(30), username: z.string().max(100) });
const application = z.object({ id: z.string().max(30) });
const servers = z
  .array(z.object({ id: z.string().max(30), name: z.string().max(200), permissions: z.string().regex(/^\d{1,30}$/) }))
  .max(MAX_SERVERS);

/** Asks Discord who the token belongs to and what the bot may do in its servers. Never rejects; no answer holds the token. */
export async function checkDiscord(options: DiscordCheckOptions): Promise<readonly DoctorCheck[]> {
  const token = options.token.trim().replace(/^Bot\s+/i, '');
  try {
    checkToken(token, options.apiUrl === undefined);
    const settings: Partial<RESTOptions> = {
      timeout: options.timeoutMs,
      retries: 0,
      // Waiting for a rate limit would be reported as no answer from Discord.
      rejectOnRateLimit: () => true,
      ...(options.apiUrl === undefined ? {} : { api: options.apiUrl.replace(/(?<!\/)\/+$/, '') }),
      ...(options.clockCheck ? { makeRequest: comparingRequests(options.clockCheck) } : {}),
    };
    const rest = new REST(settings).setToken(token);
    const { signal } = options;
    const me = user.parse(await rest.get(Routes.user('@me'), { signal }));
    const app = application.parse(await rest.get(Routes.currentApplication(), { signal }));
    const query = new URLSearchParams({ limit: String(MAX_SERVERS) });
    const joined = servers.parse(await rest.get(Routes.userGuilds(), { query, signal }));
    return [
      tokenCheck(me.username, app.id, options.applicationId),
      permissionCheck(app.id, joined, options.devGuildId),
    ];
  } catch (error) {
    const known = error instanceof z.ZodError ? null : asCandlecastError(connectError(error));
    return [
      {
        name: 'token',
        state: 'failed',
        message: known?.message ?? 'Discord answered with something else than it documents.',
        remedy: known?.remedy ?? 'Check DISCORD_API_URL, and https://discordstatus.com.',
      },
      { name: 'permissions', state: 'skipped', message: 'Not looked at without a token that works.', remedy: null },
    ];
  }
}

function tokenCheck(name: string, applicationId: string, configured: string | undefined): DoctorCheck {
  if (configured !== undefined && configured !== applicationId) {
    return {
      name: 'token',
      state: 'warning',
      message: `The token is accepted, but belongs to application ${applicationId}, not to ${configured}.`,
      remedy: 'Correct DISCORD_APPLICATION_ID or take it out; the token decides.',
    };
  }
  return { name: 'token', state: 'ok', message: `Discord accepts it, for ${name}.`, remedy: null };
}

function permissionCheck(
  applicationId: string,
  joined: z.infer<typeof servers>,
  devGuildId: string | undefined,
): DoctorCheck {
  const invite = `Invite the bot with ${inviteLink(applicationId)}`;
  const warn = (message: string): DoctorCheck => ({ name: 'permissions', state: 'warning', message, remedy: invite });
  if (joined.length === 0) return warn('The bot is in no server.');
  if (devGuildId !== undefined && joined.length < MAX_SERVERS && !joined.some(({ id }) => id === devGuildId)) {
    return warn(`The bot is not in the server of DISCORD_DEV_GUILD_ID, ${devGuildId}.`);
  }
  const lacking = joined.flatMap(({ name, permissions }) => {
    const held = new PermissionsBitField(BigInt(permissions));
    const missing = Object.entries(NEEDED).flatMap(([label, bit]) => (held.has(bit) ? [] : [label]));
    return missing.length > 0 ? [`${cutText(name, 60)} (${missing.join(', ')})`] : [];
  });
  const count = `${joined.length}${joined.length === MAX_SERVERS ? ' or more' : ''} server${joined.length === 1 ? '' : 's'}`;
  if (lacking.length === 0) {
    return { name: 'permissions', state: 'ok', message: `All that posting takes, in ${count}.`, remedy: null };
  }
  const shown = lacking.slice(0, 3).join('; ');
  return warn(
    `Missing in ${lacking.length} of ${count}: ${shown}${lacking.length > 3 ? '; …' : ''}. Commands still answer there; posts may not.`,
  );
}
