import { type Kysely, sql } from 'kysely';
import { z } from 'zod';
import { CHAINS, type ChainHead, type ChainName, type RecordedModel } from '../core/record.ts';
import type { RecordFault, VerifiedRecord } from '../core/record-audit.ts';
import { type Bytes, hexOf } from './bytes.ts';
import type { Guard } from './connection.ts';
import { KyselyKeyvStore } from './keyv-store.ts';
import { toRecordedModel } from './ledger-row-mapping.ts';
import { headOf, type RecordParts } from './record-repository.ts';
import { schemaProblem } from './record-schema.ts';
import type { Database } from './schema.ts';
import { verifyRecord } from './verify-record.ts';

/** What an audit of the record reads beside its many rows, and what it remembers. Methods throw `CC_DATABASE`. */
export interface AuditRepository {
  heads(): Promise<Readonly<Record<ChainName, ChainHead>>>;
  /** The hash of a row; null where there is none of that number. */
  hashOf(chain: ChainName, number: number): Promise<string | null>;
  /** The number of the first outcome of the forecasts right behind that one; null where those have none. */
  firstOutcomeAfter(sequence: number): Promise<number | null>;
  /** When models were first recorded, by version. */
  models(): Promise<{ readonly byVersion: ReadonlyMap<string, number>; readonly firstMs: number | null }>;
  /** All recorded models, in the order of their numbers. */
  recordedModels(): Promise<readonly RecordedModel[]>;
  /** Verifies marks, models and checkpoints, from after the given ends; the first fault. */
  verifySmallChains(
    after: Readonly<Record<ChainName, ChainHead>> | null,
    signal?: AbortSignal,
  ): Promise<RecordFault | null>;
  /** What is wrong with tables, rules and triggers of the record, in one sentence; null where they are as migrations make them. */
  schemaProblem(): Promise<string | null>;
  /** Up to where the record was verified the last time; null where it never was. */
  verified(): Promise<VerifiedRecord | null>;
  remember(verified: VerifiedRecord): Promise<void>;
}

const TABLES: Readonly<
  Record<
    ChainName,
    readonly ['ledger', 'sequence'] | readonly ['ledger_marks' | 'outcomes' | 'model_cards' | 'checkpoints', 'number']
  >
> = {
  forecasts: ['ledger', 'sequence'],
  marks: ['ledger_marks', 'number'],
  outcomes: ['outcomes', 'number'],
  models: ['model_cards', 'number'],
  checkpoints: ['checkpoints', 'number'],
};
const KEY = 'record:verified';
/** Forecasts of some hours, among them those that come due first. */
const NEXT_ROWS = 500;

const head = z.object({ number: z.int().min(0), hash: z.string().length(64) });
const verifiedSchema = z.object({
  atMs: z.number().min(0).max(8e15),
  wholeAtMs: z.number().min(0).max(8e15).nullable(),
  heads: z.object({ forecasts: head, marks: head, outcomes: head, models: head, checkpoints: head }),
  issuedAtMs: z.number(),
  scoredAtMs: z.number(),
});

/** Makes the repository. */
export function createAuditRepository({ db, kind, guard, now }: RecordParts): AuditRepository {
  const memory = new KyselyKeyvStore({ db, kind, now, guard });
  return {
    heads: () =>
      read(guard, async () => {
        const heads = {} as Record<ChainName, ChainHead>;
        for (const chain of CHAINS) heads[chain] = await headOf(db, TABLES[chain][0], TABLES[chain][1]);
        return heads;
      }),
    hashOf: (chain, number) => read(guard, () => hashOf(db, chain, number)),
    firstOutcomeAfter: (sequence) =>
      read(guard, async () => {
        const { first } = await db
          .selectFrom('outcomes')
          .select(({ fn }) => fn.min('number').as('first'))
          .where('sequence', '>', sequence)
          .where('sequence', '<=', sequence + NEXT_ROWS)
          .executeTakeFirstOrThrow();
        return first === null ? null : Number(first);
      }),
    models: () =>
      read(guard, async () => {
        const rows = await db
          .selectFrom('model_cards')
          .select(['version', ({ fn }) => fn.min('recorded_at_ms').as('ms')])
          .groupBy('version')
          .execute();
        const byVersion = new Map(rows.map(({ version, ms }) => [version, Number(ms)]));
        return { byVersion, firstMs: rows.length === 0 ? null : Math.min(...byVersion.values()) };
      }),
    recordedModels: () =>
      read(guard, async () =>
        (await db.selectFrom('model_cards').selectAll().orderBy('number').execute()).map(toRecordedModel),
      ),
    verifySmallChains: (after, signal) =>
      read(guard, async () => {
        for (const chain of ['marks', 'models', 'checkpoints'] as const) {
          const { heads, problem } = await verifyRecord(db, { signal, chains: [chain], after });
          if (problem) return { in: chain, number: heads[chain].number + 1, text: problem };
        }
        return null;
      }),
    schemaProblem: () => read(guard, () => schemaProblem(db, kind)),
    async verified() {
      const text = await memory.get<string>(KEY);
      if (typeof text !== 'string') return null;
      try {
        return verifiedSchema.parse(JSON.parse(text));
      } catch {
        return null;
      }
    },
    async remember(verified) {
      await memory.set(KEY, JSON.stringify(verified));
    },
  };
}

const read = <T>(guard: Guard, step: () => Promise<T>) => guard('read the record in', step);

async function hashOf(db: Kysely<Database>, chain: ChainName, number: number): Promise<string | null> {
  const [table, key] = TABLES[chain];
  const { rows } = await sql<{ hash: Bytes }>`
    select hash from ${sql.table(table)} where ${sql.ref(key)} = ${number}`.execute(db);
  return rows[0] ? hexOf(rows[0].hash) : null;
}
