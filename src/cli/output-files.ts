import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { finished } from 'node:stream/promises';
import { CandlecastError } from '../core/errors.ts';
import type { ProgressOutput } from './progress.ts';

/** A text file written in pieces; it gets its final name only when complete. */
export interface StagedFile {
  write(text: string): Promise<void>;
  /** Puts the file in its place. */
  commit(): Promise<void>;
  /** Removes what was written; does nothing after `commit`. */
  discard(): Promise<void>;
}

/** Opens a file beside its final name; every failure is `CC_FILE`. */
export async function openStagedFile(path: string): Promise<StagedFile> {
  const staged = `${path}.part`;
  const failure = (cause: unknown) => new CandlecastError('CC_FILE', `${path} cannot be written.`, { cause });
  try {
    await mkdir(dirname(path), { recursive: true });
  } catch (cause) {
    throw failure(cause);
  }
  const stream = createWriteStream(staged);
  const ended = finished(stream);
  // A failure is reported at the next write or at commit.
  ended.catch(() => {});
  return {
    write: (text) =>
      new Promise((resolve, reject) => {
        // The callback comes when the text has been written, so a slow disk delays the work instead of filling memory.
        stream.write(text, (error) => (error ? reject(failure(error)) : resolve()));
      }),
    async commit() {
      try {
        stream.end();
        await ended;
        await rename(staged, path);
      } catch (cause) {
        throw failure(cause);
      }
    },
    async discard() {
      stream.destroy();
      await rm(staged, { force: true });
    },
  };
}

/** Writes a file whole; throws `CC_FILE`. */
export async function writeOutput(path: string, data: string | Uint8Array): Promise<void> {
  try {
    await writeFile(path, data);
  } catch (cause) {
    throw new CandlecastError('CC_FILE', `${path} cannot be written.`, { cause });
  }
}

/**
 * Prints `text`; where `json` names a file, writes the report there as JSON too, and for `-` prints the JSON instead of the text. Throws
 * `CC_FILE`.
 */
export async function writeReport(
  json: string | undefined,
  report: unknown,
  text: string,
  out: ProgressOutput,
  indent = 2,
): Promise<void> {
  const data = `${JSON.stringify(report, null, indent)}\n`;
  if (json !== undefined && json !== '-') await writeOutput(json, data);
  out.write(json === '-' ? data : `${text}\n`);
}
