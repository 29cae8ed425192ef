import { z } from 'zod';
import { NO_HASH } from '../core/ledger.ts';
import { CHAINS, type ChainHead, type ChainName, type RecordedModel } from '../core/record.ts';
import type { RecordFault, VerifiedRecord } from '../core/record-audit.ts';
import { hashOf, headOf } from './chain-ends.ts';
import type { Guard } from './connection.ts';
import { KyselyKeyvStore } from './keyv-store.ts';
import { toRecordedModel } from './ledger-row-mapping.ts';
import type { RecordParts } from './record-repository.ts';
import { schemaProblem } from './record-schema.ts';
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
  /** Verifies marks, models, calls, odds and checkpoints, from after the given ends; the first fault of each. */
  verifySmallChains(
    after: Readonly<Record<ChainName, ChainHead>> | null,
    signal?: AbortSignal,
  ): Promise<readonly RecordFault[]>;
  /** What is wrong with tables, rules and triggers of the record, in one sentence; null where they are as migrations make them. */
  schemaProblem(): Promise<string | null>;
  /** Up to where the record was verified the last time; null where it never was. */
  verified(): Promise<VerifiedRecord | null>;
  remember(verified: VerifiedRecord): Promise<void>;
}

const KEY = 'record:verified';
/** Forecasts of some hours, among them those that come due first. */
const NEXT_ROWS = 500;

const head = z.object({ number: z.int().min(0), hash: z.string().length(64) });
// An earlier version did not verify these chains with the others: then they are walked from their beginning.
const laterHead = head.default({ number: 0, hash: NO_HASH });
const verifiedSchema = z.object({
  atMs: z.number().min(0).max(8e15),
  wholeAtMs: z.number().min(0).max(8e15).nullable(),
  heads: z.object({
    forecasts: head,
    marks: head,
    outcomes: head,
    models: head,
    calls: laterHead,
    odds: laterHead,
    checkpoints: head,
  }),
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
        for (const chain of CHAINS) heads[chain] = await headOf(db, chain);
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
        const faults: RecordFault[] = [];
        for (const chain of ['marks', 'models', 'calls', 'odds', 'checkpoints'] as const) {
          const { heads, problem } = await verifyRecord(db, { signal, chains: [chain], after });
          if (problem) faults.push({ in: chain, number: heads[chain].number + 1, text: problem });
        }
        return faults;
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
