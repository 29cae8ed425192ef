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
  /** Lines the welcome message offers at one click. */
  readonly examples: readonly Example[];
}

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
