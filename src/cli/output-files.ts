import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { finished } from 'node:stream/promises';
import { CandlecastError } from '../core/errors.ts';

/** A text file written piece by piece; it takes its name only once it is whole. */
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
  // Heard of at the next write or at commit.
  ended.catch(() => {});
  return {
    write: (text) =>
      new Promise((resolve, reject) => {
        // The callback comes when the text has left memory, so a slow disk holds the work up instead of filling it.
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
