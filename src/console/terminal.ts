import { setTimeout } from 'node:timers/promises';
import type { Command, CommandContext } from '../commands/command.ts';
import { dispatch } from '../commands/dispatch.ts';
import { createProgressChannel, type ProgressChannel } from '../commands/progress.ts';
import { asCandlecastError, errorLine } from '../core/errors.ts';
import type { Reply } from '../render/reply.ts';
import { replyText } from '../render/text.ts';
import { writeAttachments } from './attachments.ts';
import { localCaller } from './caller.ts';
import { describeFile, inlineFile, toWire } from './wire.ts';

/** How one command is run in the terminal. */
export interface TerminalOptions {
  readonly context: CommandContext;
  readonly commands: readonly Command[];
  /** Prints the reply as one JSON document instead of text. */
  readonly json?: boolean;
  /** Folder for the attachments; without it none is written. */
  readonly outDir?: string | null;
  /** BCP 47; default `en-GB`. */
  readonly locale?: string;
  /** Takes what belongs on standard output. */
  readonly write: (text: string) => void;
  /** Takes what belongs on standard error. */
  readonly writeError: (text: string) => void;
}

const PROGRESS_EVERY_MS = 1_000;

/** 0: the command answered; 1: it failed; 2: it was called wrongly. */
export type ExitCode = 0 | 1 | 2;

/**
 * Runs one typed line such as `/forecast symbol:BTC horizon:1d` and prints its reply. Nothing is thrown: an error becomes
 * one line with code and remedy on standard error, and standard output stays empty.
 */
export async function runOnce(line: string, options: TerminalOptions): Promise<ExitCode> {
  const { context, commands, json = false, outDir = null, locale = 'en-GB', write, writeError } = options;
  const progress = terminalProgress(context, writeError);
  try {
    const reply = await dispatch(line, localCaller(locale), context, commands, progress.show);
    await progress.end();
    const paths = outDir === null ? null : await writeAttachments(reply.files, outDir);
    write(json ? replyJson(reply, paths) : replyLines(reply, paths, context.now()));
    return 0;
  } catch (error) {
    await progress.end();
    writeError(`${printable(errorLine(error))}\n`);
    return asCandlecastError(error).code === 'CC_USAGE' ? 2 : 1;
  }
}

/** Progress as lines on standard error, where it is in the way of no output; the same line is not repeated. */
function terminalProgress({ now }: CommandContext, writeError: (text: string) => void): ProgressChannel {
  let last = '';
  return createProgressChannel({
    async send(reply) {
      const text = printable(replyText(reply, now()))
        .replace(/\n─+\n/g, ': ')
        .replace(/\s+/g, ' ')
        .trim();
      if (text !== '' && text !== last) writeError(`${text}\n`);
      last = text;
    },
    now,
    sleep: (ms, signal) => setTimeout(ms, undefined, signal ? { signal } : {}),
    everyMs: PROGRESS_EVERY_MS,
    onError: () => undefined,
  });
}

/** The whole reply as one document; files carry their path where they were written, else their bytes. */
function replyJson(reply: Reply, paths: readonly string[] | null): string {
  const files = reply.files.map((file, i) => {
    const path = paths?.[i];
    return path === undefined ? inlineFile(file) : { ...describeFile(file), path };
  });
  return `${JSON.stringify(toWire(reply, files), null, 2)}\n`;
}

function replyLines(reply: Reply, paths: readonly string[] | null, nowMs: number): string {
  const lines = [replyText(reply, nowMs)];
  if (paths !== null) lines.push(...paths.map((path) => `Written: ${path}`));
  else if (reply.files.length > 0) {
    const what = reply.files.length === 1 ? 'the attachment' : `the ${reply.files.length} attachments`;
    lines.push(`Add --out DIR to write ${what} to a folder.`);
  }
  return `${printable(lines.join('\n\n'))}\n`;
}

/** Leaves out control characters, so that no text from outside can steer the terminal. */
function printable(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, '');
}
