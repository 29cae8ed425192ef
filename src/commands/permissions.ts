import { ApplicationIntegrationType, InteractionContextType, PermissionFlagsBits } from 'discord.js';
import { CandlecastError } from '../core/errors.ts';
import type { Caller, CallerChannel } from './command.ts';

/** A command for servers that have the bot, shown by default only to members who manage the server. */
export const MANAGERS_ONLY = {
  contexts: [InteractionContextType.Guild],
  integration_types: [ApplicationIntegrationType.GuildInstall],
  default_member_permissions: String(PermissionFlagsBits.ManageGuild),
};

/** A caller who manages the server of the command. */
export interface ServerManager {
  readonly guildId: string;
  readonly userId: string;
  /** BCP 47: of the server where it is known, else of the person. */
  readonly locale: string;
}

/**
 * Returns the caller where they manage the server; throws `CC_NOT_ALLOWED` with `what` as its subject. Needed beside
 * {@link MANAGERS_ONLY} because an administrator can switch Discord's own check off.
 */
export function requireServerManager(caller: Caller, what = 'Subscriptions'): ServerManager {
  const { guildId, userId } = caller;
  if (guildId === null) {
    throw new CandlecastError('CC_NOT_ALLOWED', `${what} belong to a server.`, {
      remedy: 'Use this command in a server that I have been invited to.',
      said: { key: 'errors.needsServer' },
      advice: { key: 'errors.inviteMe' },
    });
  }
  if (!caller.mayManageServer) {
    throw new CandlecastError('CC_NOT_ALLOWED', `${what} need the permission Manage Server.`, {
      remedy: 'Ask an administrator of this server.',
      said: { key: 'errors.needsManager' },
    });
  }
  return { guildId, userId, locale: caller.guildLocale ?? caller.locale };
}

/** Throws `CC_NOT_ALLOWED` where the caller may not post in a channel: they could otherwise have the bot post what they may not. */
export function requireCallerMayPost({ name, callerMissing }: CallerChannel): void {
  if (callerMissing === null || callerMissing.length === 0) return;
  const remedy = 'Choose a channel in which you may write, or ask an administrator of this server.';
  // A channel that somebody cannot see is not named to them.
  const message = callerMissing.includes('View Channel')
    ? 'You cannot see that channel.'
    : `You may not write in #${name}: you lack ${callerMissing.join(', ')}.`;
  throw new CandlecastError('CC_NOT_ALLOWED', message, {
    remedy,
    said: callerMissing.includes('View Channel')
      ? { key: 'errors.callerUnseen' }
      : { key: 'errors.callerMissing', values: { channel: name, permissions: callerMissing.join(', ') } },
    advice: { key: 'errors.callerMissingAdvice' },
  });
}

/**
 * Returns the channel when both the caller and the bot can post in it; throws `CC_NOT_ALLOWED`, or `CC_CHANNEL` that names the missing
 * permissions.
 */
export function requirePostableChannel(caller: Caller, channelId: string): CallerChannel {
  const channel = caller.channel(channelId);
  if (!channel) {
    throw new CandlecastError('CC_CHANNEL', 'I cannot see that channel.', {
      remedy: 'Give me View Channel there, or choose a channel of this server.',
      said: { key: 'errors.channelUnseen' },
      advice: { key: 'errors.channelUnseenAdvice' },
    });
  }
  requireCallerMayPost(channel);
  if (channel.kind === 'forum') {
    throw new CandlecastError('CC_CHANNEL', `#${channel.name} is a forum, where messages stand in its posts alone.`, {
      remedy: 'Choose one of its posts, or a text, announcement, voice or stage channel.',
      said: { key: 'errors.channelForum', values: { channel: channel.name } },
      advice: { key: 'errors.channelForumAdvice' },
    });
  }
  if (channel.kind === 'other') {
    throw new CandlecastError('CC_CHANNEL', `#${channel.name} is not a channel for messages.`, {
      remedy: 'Choose a text, announcement, voice or stage channel, or a thread.',
      said: { key: 'errors.channelOther', values: { channel: channel.name } },
      advice: { key: 'errors.channelOtherAdvice' },
    });
  }
  if (channel.missing !== null && channel.missing.length > 0) {
    throw new CandlecastError('CC_CHANNEL', `In #${channel.name} I lack: ${channel.missing.join(', ')}.`, {
      remedy: 'Allow that for me in the settings of the channel, then try again.',
      advice: { key: 'errors.channelMissingAdvice' },
      said: {
        key: 'errors.channelMissing',
        values: { channel: channel.name, permissions: channel.missing.join(', ') },
      },
      context: { missing: channel.missing },
    });
  }
  return channel;
}
