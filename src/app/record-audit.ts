import { availableParallelism } from 'node:os';
import type { Clock } from '../core/time.ts';
import { createRecordAudit, type RecordAudit } from '../services/record/audit.ts';
import { createModelStore, readModelFile } from '../storage/model-store.ts';
import type { Storage } from '../storage/open-storage.ts';
import { builtUrl } from '../workers/worker-channel.ts';
import { createWorkerPool } from '../workers/worker-pool.ts';
import { shippedModelPath } from './models.ts';
import { OWN_MODELS } from './own-models.ts';
import type { task } from './record-audit-task.ts';

/** What an audit of a database is built from. */
export interface AuditParts {
  /** `DATABASE_URL`: each worker reads by a connection of its own. */
  readonly databaseUrl: string;
  readonly storage: Pick<Storage, 'kind' | 'audit' | 'models' | 'sumsProblem'>;
  readonly now: Clock;
  /** Folder of the models made here, where they are no rows of PostgreSQL; by default the bot's. */
  readonly modelFolder?: string;
}

/** More threads wait for the disk, or for the server. */
const MAX_THREADS = 8;
/** Rows live until their page is put into columns. With more memory for new objects they leave the processor's cache, which costs some per cent. */
const YOUNG_MB = 24;

/** Joins the audit of the record with threads that verify ranges of rows. Close it after use. */
export function buildRecordAudit({ databaseUrl, storage, now, modelFolder = OWN_MODELS }: AuditParts): RecordAudit & {
  close(): Promise<void>;
} {
  const workers = Math.min(MAX_THREADS, availableParallelism());
  // One pool for each thread, so that the blocks of a run come to the thread that holds the forecasts before them.
  const pools = Array.from({ length: workers }, () =>
    createWorkerPool<typeof task>(builtUrl('./record-audit-task.js', import.meta.url), {
      setup: { databaseUrl },
      noun: 'verification of the record',
      youngMb: YOUNG_MB,
    }),
  );
  const idle = [...pools];
  const inThread = async <T>(work: (pool: (typeof pools)[number]) => Promise<T>): Promise<T> => {
    const pool = idle.shift() ?? pools[0]!;
    try {
      return await work(pool);
    } finally {
      idle.unshift(pool);
    }
  };
  const isTable = storage.kind === 'postgres';
  const kept = isTable ? storage.models : createModelStore(modelFolder);
  const audit = createRecordAudit({
    store: storage.audit,
    now,
    models: {
      own: ({ interval, version }) => ({
        path: isTable ? 'its row in the database' : `${modelFolder}/${interval}/${version}.json`,
        read: () => kept.read(interval, version),
      }),
      shipped: ({ interval }) => ({
        path: `models/${interval}.json of the program`,
        read: () => readModelFile(shippedModelPath(interval)),
      }),
    },
    ranges: {
      atOnce: workers,
      run: (blocks, { models, nowMs, signal }, onResult) =>
        inThread(async (pool) => {
          for (const block of blocks) {
            signal?.throwIfAborted();
            onResult(block, await pool.run('block', { block, models, nowMs }));
          }
        }),
      sumsProblem: (added, signal) =>
        storage.sumsProblem(signal, {
          added,
          unproven: (horizon, pieces) => inThread((pool) => pool.run('unprovenDays', { horizon, pieces })),
          compare: (range) => inThread((pool) => pool.run('compareSums', range)),
          atOnce: workers,
        }),
    },
  });
  return {
    run: audit.run,
    close: async () => void (await Promise.all(pools.map((pool) => pool.close()))),
  };
}
