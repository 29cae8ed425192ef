import { LRUCache } from 'lru-cache';
import type { Caller, CallerChannel } from '../commands/command.ts';
import { NO_PREFERENCES } from '../core/settings.ts';
import type { Clock } from '../core/time.ts';
import type { Reply } from '../render/reply.ts';
import type { SendPort } from '../services/subscriptions/publishing-port.ts';

/** The id of the console's own server (a guild in Discord's terms). */
const CONSOLE_GUILD_ID = 'console';

/** Its channels; their ids are their names, so that `<#forecasts>` reads as itself. */
export const CONSOLE_CHANNELS: readonly CallerChannel[] = [
  { id: 'general', name: 'general', kind: 'text', missing: [], callerMissing: [], callerReads: true },
  { id: 'forecasts', name: 'forecasts', kind: 'text', missing: [], callerMissing: [], callerReads: true },
];

/** The caller in the console: the person at this computer, with the rights of the bot's and the server's owner. */
export function localCaller(locale: string): Caller {
  return {
    userId: 'console',
    isOwner: true,
    guildId: CONSOLE_GUILD_ID,
    channelId: 'general',
    locale,
    preferences: NO_PREFERENCES,
    mayManageServer: true,
    channel: (id) => CONSOLE_CHANNELS.find((channel) => channel.id === id) ?? null,
  };
}

/** One message in a channel of the console's own server. */
export interface FeedMessage {
  /** Ascending over all channels. */
  readonly id: string;
  /** `general`, `forecasts`, or `direct` for private messages to the subscriber. */
  readonly channelId: string;
  readonly reply: Reply;
  readonly atMs: number;
}

/** The channels of the console: takes posts as Discord does, and lets the page read them. In memory; gone after a restart. */
export interface ChannelFeed extends SendPort<Reply> {
  /** Messages of a channel, the oldest first; only those after `afterId` where one is given. */
  messages(channelId: string, afterId?: string): readonly FeedMessage[];
  /** How many messages were posted since the start. */
  posted(): number;
}

/** Where private notices to the person at this computer go. */
export const DIRECT_CHANNEL_ID = 'direct';

/** Messages kept in a channel, as many as the page shows, and bytes of their charts; the newest message stays whatever its size. */
const KEPT = { messages: 30, bytes: 8 * 2 ** 20 };
/** Posts that are recognised when they come again. */
const MAX_NONCES = 1_000;

/** Builds the feed. `limits` bounds what is kept of each channel. */
export function createChannelFeed(now: Clock, limits: typeof KEPT = KEPT): ChannelFeed {
  const kept = new Map<string, FeedMessage[]>();
  const sent = new LRUCache<string, string>({ max: MAX_NONCES });
  let count = 0;

  function post(channelId: string, reply: Reply, nonce: string): string {
    const before = sent.get(nonce);
    if (before !== undefined) return before;
    const message: FeedMessage = { id: String(++count), channelId, reply, atMs: now() };
    const channel = kept.get(channelId) ?? [];
    channel.push(message);
    const bytes = () => channel.flatMap((one) => one.reply.files).reduce((sum, file) => sum + file.data.length, 0);
    while (channel.length > limits.messages || (channel.length > 1 && bytes() > limits.bytes)) channel.shift();
    kept.set(channelId, channel);
    sent.set(nonce, message.id);
    return message.id;
  }

  return {
    async send(channelId, reply, nonce) {
      if (!CONSOLE_CHANNELS.some(({ id }) => id === channelId)) {
        return { kind: 'gone', reason: { key: 'refusals.channelDeleted' } };
      }
      return { kind: 'sent', messageId: post(channelId, reply, nonce) };
    },
    async find(_channelId, nonce) {
      const messageId = sent.get(nonce);
      return messageId === undefined ? { kind: 'absent' } : { kind: 'found', messageId };
    },
    async findPrivate(_userId, nonce) {
      const messageId = sent.get(nonce);
      return messageId === undefined ? { kind: 'absent' } : { kind: 'found', messageId };
    },
    crosspost: async (_channelId, messageId) => ({ kind: 'sent', messageId }),
    notify: async (_to, reply, nonce) => ({ kind: 'sent', messageId: post(DIRECT_CHANNEL_ID, reply, nonce) }),
    posted: () => count,
    messages: (channelId, afterId) =>
      (kept.get(channelId) ?? []).filter(({ id }) => afterId === undefined || Number(id) > Number(afterId)),
  };
}
