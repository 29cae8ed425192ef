import type { Kysely } from 'kysely';
import { PROCESS_ROLES, type ProcessReport, type RunningProcess } from '../core/processes.ts';
import { type ShardRange, shardIds } from '../core/shards.ts';
import { databaseNow, type Guard } from './connection.ts';
import type { ProcessRow } from './operation-schema.ts';
import { readReport } from './process-report.ts';
import type { Database, DatabaseKind } from './schema.ts';

/** A process as it says that it runs. */
export interface Heartbeat extends Omit<RunningProcess, 'ageMs'> {
  readonly report: ProcessReport;
}

/** Who holds a shard that was asked for, and since when; null where that is not known. */
export interface HeldShard {
  readonly shard: number;
  readonly sinceMs: number | null;
}

/** Which process holds which of the bot's shards. Methods throw `CC_DATABASE`. */
export interface ShardLeases {
  /** Whether what a process has taken ends where it is not kept. */
  readonly endBySilence: boolean;
  /** Takes all shards of a range for that long, or none where another process holds one; returns the first of those, or null where they were taken. */
  takeShards(id: string, shards: ShardRange, leaseMs: number): Promise<HeldShard | null>;
  /** Extends shards that the process has taken; false where another has taken one of them since. */
  keepShards(id: string, shards: ShardRange, leaseMs: number): Promise<boolean>;
  releaseShards(id: string): Promise<void>;
  /** Whether other processes hold all shards of a range. */
  areHeldByOthers(id: string, shards: ShardRange): Promise<boolean>;
}

/**
 * The processes that share the database, and which of the bot's shards each holds. Whether one is alive is decided by the database's clock, so that the
 * clocks of their machines may differ. Methods throw `CC_DATABASE`.
 */
export interface ProcessRepository extends ShardLeases {
  /** Says that a process runs, and how it is. */
  beat(process: Heartbeat): Promise<void>;
  /** Forgets a process, and releases its shards. */
  end(id: string): Promise<void>;
  /** Those heard from within that time, the oldest first, with what they report. */
  alive(withinMs: number): Promise<readonly (RunningProcess & { readonly report: ProcessReport })[]>;
  /** Forgets those not heard from for that long; returns how many. */
  removeSilent(ms: number): Promise<number>;
}

/** Makes the repository. */
export function createProcessRepository(db: Kysely<Database>, kind: DatabaseKind, guard: Guard): ProcessRepository {
  const nowMs = databaseNow(kind);

  return {
    endBySilence: true,

    beat: ({ id, role, version, shards, connected, startedMs, report }) =>
      guard('write a process to', async () => {
        const changing = {
          first_shard: shards?.first ?? null,
          last_shard: shards?.last ?? null,
          shard_count: shards?.count ?? null,
          connected: connected ? 1 : 0,
          report: JSON.stringify(report),
          seen_ms: nowMs,
        };
        await db
          .insertInto('processes')
          .values({ id, role, version, started_ms: startedMs, ...changing })
          .onConflict((conflict) => conflict.column('id').doUpdateSet(changing))
          .execute();
      }),

    end: (id) =>
      guard('write a process to', async () => {
        await db.deleteFrom('processes').where('id', '=', id).execute();
        await db.deleteFrom('gateway_shards').where('process', '=', id).execute();
      }),

    alive: (withinMs) =>
      guard('read processes from', async () => {
        const rows = await db
          .selectFrom('processes')
          .selectAll()
          .select(nowMs.as('now_ms'))
          .where((row) => row('seen_ms', '>', row(nowMs, '-', withinMs)))
          .orderBy('started_ms')
          .orderBy('id')
          .execute();
        return rows.map(toProcess);
      }),

    removeSilent: (ms) =>
      guard('clean up', async () => {
        const gone = await db
          .deleteFrom('processes')
          .where((row) => row('seen_ms', '<', row(nowMs, '-', ms)))
          .executeTakeFirst();
        return Number(gone.numDeletedRows);
      }),

    takeShards: (id, shards, leaseMs) =>
      guard('take shards in', async () => {
        const ids = shardIds(shards);
        const taken = await db
          .transaction()
          .execute(async (transaction) => {
            const result = await transaction
              .insertInto('gateway_shards')
              .columns(['shard', 'shard_count', 'process', 'since_ms', 'until_ms'])
              .values((row) =>
                ids.map((shard) => ({
                  shard,
                  shard_count: shards.count,
                  process: id,
                  since_ms: nowMs,
                  until_ms: row(nowMs, '+', leaseMs),
                })),
              )
              .onConflict((conflict) =>
                conflict
                  .columns(['shard', 'shard_count'])
                  .doUpdateSet((row) => ({
                    process: id,
                    since_ms: row.ref('excluded.since_ms'),
                    until_ms: row.ref('excluded.until_ms'),
                  }))
                  .where((row) =>
                    row.or([row('gateway_shards.process', '=', id), row('gateway_shards.until_ms', '<=', nowMs)]),
                  ),
              )
              .executeTakeFirst();
            if (Number(result.numInsertedOrUpdatedRows ?? 0n) === ids.length) return true;
            // A part of the shards would keep them from whoever can have them all.
            throw new NotAll();
          })
          .catch((error: unknown) => {
            if (error instanceof NotAll) return false;
            throw error;
          });
        if (taken) return null;
        const held = await db
          .selectFrom('gateway_shards')
          .select(['shard', 'since_ms'])
          .where('shard_count', '=', shards.count)
          .where('shard', 'in', ids)
          .where('process', '!=', id)
          .where((row) => row('until_ms', '>', nowMs))
          .orderBy('shard')
          .executeTakeFirst();
        return { shard: held?.shard ?? shards.first, sinceMs: held?.since_ms ?? null };
      }),

    keepShards: (id, { first, last, count }, leaseMs) =>
      guard('keep shards in', async () => {
        const kept = await db
          .updateTable('gateway_shards')
          .set((row) => ({ until_ms: row(nowMs, '+', leaseMs) }))
          .where('process', '=', id)
          .where('shard_count', '=', count)
          .where('shard', '>=', first)
          .where('shard', '<=', last)
          .executeTakeFirst();
        return Number(kept.numUpdatedRows) === last - first + 1;
      }),

    areHeldByOthers: (id, { first, last, count }) =>
      guard('read shards from', async () => {
        const held = await db
          .selectFrom('gateway_shards')
          .select('shard')
          .where('shard_count', '=', count)
          .where('shard', '>=', first)
          .where('shard', '<=', last)
          .where('process', '!=', id)
          .where((row) => row('until_ms', '>', nowMs))
          .execute();
        return held.length === last - first + 1;
      }),

    releaseShards: (id) =>
      guard('release shards in', async () => {
        await db.deleteFrom('gateway_shards').where('process', '=', id).execute();
      }),
  };
}

/** Not every shard of a range could be taken. */
class NotAll extends Error {}

function toProcess(row: ProcessRow & { readonly now_ms: number }): RunningProcess & { readonly report: ProcessReport } {
  const { first_shard: first, last_shard: last, shard_count: count } = row;
  return {
    id: row.id,
    // One of a newer version may have a role that is not known here; it is shown as a worker.
    role: PROCESS_ROLES.find((role) => role === row.role) ?? 'worker',
    version: row.version,
    shards: first === null || last === null || count === null ? null : { first, last, count },
    connected: row.connected === 1,
    startedMs: row.started_ms,
    ageMs: Math.max(0, Number(row.now_ms) - row.seen_ms),
    report: readReport(row.report),
  };
}
