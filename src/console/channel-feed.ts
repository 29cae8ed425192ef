import type { Clock } from '../core/time.ts';
import type { Reply } from '../render/reply.ts';
import type { SendPort } from '../services/subscriptions/publishing-port.ts';
import { CONSOLE_CHANNELS } from './caller.ts';

/** One message in a channel of the console's made-up server. */
export interface FeedMessage {
  /** Ascending over all channels. */
  readonly id: string;
  /** `general`, `forecasts`, or `direct` for what the bot tells the subscriber in private. */
  readonly channelId: string;
  readonly reply: Reply;
  readonly atMs: number;
}

/** The channels of the console: takes posts as Discord does, and lets the page read them. In memory; gone after a restart. */
export interface ChannelFeed extends SendPort<Reply> {
  /** Messages of a channel, the oldest first; only those after `afterId` where one is given. */
  messages(channelId: string, afterId?: string): readonly FeedMessage[];
  /** Calls back with every new message; returns what ends that. */
  watch(listener: (message: FeedMessage) => void): () => void;
}

/** Where private notices to the person at this computer go. */
export const DIRECT_CHANNEL_ID = 'direct';

/** With ten charts in each about a hundred megabytes. */
const MOST_KEPT = 100;

/** Builds the feed. */
export function createChannelFeed(now: Clock): ChannelFeed {
  const kept = new Map<string, FeedMessage[]>();
  const sent = new Map<string, string>();
  const listeners = new Set<(message: FeedMessage) => void>();
  let count = 0;

  function post(channelId: string, reply: Reply, nonce: string): string {
    const before = sent.get(nonce);
    if (before !== undefined) return before;
    const message: FeedMessage = { id: String(++count), channelId, reply, atMs: now() };
    const channel = kept.get(channelId) ?? [];
    channel.push(message);
    if (channel.length > MOST_KEPT) channel.shift();
    kept.set(channelId, channel);
    sent.set(nonce, message.id);
    for (const listener of listeners) listener(message);
    return message.id;
  }

  return {
    async send(channelId, reply, nonce) {
      if (!CONSOLE_CHANNELS.some(({ id }) => id === channelId)) {
        return { kind: 'gone', what: 'the console has no such channel' };
      }
      return { kind: 'sent', messageId: post(channelId, reply, nonce) };
    },
    async find(_channelId, nonce) {
      const messageId = sent.get(nonce);
      return messageId === undefined ? { kind: 'absent' } : { kind: 'found', messageId };
    },
    notify: async (_to, reply, nonce) => ({ kind: 'sent', messageId: post(DIRECT_CHANNEL_ID, reply, nonce) }),
    messages: (channelId, afterId) =>
      (kept.get(channelId) ?? []).filter(({ id }) => afterId === undefined || Number(id) > Number(afterId)),
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
