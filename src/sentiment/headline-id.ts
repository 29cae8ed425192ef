import { createHash } from 'node:crypto';

/** The id a headline is kept under: the same for the same outlet and guid, 32 hexadecimal digits. */
export function headlineId(outlet: string, guid: string): string {
  return createHash('sha256').update(`${outlet}\n${guid}`).digest('hex').slice(0, 32);
}
