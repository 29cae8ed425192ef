import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Command, CommandContext } from '../commands/command.ts';
import { dispatch } from '../commands/dispatch.ts';
import { createProgressChannel, type ProgressChannel } from '../commands/progress.ts';
import { asCandlecastError, CandlecastError, errorLine } from '../core/errors.ts';
import type { Reply, ReplyFile } from '../render/reply.ts';
import { replyText } from '../render/text.ts';
import { localCaller } from './guild.ts';
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
const MAX_NAME_LENGTH = 100;
/** Names that Windows keeps for devices, with any ending. */
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

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

/** Progress as lines on standard error, so that standard output holds the reply alone; the same line is not repeated. */
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

/** Leaves out control characters, so that no text from outside can send escape sequences to the terminal. */
function printable(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, '');
}

/** Returns a name without path, leading dot or device name. */
function safeFileName(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? '';
  const plain = last
    .replace(/[^A-Za-z0-9._-]+/g, '_')
    .replace(/^\.+/, '')
    .slice(-MAX_NAME_LENGTH);
  if (!/[A-Za-z0-9]/.test(plain)) return 'file';
  return RESERVED.test(plain) ? `_${plain}` : plain;
}

/**
 * Writes the files of a reply into a folder, which is made if need be; an earlier file of the same name is replaced.
 * Returns the paths in the order of the files; throws `CC_FILE`.
 */
async function writeAttachments(files: readonly ReplyFile[], folder: string): Promise<readonly string[]> {
  const taken = new Set<string>();
  const paths: string[] = [];
  try {
    if (files.length > 0) await mkdir(folder, { recursive: true });
    for (const file of files) {
      const path = join(folder, freeName(safeFileName(file.name), taken));
      await writeFile(path, file.data);
      paths.push(path);
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    throw new CandlecastError('CC_FILE', `The attachments cannot be written to ${folder}${code}.`, { cause: error });
  }
  return paths;
}

/** A name that no other file of the reply has, on file systems without case too. */
function freeName(name: string, taken: Set<string>): string {
  const dot = name.lastIndexOf('.');
  const [stem, ending] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
  let free = name;
  for (let n = 2; taken.has(free.toLowerCase()); n++) free = `${stem}-${n}${ending}`;
  taken.add(free.toLowerCase());
  return free;
}
