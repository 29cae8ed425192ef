import { type Kysely, sql } from 'kysely';
import { NO_HASH } from '../core/ledger.ts';
import {
  type ChainHead,
  type ChainName,
  type Checkpoint,
  COVERED_CHAINS,
  type CoveredChain,
  type HeadHashes,
} from '../core/record.ts';
import { type Bytes, hexOf } from './bytes.ts';
import type { Database } from './schema.ts';

/** The table of each chain, and its column with the numbers of rows. */
export const CHAIN_TABLES = {
  forecasts: ['ledger', 'sequence'],
  marks: ['ledger_marks', 'number'],
  outcomes: ['outcomes', 'number'],
  models: ['model_cards', 'number'],
  calls: ['call_events', 'number'],
  odds: ['odds_events', 'number'],
  checkpoints: ['checkpoints', 'number'],
} as const satisfies Readonly<Record<ChainName, readonly [keyof Database, 'sequence' | 'number']>>;

/** Chains of JSON hold their hashes as text. */
const digitsOf = (hash: Bytes | string) => (typeof hash === 'string' ? hash : hexOf(hash));

/** The end of a chain. */
export async function headOf(db: Kysely<Database>, chain: ChainName): Promise<ChainHead> {
  const [table, key] = CHAIN_TABLES[chain];
  const { rows } = await sql<{ number: number; hash: Bytes | string }>`
    select ${sql.ref(key)} as number, hash from ${sql.table(table)} order by ${sql.ref(key)} desc limit 1`.execute(db);
  const [row] = rows;
  return row ? { number: row.number, hash: digitsOf(row.hash) } : { number: 0, hash: NO_HASH };
}

/** The hash of a row; null where it is not there. */
export async function hashOf(db: Kysely<Database>, chain: ChainName, number: number): Promise<string | null> {
  const [table, key] = CHAIN_TABLES[chain];
  const { rows } = await sql<{ hash: Bytes | string }>`
    select hash from ${sql.table(table)} where ${sql.ref(key)} = ${number}`.execute(db);
  return rows[0] ? digitsOf(rows[0].hash) : null;
}

/** The hashes of the rows that a checkpoint names, `NO_HASH` where it names none; null where one is not there. */
export async function hashesAt(
  db: Kysely<Database>,
  numbers: Readonly<Record<CoveredChain, number | null>>,
): Promise<HeadHashes | null> {
  const found: Partial<Record<CoveredChain, string>> = {};
  for (const chain of COVERED_CHAINS) {
    const number = numbers[chain] ?? 0;
    const hash = number === 0 ? NO_HASH : await hashOf(db, chain, number);
    if (hash === null) return null;
    found[chain] = hash;
  }
  return found as HeadHashes;
}

/** Checkpoints with the hashes of the rows that they name, and when the forecasts before and behind each were written. */
export function checkpointsAfter(db: Kysely<Database>, after: number, limit: number) {
  return db
    .selectFrom('checkpoints as c')
    .leftJoin('ledger as l', 'l.sequence', 'c.forecasts')
    .leftJoin('ledger as next', (join) => join.on('next.sequence', '=', sql`c.forecasts + 1`))
    .leftJoin('ledger_marks as m', 'm.number', 'c.marks')
    .leftJoin('outcomes as o', 'o.number', 'c.outcomes')
    .leftJoin('model_cards as d', 'd.number', 'c.models')
    .leftJoin('call_events as k', 'k.number', 'c.calls')
    .leftJoin('odds_events as q', 'q.number', 'c.odds')
    .selectAll('c')
    .select(['l.hash as forecasts_hash', 'm.hash as marks_hash', 'o.hash as outcomes_hash', 'd.hash as models_hash'])
    .select(['k.hash as calls_hash', 'q.hash as odds_hash'])
    .select(['l.issued_at_ms as last_ms', 'next.issued_at_ms as next_ms'])
    .where('c.number', '>', after)
    .orderBy('c.number')
    .limit(limit)
    .execute();
}

/** A checkpoint, with the hashes of the rows that it names: `NO_HASH` where it names none, null where one is not there. */
export type NamedCheckpoint = Awaited<ReturnType<typeof checkpointsAfter>>[number];

/** The columns of a checkpoint alone. */
export const checkpointOf = ({
  number,
  at_ms,
  forecasts,
  marks,
  outcomes,
  models,
  calls,
  odds,
  hash,
}: NamedCheckpoint): Checkpoint => ({
  number,
  atMs: at_ms,
  forecasts,
  marks,
  outcomes,
  models,
  calls,
  odds,
  hash: hexOf(hash),
});

/** The hashes that a checkpoint's text holds; null for a row that is not there. */
export function namedHashes(row: NamedCheckpoint): Readonly<Record<CoveredChain, string | null>> {
  const hash = (number: number | null, found: Bytes | string | null) => (number ? found && digitsOf(found) : NO_HASH);
  return {
    forecasts: hash(row.forecasts, row.forecasts_hash),
    marks: hash(row.marks, row.marks_hash),
    outcomes: hash(row.outcomes, row.outcomes_hash),
    models: hash(row.models, row.models_hash),
    calls: hash(row.calls, row.calls_hash),
    odds: hash(row.odds, row.odds_hash),
  };
}
