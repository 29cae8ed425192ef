import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** The commit the program was built from, for the card; null outside a checkout. */
export async function gitCommit(): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)('git', ['rev-parse', '--short=12', 'HEAD'], { timeout: 5_000 });
    return stdout.trim() || null;
  } catch {
    // No git, or no checkout: the card says so.
    return null;
  }
}
