import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import { CLOCK_TOLERANCE_MS, isWithinWriteWindow, type LedgerForecast, NO_HASH } from '../core/ledger.ts';
import {
  CHAINS,
  type ChainHead,
  type ChainName,
  type Checkpoint,
  COVERED_CHAINS,
  type HeadHashes,
  type RecordVerdict,
} from '../core/record.ts';
import { ODDS_CHAIN } from './asked-odds-repository.ts';
import { type Bytes, hexOf } from './bytes.ts';
import { CALL_CHAIN } from './call-repository.ts';
import { checkpointOf, checkpointsAfter, type NamedCheckpoint, namedHashes } from './chain-ends.ts';
import { type EventChain, type EventRow, verifyEventChain } from './event-chain.ts';
import {
  checkpointHash,
  entryHash,
  markHash,
  modelHash,
  outcomeHash,
  toEntry,
  toMark,
  toRecordedModel,
  toRecordedOutcome,
} from './ledger-row-mapping.ts';
import type { Database } from './schema.ts';

/** Rows read by one query, and so the most that are in memory. */
const CHUNK_ROWS = 1_000;

/** A row of any chain: its number and hash, the hash that it should have, and what else is wrong with it. */
interface Link {
  readonly number: number;
  readonly hash: string;
  readonly expected: string;
  readonly problem?: string | null;
}

/** How rows of a chain are named. */
const NOUNS: Readonly<Record<Exclude<ChainName, 'calls' | 'odds'>, string>> = {
  forecasts: 'Row',
  marks: 'Mark',
  outcomes: 'Outcome',
  models: 'Model',
  checkpoints: 'Checkpoint',
};

/** Which chains are verified, and from after which rows: all of them from the first row. */
export interface VerifyOptions {
  readonly signal?: AbortSignal | undefined;
  readonly chains?: readonly ChainName[];
  readonly after?: Readonly<Record<ChainName, ChainHead>> | null;
}

/** Verifies the chains one after the other and stops at the first fault. */
export async function verifyRecord(
  db: Kysely<Database>,
  { signal, chains = CHAINS, after = null }: VerifyOptions = {},
): Promise<RecordVerdict> {
  const none = Object.fromEntries(CHAINS.map((chain) => [chain, { number: 0, hash: NO_HASH }]));
  const heads = { ...(after ?? none) } as Record<ChainName, ChainHead>;
  /** Follows one chain; `read` reads what comes after a number, `link` makes a row a link. */
  async function follow<Row extends { readonly number: number; readonly hash: Bytes }>(
    chain: keyof typeof NOUNS,
    read: (after: number) => Promise<readonly Row[]>,
    link: (row: Row, previousHash: string) => Link | Promise<Link>,
  ): Promise<string | null> {
    for (;;) {
      signal?.throwIfAborted();
      const rows = await read(heads[chain].number);
      for (const row of rows) {
        const before = heads[chain];
        const at = `${NOUNS[chain]} ${before.number + 1}`;
        if (row.number !== before.number + 1) return `${at} is missing.`;
        let found: Link;
        try {
          found = await link(row, before.hash);
        } catch {
          return `${at} has been changed: it holds no numbers.`;
        }
        if (found.expected !== found.hash) return `${at} has been changed, or does not follow the one before it.`;
        if (found.problem) return `${at} ${found.problem}.`;
        heads[chain] = { number: row.number, hash: found.hash };
      }
      if (rows.length < CHUNK_ROWS) return null;
      await nextTurn();
    }
  }
  const forecasts = () =>
    follow(
      'forecasts',
      (after) =>
        db
          .selectFrom('ledger')
          .selectAll()
          .select('sequence as number')
          .where('sequence', '>', after)
          .orderBy('sequence')
          .limit(CHUNK_ROWS)
          .execute(),
      ({ number, ...row }, previousHash) => {
        const { hash, ...body } = toEntry(row);
        const late = isWithinWriteWindow(body, body.cause, body.issuedAtMs) ? null : 'was written too late to count';
        return { number, hash, expected: entryHash(body, previousHash), problem: late };
      },
    );
  const marks = () =>
    follow(
      'marks',
      (after) =>
        db
          .selectFrom('ledger_marks as m')
          .leftJoin('ledger as l', 'l.sequence', 'm.sequence')
          .selectAll('m')
          .select(['l.hash as entry_hash', 'l.cause', 'l.interval', 'l.origin_ms', 'l.target_ms'])
          .where('m.number', '>', after)
          .orderBy('m.number')
          .limit(CHUNK_ROWS)
          .execute(),
      ({ entry_hash, cause, interval, origin_ms, target_ms, ...row }, previousHash) => {
        const { hash, ...body } = toMark(row);
        const forecast = { interval, originMs: origin_ms, targetMs: target_ms } as LedgerForecast;
        const isMarked = entry_hash !== null && body.rowHash === hexOf(entry_hash) && cause === 'on-demand';
        const inTime = isWithinWriteWindow(forecast, 'scheduled', body.markedAtMs);
        const problem = isMarked
          ? inTime
            ? null
            : 'came too late to count'
          : 'belongs to no row that was asked for on demand';
        return { number: row.number, hash, expected: markHash(body, previousHash), problem };
      },
    );
  const outcomes = () =>
    follow(
      'outcomes',
      (after) =>
        db.selectFrom('outcomes').selectAll().where('number', '>', after).orderBy('number').limit(CHUNK_ROWS).execute(),
      (row, previousHash) => {
        const { hash, ...body } = toRecordedOutcome(row);
        return { number: row.number, hash, expected: outcomeHash(body, previousHash) };
      },
    );
  const models = () =>
    follow(
      'models',
      (after) =>
        db
          .selectFrom('model_cards')
          .selectAll()
          .where('number', '>', after)
          .orderBy('number')
          .limit(CHUNK_ROWS)
          .execute(),
      (row, previousHash) => {
        const { hash, ...body } = toRecordedModel(row);
        return { number: row.number, hash, expected: modelHash(body, previousHash) };
      },
    );
  const checkpoints = () => {
    let previous: Omit<Checkpoint, 'hash'> | null = null;
    return follow(
      'checkpoints',
      (after) => checkpointsAfter(db, after, CHUNK_ROWS),
      (row, previousHash) => {
        const { hash, ...body } = checkpointOf(row);
        const hashes = namedHashes(row);
        if (Object.values(hashes).includes(null)) {
          return { number: row.number, hash, expected: hash, problem: 'names rows that are not there any more' };
        }
        const problem =
          timeProblem(row) ??
          (previous && goesBack(previous, body) ? 'counts fewer rows than the one before it' : null);
        previous = body;
        return {
          number: row.number,
          hash,
          expected: checkpointHash(body, hashes as HeadHashes, previousHash),
          problem,
        };
      },
    );
  };
  const events = (chain: 'calls' | 'odds') => async () => {
    const walk = <Row extends EventRow, First, End extends { readonly kind: string }>(
      of: EventChain<Row, First, End>,
    ) => verifyEventChain(db, of, heads[chain], signal);
    const { head, problem } = await (chain === 'calls' ? walk(CALL_CHAIN) : walk(ODDS_CHAIN));
    heads[chain] = head;
    return problem;
  };
  const followers = { forecasts, marks, outcomes, models, calls: events('calls'), odds: events('odds'), checkpoints };
  for (const chain of chains) {
    const problem = await followers[chain]();
    if (problem) return { heads, problem };
  }
  return { heads, problem: null };
}

/** What is wrong with the time of a checkpoint beside those of the forecasts around it. */
function timeProblem({ at_ms, last_ms, next_ms }: NamedCheckpoint): string | null {
  if (last_ms !== null && last_ms > at_ms + CLOCK_TOLERANCE_MS) return 'is older than a forecast that it counts';
  if (next_ms !== null && next_ms < at_ms - CLOCK_TOLERANCE_MS) {
    return 'does not count a forecast that says it was written before it: that was put in later';
  }
  return null;
}

/** Whether a checkpoint names fewer rows of a chain than the one before it; those of earlier versions name none of some. */
const goesBack = (before: Omit<Checkpoint, 'hash'>, next: Omit<Checkpoint, 'hash'>) =>
  COVERED_CHAINS.some((chain) => next[chain] !== null && next[chain] < (before[chain] ?? 0));
