import type { CatalogueEntry } from './catalogue.ts';
import type { WireReply } from './wire.ts';

/** What the page knows before anything was asked: `GET /api/state`. */
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

/** A channel of the made-up server, and the id of its newest post. */
export interface ChannelState {
  readonly id: string;
  readonly name: string;
  readonly newest: string | null;
}

/** What was posted to a channel after a post: `GET /api/channels/ID?after=POST`. */
export interface ChannelPosts {
  readonly posts: readonly { readonly id: string; readonly postedAtMs: number; readonly reply: WireReply }[];
}

/** One line of `POST /api/clock`: where the clock is on its way, and last that it is there, or why not. */
export type ClockLine =
  | { readonly step: { readonly nowMs: number; readonly share: number } }
  | { readonly done: { readonly nowMs: number } }
  | { readonly failed: { readonly code: string; readonly message: string } };

/** A typed line and what it is good for. */
export interface Example {
  readonly line: string;
  readonly label: string;
}

/** The answer to a command or to a press: `POST /api/commands`, `POST /api/press`. */
export interface Answer {
  /** False when the reply tells of an error. */
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

/** The facts of an error, for scripts; the words for people are in the reply. */
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
