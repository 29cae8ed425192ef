import { parseRecordLine } from '../../core/record.ts';
import type { Witness } from './judge-witnesses.ts';

/** A message that the bot has written, as far as the record goes. */
export interface OwnMessage {
  readonly id: string;
  readonly channelId: string;
  /** Null in direct messages, and where the server is not known. */
  readonly guildId: string | null;
  readonly sentMs: number;
  /** When it was changed last; null where it was not. */
  readonly editedMs: number | null;
  /** Whether it answers a command. */
  readonly isReply: boolean;
  readonly footers: readonly string[];
  /** Everything it says, footers apart. */
  readonly text: string;
}

/** What came of reading one message; `foreign`: somebody else wrote it. `failed`: why it could not be read, as the end of a sentence. */
export type ReadOutcome =
  | { readonly kind: 'read'; readonly message: OwnMessage }
  | { readonly kind: 'absent' | 'foreign' }
  | { readonly kind: 'failed'; readonly what: string };

/** Reads one message of the bot's own from Discord. Never rejects. */
export type MessageReader = (channelId: string, messageId: string, signal: AbortSignal) => Promise<ReadOutcome>;

/** The link of a message, as Discord's clients copy it. */
export const messageLink = (guildId: string | null, channelId: string, messageId: string): string =>
  `https://discord.com/channels/${guildId ?? '@me'}/${channelId}/${messageId}`;

/** A message with one head of the record, as a witness; null where it has none, or more than one. */
export function toWitness({ footers, ...message }: OwnMessage): Witness | null {
  const [head, ...others] = footers.flatMap((footer) => parseRecordLine(footer) ?? []);
  if (!head || others.length > 0) return null;
  const { id, guildId, channelId, sentMs, editedMs, isReply } = message;
  return { url: messageLink(guildId, channelId, id), channelId, sentMs, editedMs, isReply, head };
}
