import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Writes a file, and the folders above it for this user alone, so that a reader sees the old file or the new one, never a part, even after `kill -9`
 * or a power cut. Throws what the file system throws, with nothing left behind.
 */
export async function writeAtomically(path: string, data: string | Uint8Array): Promise<void> {
  const staged = `${path}.${randomUUID()}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(staged, data, { flush: true });
    await rename(staged, path);
  } catch (error) {
    // The first failure is reported; removing the temporary file may fail too, where it was never written.
    await rm(staged, { force: true }).catch(() => {});
    throw error;
  }
}
