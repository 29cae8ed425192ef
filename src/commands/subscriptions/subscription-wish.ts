import { CandlecastError } from '../../core/errors.ts';
import { DEFAULT_TIME_ZONE, searchTimeZones } from '../../core/time-zones.ts';
import type { SubscriptionOrigin, SubscriptionWish } from '../../services/subscriptions/subscriptions.ts';
import type { Caller, CallerChannel, Choice, CommandContext, OptionValues } from '../command.ts';

const MOST_CHOICES = 25;
const LONGEST_CHOICE = 100;

/** Reads the settings that were given, as a wish with holes. */
export function readWish(options: OptionValues): Partial<SubscriptionWish> {
  const { channel, symbols, time, timezone, horizon, report, band_alerts: band, flip_alert: flip } = options;
  return {
    ...(channel === undefined ? {} : { channelId: String(channel) }),
    ...(symbols === undefined ? {} : { symbols: String(symbols) }),
    ...(time === undefined ? {} : { localTime: String(time) }),
    ...(timezone === undefined ? {} : { timeZone: String(timezone) }),
    ...(horizon === undefined ? {} : { horizon: String(horizon) }),
    ...(report === undefined ? {} : { report: String(report) }),
    ...(band === undefined ? {} : { bandBreak: band === true }),
    ...(flip === undefined ? {} : { flipAtPct: Number(flip) }),
  };
}

/** A wish without holes: what was not said is as most people want it. */
export function completeWish(wish: Partial<SubscriptionWish>): SubscriptionWish {
  return {
    channelId: '',
    symbols: '',
    localTime: '',
    timeZone: DEFAULT_TIME_ZONE,
    horizon: '1d',
    report: 'daily',
    bandBreak: false,
    flipAtPct: null,
    ...wish,
  };
}

/**
 * The server of a caller who may manage it; throws `CC_NOT_ALLOWED` that names `what`. Discord's own check can be switched off by
 * an admin.
 */
export function managedGuild(caller: Caller, what = 'Subscriptions'): SubscriptionOrigin {
  const { guildId, userId, locale } = caller;
  if (guildId === null) {
    throw new CandlecastError('CC_NOT_ALLOWED', `${what} belong to a server.`, {
      remedy: 'Use this command in a server that I have been invited to.',
    });
  }
  if (!caller.mayManageServer) {
    throw new CandlecastError('CC_NOT_ALLOWED', `${what} need the permission Manage Server.`, {
      remedy: 'Ask an administrator of this server.',
    });
  }
  return { guildId, userId, locale };
}

/** The tickers or names in what was typed, separated by commas, or by spaces where there is none. */
export function splitSymbols(text: string): readonly string[] {
  const parts = /[,;]/.test(text) ? text.split(/[,;]/) : text.split(/\s+/);
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

/** The channel, where the bot can post; throws `CC_CHANNEL` that names what is missing. */
export function postableChannel(caller: Caller, channelId: string): CallerChannel {
  const channel = caller.channel(channelId);
  if (!channel) {
    throw new CandlecastError('CC_CHANNEL', 'I cannot see that channel.', {
      remedy: 'Give me View Channel there, or choose a channel of this server.',
    });
  }
  if (channel.kind === 'other') {
    throw new CandlecastError('CC_CHANNEL', `#${channel.name} is not a channel for messages.`, {
      remedy: 'Choose a text channel, an announcement channel or a thread.',
    });
  }
  if (channel.missing !== null && channel.missing.length > 0) {
    throw new CandlecastError('CC_CHANNEL', `In #${channel.name} I lack: ${channel.missing.join(', ')}.`, {
      remedy: 'Allow that for me in the settings of the channel, then try again.',
      context: { missing: channel.missing },
    });
  }
  return channel;
}

/** What completes an option of subscriptions, from memory. */
export function completeSubscription(
  { name, value }: { readonly name: string; readonly value: string },
  { services, now }: CommandContext,
  caller: Caller,
): readonly Choice[] {
  if (name === 'timezone') {
    return searchTimeZones(value, now(), MOST_CHOICES).map(({ zone, label }) => ({ name: label, value: zone }));
  }
  if (name === 'symbols') {
    const cut = Math.max(value.lastIndexOf(','), value.lastIndexOf(';')) + 1;
    const before = value.slice(0, cut).trim();
    const lead = before === '' ? '' : `${before} `;
    const taken = new Set(before.split(/[,;\s]+/).map((part) => part.toUpperCase()));
    return services.assets
      .search(value.slice(cut).trim(), MOST_CHOICES)
      .filter(({ symbol }) => !taken.has(symbol))
      .map((asset) => ({ name: `${lead}${asset.symbol} (${asset.name})`, value: `${lead}${asset.symbol}` }))
      .filter((choice) => choice.value.length <= LONGEST_CHOICE)
      .map((choice) => ({ ...choice, name: choice.name.slice(0, LONGEST_CHOICE) }));
  }
  if (name !== 'id' || caller.guildId === null || !caller.mayManageServer) return [];
  const typed = value.trim().toLowerCase();
  return services.subscriptions
    .recall(caller.guildId)
    .map(({ id, symbols, channelId, localTime, state }) => {
      const where = `#${caller.channel(channelId)?.name ?? 'unknown'}`;
      const text = `${id}: ${symbols.join(', ')} in ${where} at ${localTime}${state === 'active' ? '' : `, ${state}`}`;
      return { name: text.slice(0, LONGEST_CHOICE), value: id };
    })
    .filter((choice) => choice.name.toLowerCase().includes(typed));
}
