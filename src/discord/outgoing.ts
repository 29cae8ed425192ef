import type { AttachmentPayload, MessageMentionOptions } from 'discord.js';
import type { Reply } from '../render/reply.ts';

/** Nobody is pinged by anything the bot writes. */
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
