import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CandlecastError } from '../core/errors.ts';
import type { ReplyFile } from '../render/reply.ts';

const MAX_NAME_LENGTH = 100;
/** Names that Windows keeps for devices, with any ending. */
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** Returns a name that stays in its folder, is hidden on no system and means no device. */
export function safeFileName(name: string): string {
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
export async function writeAttachments(files: readonly ReplyFile[], folder: string): Promise<readonly string[]> {
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

/** Two files of one reply never share a name, also not where case does not count. */
function freeName(name: string, taken: Set<string>): string {
  const dot = name.lastIndexOf('.');
  const [stem, ending] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
  let free = name;
  for (let n = 2; taken.has(free.toLowerCase()); n++) free = `${stem}-${n}${ending}`;
  taken.add(free.toLowerCase());
  return free;
}
