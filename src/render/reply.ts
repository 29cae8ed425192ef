import type { APIActionRowComponent, APIComponentInMessageActionRow, APIEmbed } from 'discord-api-types/v10';

/** A file that goes with a reply; `embeds` refer to it as `attachment://name`. */
export interface ReplyFile {
  readonly name: string;
  readonly contentType: string;
  readonly data: Uint8Array;
  /** Alternative text for people who cannot see it. */
  readonly description: string;
}

/** A finished answer in Discord's own terms, understood by all three surfaces. */
export interface Reply {
  readonly content?: string;
  /** A role that the content mentions and whose members are told; no other mention in a message tells anybody. */
  readonly mentionedRoleId?: string;
  readonly embeds: readonly APIEmbed[];
  readonly files: readonly ReplyFile[];
  readonly components: readonly APIActionRowComponent<APIComponentInMessageActionRow>[];
}
