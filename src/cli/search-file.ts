import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CandlecastError } from '../core/errors.ts';

/** A search's file is far smaller; anything larger is not ours. */
const LARGEST_BYTES = 64 * 1024 * 1024;

/** Reads a search's file; null when there is none yet. Throws `CC_SEARCH_FILE` when it is too large, `CC_FILE` when it cannot be read. */
export async function readSearchFile(path: string): Promise<string | null> {
  try {
    if ((await stat(path)).size > LARGEST_BYTES) {
      throw new CandlecastError('CC_SEARCH_FILE', `${path} is too large to be a search.`);
    }
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (cause instanceof CandlecastError) throw cause;
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null;
    throw new CandlecastError('CC_FILE', `${path} cannot be read.`, { cause });
  }
}

/**
 * Writes a search's file so that whoever reads it sees the old one or the new one, never half, even after `kill -9` or a power cut. Throws
 * `CC_FILE`.
 */
export async function writeSearchFile(path: string, text: string): Promise<void> {
  const staged = `${path}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(staged, text, { flush: true });
    await rename(staged, path);
  } catch (cause) {
    await rm(staged, { force: true });
    throw new CandlecastError('CC_FILE', `The search could not be written to ${path}.`, { cause });
  }
}
