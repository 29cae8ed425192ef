import type { Reply, ReplyFile } from '../render/reply.ts';

/** A reply as JSON, for the page and for `--json`. */
export interface WireReply {
  readonly content: string;
  readonly embeds: Reply['embeds'];
  readonly files: readonly WireFile[];
  readonly components: Reply['components'];
}

/** A file of a reply as JSON: where it was written, or its bytes in base64. */
export interface WireFile {
  readonly name: string;
  readonly contentType: string;
  readonly description: string;
  readonly bytes: number;
  readonly path?: string;
  readonly base64?: string;
}

/** Returns the file as JSON with its bytes inlined. */
export function inlineFile(file: ReplyFile): WireFile {
  return { ...describeFile(file), base64: Buffer.from(file.data).toString('base64') };
}

/** Returns the facts about a file without its bytes. */
export function describeFile(file: ReplyFile): WireFile {
  return {
    name: file.name,
    contentType: file.contentType,
    description: file.description,
    bytes: file.data.byteLength,
  };
}

/** Returns the reply as JSON; `files` stand for the reply's own, in the same order. */
export function toWire(reply: Reply, files: readonly WireFile[] = reply.files.map(inlineFile)): WireReply {
  return { content: reply.content ?? '', embeds: reply.embeds, files, components: reply.components };
}
