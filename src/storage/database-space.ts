import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { sql } from 'kysely';
import type { DatabaseSpace } from '../core/owner-report.ts';
import { type Connection, type DatabaseTarget, MEMORY_PATH } from './connection.ts';

/**
 * How much room a database has left: that of the disk of its file, or what is below `limitBytes` for PostgreSQL, whose disk cannot be seen from
 * here; null without such a limit, and in memory. Throws what the file system or the database does.
 */
export async function databaseSpace(
  target: DatabaseTarget,
  { db }: Pick<Connection, 'db'>,
  limitBytes: number | null,
): Promise<DatabaseSpace | null> {
  if (target.kind === 'postgres') {
    if (limitBytes === null) return null;
    const { rows } = await sql<{ bytes: string }>`select pg_database_size(current_database()) as bytes`.execute(db);
    const usedBytes = Number(rows[0]?.bytes ?? 0);
    return { freeBytes: limitBytes - usedBytes, usedBytes, limitBytes };
  }
  if (target.path === MEMORY_PATH) return null;
  const disk = await statfs(dirname(target.path));
  const { size } = await stat(target.path);
  return { freeBytes: disk.bavail * disk.bsize, usedBytes: size, limitBytes: null };
}
