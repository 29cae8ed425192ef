import { closeSync, openSync } from 'node:fs';
import Sqlite from 'libsql';
import { type ShardRange, shardIds } from '../core/shards.ts';
import type { Guard } from './connection.ts';
import type { ShardLeases } from './process-repository.ts';

/** A lock of one file beside the database; null while another process holds it. Throws what SQLite throws. */
function lockFile(path: string): Sqlite.Database | null {
  // SQLite would make it readable for others.
  closeSync(openSync(path, 'a', 0o600));
  const file = new Sqlite(path, { timeout: 0 });
  try {
    // Nothing is written, so the file stays empty.
    file.exec('begin exclusive');
    return file;
  } catch (error) {
    file.close();
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY')) return null;
    throw error;
  }
}

/**
 * Shards of the processes on one SQLite file, which are on one machine: a shard is held by the lock of a file beside it, which the system takes back
 * the moment a process ends, however it ends. Nothing has to be kept, and nobody waits for a process that has died.
 */
export function createShardLocks(path: string, guard: Guard): ShardLeases {
  const held = new Map<string, Sqlite.Database>();
  const filesOf = (shards: ShardRange) =>
    shards.count === 0
      ? [{ shard: 0, file: `${path}-gateway` }]
      : shardIds(shards).map((shard) => ({ shard, file: `${path}-gateway-${shard}-of-${shards.count}` }));

  function release(files: Iterable<string>): void {
    for (const file of files) {
      held.get(file)?.close();
      held.delete(file);
    }
  }

  return {
    endBySilence: false,

    takeShards: (_id, shards) =>
      guard('take shards beside', async () => {
        const taken: string[] = [];
        try {
          for (const { shard, file } of filesOf(shards)) {
            if (held.has(file)) continue;
            const lock = lockFile(file);
            if (lock === null) {
              // A part of the shards would keep them from whoever can have them all.
              release(taken);
              return { shard, sinceMs: null };
            }
            held.set(file, lock);
            taken.push(file);
          }
        } catch (error) {
          release(taken);
          throw error;
        }
        return null;
      }),

    keepShards: async (_id, shards) => filesOf(shards).every(({ file }) => held.has(file)),

    releaseShards: async () => release([...held.keys()]),

    areHeldByOthers: (_id, shards) =>
      guard('look at shards beside', async () =>
        filesOf(shards).every(({ file }) => {
          if (held.has(file)) return false;
          const lock = lockFile(file);
          lock?.close();
          return lock === null;
        }),
      ),
  };
}
