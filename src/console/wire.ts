import { ComponentType } from 'discord-api-types/v10';
import { z } from 'zod';
import type { Reply, ReplyFile } from '../render/reply.ts';
import type { CatalogueEntry, Example } from './catalogue.ts';
import { CONSOLE_CHANNELS } from './guild.ts';

/** Largest request body in bytes; a command with every option filled needs far less. */
export const MAX_BODY_BYTES = 16_384;

const name = z.string().min(1).max(100);
const value = z.union([z.string().max(2_000), z.number(), z.boolean()]);
const locale = z
  .string()
  .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/)
  .catch('en-GB')
  .default('en-GB');

/** A command, either as a typed line or as its name and options. */
export const commandRequest = z.union([
  z.strictObject({ line: z.string().min(1).max(2_000), locale }),
  z.strictObject({ command: name, options: z.record(z.string().max(32), value), locale }),
]);

/** A press of a button or a choice in a select. */
export const pressRequest = z.strictObject({
  customId: z.string().min(1).max(100),
  values: z.array(z.string().max(100)).max(25),
  locale,
});

/** What was typed so far into an option. */
export const completionRequest = z.strictObject({ command: name, option: name, value: z.string().max(100) });

/** How far the clock is moved. */
export const clockRequest = z.strictObject({ hours: z.int().min(1).max(168) });

export type CommandRequest = z.infer<typeof commandRequest>;
export type PressRequest = z.infer<typeof pressRequest>;
export type CompletionRequest = z.infer<typeof completionRequest>;

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
  return { content: reply.content ?? '', embeds: reply.embeds, files, components: reply.components.map(withChannels) };
}

/** Discord itself fills a channel select; here it is filled with the console's own channels. */
function withChannels(row: Reply['components'][number]): Reply['components'][number] {
  const components = row.components.map((component) => {
    if (component.type !== ComponentType.ChannelSelect) return component;
    const { custom_id, placeholder, default_values = [] } = component;
    return {
      type: ComponentType.StringSelect as const,
      custom_id,
      ...(placeholder === undefined ? {} : { placeholder }),
      options: CONSOLE_CHANNELS.map(({ id, name }) => ({
        label: `#${name}`,
        value: id,
        default: default_values.some((chosen) => chosen.id === id),
      })),
    };
  });
  return { ...row, components };
}

/** The page's initial state: `GET /api/state`. */
export interface ConsoleState {
  readonly title: string;
  readonly version: string;
  /** Shown across the page while the market is simulated; null otherwise. */
  readonly banner: string | null;
  /** The server's clock, which the page shows relative times by. */
  readonly nowMs: number;
  readonly commands: readonly CatalogueEntry[];
  /** The channels that posts go to; empty where nothing is posted. */
  readonly channels: readonly ChannelState[];
  /** Whether the clock can be moved, as in the simulated market. */
  readonly movable: boolean;
  /** Lines the welcome message offers at one click. */
  readonly examples: readonly Example[];
}

/** A channel of the console's own server, and the id of its newest post. */
export interface ChannelState {
  readonly id: string;
  readonly name: string;
  readonly newest: string | null;
}

/** What was posted to a channel after a post: `GET /api/channels/ID?after=POST`. */
export interface ChannelPosts {
  readonly posts: readonly { readonly id: string; readonly postedAtMs: number; readonly reply: WireReply }[];
}

/** One line of `POST /api/clock`: a step of the clock, or last that it has arrived or failed. */
export type ClockLine =
  | { readonly step: { readonly nowMs: number; readonly share: number } }
  | { readonly done: { readonly nowMs: number } }
  | { readonly failed: { readonly code: string; readonly message: string } };

/** The answer to a command or to a press: `POST /api/commands`, `POST /api/press`. */
export interface Answer {
  /** False when the reply is an error. */
  readonly ok: boolean;
  /** Whether Discord would show the reply to the caller alone. */
  readonly private: boolean;
  readonly reply: WireReply;
  readonly error: AnswerError | null;
  readonly banner: string | null;
  readonly nowMs: number;
}

/** One line of `POST /api/commands` for those who accept `application/x-ndjson`: progress any number of times, then the answer. */
export type AnswerLine = { readonly progress: WireReply } | { readonly answer: Answer };

/** An error as fields, for scripts; the reply has its text. */
export interface AnswerError {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
  readonly reference: string;
}

/** One autocompletion: `POST /api/autocomplete`. */
export interface Completions {
  readonly choices: readonly { readonly name: string; readonly value: string }[];
}
