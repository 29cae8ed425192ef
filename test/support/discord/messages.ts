import { type APIEmbed, type APIMessageTopLevelComponent, MessageFlags } from 'discord-api-types/v10';
import { emptyMessage, invalidForm } from './api-error.ts';
import { messageProblems } from './message-rules.ts';
import type { RequestBody } from './request-body.ts';

/** One file of a message as Discord keeps it. */
export interface SentFile {
  readonly id: string;
  readonly name: string;
  readonly contentType: string;
  readonly description: string | null;
  readonly data: Buffer;
}

/** A message as a person sees it. */
export interface SentMessage {
  readonly id: string;
  readonly channelId: string;
  readonly content: string;
  readonly embeds: readonly APIEmbed[];
  readonly components: readonly APIMessageTopLevelComponent[];
  readonly files: readonly SentFile[];
  readonly flags: number;
  readonly ephemeral: boolean;
}

/** The JSON of a message request, after its schema has accepted it. */
export interface MessageRequest {
  readonly content?: string | null;
  readonly embeds?: readonly APIEmbed[] | null;
  readonly components?: readonly APIMessageTopLevelComponent[] | null;
  readonly attachments?: readonly { readonly id: string; readonly description?: string | null }[] | null;
  readonly flags?: number | null;
}

/**
 * What a message becomes when a request is applied to it: parts that are left out stay, attachments that are not listed
 * go. Throws what Discord answers to a message it refuses.
 */
export function applyRequest(
  before: SentMessage,
  json: MessageRequest,
  body: RequestBody,
  newId: () => string,
): SentMessage {
  const listed = json.attachments ?? null;
  const problems: string[] = [];
  const files: SentFile[] = [];
  for (const [i, attachment] of (listed ?? []).entries()) {
    const kept = before.files.find((file) => file.id === attachment.id);
    if (kept) files.push(kept);
    else if (!body.files.some((file) => String(file.index) === attachment.id)) {
      problems.push(`attachments.${i}.id: no file and no attachment of that id`);
    }
  }
  if (listed === null) files.push(...before.files);
  for (const { index, name, contentType, data } of body.files) {
    const description = listed?.find((attachment) => attachment.id === String(index))?.description ?? null;
    files.push({ id: newId(), name, contentType, description, data });
  }
  const flags = (before.flags & ~MessageFlags.Loading) | ((json.flags ?? 0) & MessageFlags.SuppressEmbeds);
  const after: SentMessage = {
    ...before,
    content: json.content === undefined ? before.content : (json.content ?? '').trim(),
    embeds: json.embeds === undefined ? before.embeds : (json.embeds ?? []),
    components: json.components === undefined ? before.components : (json.components ?? []),
    files,
    flags,
  };
  problems.push(...messageProblems(after, new Set(files.map(({ name }) => name))));
  if (problems.length > 0) throw invalidForm(problems);
  if (!after.content && after.embeds.length + after.files.length + after.components.length === 0) throw emptyMessage();
  return after;
}

/** An empty message in a channel, waiting for its parts. */
export function blankMessage(id: string, channelId: string, flags: number): SentMessage {
  const ephemeral = (flags & MessageFlags.Ephemeral) !== 0;
  return { id, channelId, content: '', embeds: [], components: [], files: [], flags, ephemeral };
}

/** The message object the API returns. */
export function messageJson(message: SentMessage, author: object, baseUrl: string, now: () => number): object {
  return {
    id: message.id,
    channel_id: message.channelId,
    type: 0,
    author,
    content: message.content,
    embeds: message.embeds.map((embed) => ({ type: 'rich', ...embed })),
    components: message.components,
    attachments: message.files.map(({ id, name, contentType, description, data }) => ({
      id,
      filename: name,
      size: data.length,
      content_type: contentType,
      url: `${baseUrl}/attachments/${id}/${name}`,
      proxy_url: `${baseUrl}/attachments/${id}/${name}`,
      ...(description === null ? {} : { description }),
    })),
    flags: message.flags,
    timestamp: new Date(now()).toISOString(),
    edited_timestamp: null,
    mention_everyone: false,
    mentions: [],
    mention_roles: [],
    pinned: false,
    tts: false,
  };
}
