import { type AttachmentPayload, DiscordAPIError, HTTPError, type MessageMentionOptions } from 'discord.js';
import type { Sleep } from '../core/time.ts';
import type { Reply } from '../render/reply.ts';

/** No message of the bot mentions anybody. */
export const NO_MENTIONS: MessageMentionOptions = { parse: [] };

/** The part of discord.js's message options that a {@link Reply} fills; fits reply, edit and follow-up alike. */
export interface OutgoingMessage {
  content: string;
  embeds: Reply['embeds'];
  components: Reply['components'];
  files: AttachmentPayload[];
  allowedMentions: MessageMentionOptions;
}

/**
 * Turns a reply into discord.js's options. Every part is named, so an edit replaces the whole message: the old text goes
 * when there is no new one, and so do the files, since discord.js lists exactly those in `files` as attachments.
 */
export function toOutgoing(reply: Reply): OutgoingMessage {
  return {
    content: reply.content ?? '',
    embeds: reply.embeds,
    components: reply.components,
    files: reply.files.map(({ name, data, description }) => ({
      attachment: Buffer.from(data.buffer, data.byteOffset, data.byteLength),
      name,
      description,
    })),
    allowedMentions: NO_MENTIONS,
  };
}

/** Waits before a retry. discord.js itself retries a 5xx three times at once; these last longer than a short outage. */
const WAITS_MS = [1_000, 4_000];

/** Sends an answer, and sends it again after a wait when Discord was busy or out of reach. Rejects with the last error. */
export async function deliver(send: () => Promise<unknown>, sleep: Sleep): Promise<void> {
  for (const waitMs of WAITS_MS) {
    try {
      await send();
      return;
    } catch (error) {
      if (!isTransient(error)) throw error;
      await sleep(waitMs);
    }
  }
  await send();
}

/** Whether the same request may succeed a moment later: Discord's 5xx, an aborted request, a broken connection. */
function isTransient(error: unknown): boolean {
  if (error instanceof DiscordAPIError) return false;
  if (error instanceof HTTPError) return error.status >= 500;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return (error instanceof Error && error.name === 'AbortError') || /^(E[A-Z_]+|UND_ERR_[A-Z_]+)$/.test(code);
}
