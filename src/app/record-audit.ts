import { availableParallelism } from 'node:os';
import { builtUrl } from '../core/build-path.ts';
import type { Clock } from '../core/time.ts';
import { createRecordAudit, type RecordAudit } from '../services/record/audit.ts';
import { createModelStore, readModelFile } from '../storage/model-store.ts';
import type { Storage } from '../storage/open-storage.ts';
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
/** Pages of rows live for some milliseconds: with so much memory few of their objects are copied. */
const YOUNG_MB = 192;

/** Joins the audit of the record with threads that verify ranges of rows. Close it after use. */
export function buildRecordAudit({ databaseUrl, storage, now, modelFolder = OWN_MODELS }: AuditParts): RecordAudit & {
  close(): Promise<void>;
} {
  const workers = Math.min(MAX_THREADS, availableParallelism());
  const pool = createWorkerPool<typeof task>(builtUrl('./record-audit-task.js', import.meta.url), {
    setup: { databaseUrl },
    noun: 'verification of the record',
    workers,
    youngMb: YOUNG_MB,
  });
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
      forecasts: (range, models) => pool.run('forecasts', { range, models }),
      outcomes: (range, nowMs) => pool.run('outcomes', { range, nowMs }),
      sumsProblem: (added, signal) =>
        storage.sumsProblem(signal, {
          added,
          unproven: (horizon, pieces) => pool.run('unprovenDays', { horizon, pieces }),
          compare: (range) => pool.run('compareSums', range),
          atOnce: workers,
        }),
    },
  });
  return {
    run: audit.run,
    close: () => pool.close(),
  };
}
