import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import { isWithinWriteWindow, type LedgerForecast, NO_HASH } from '../core/ledger.ts';
import { CHAINS, type ChainHead, type ChainName, type HeadHashes, type RecordVerdict } from '../core/record.ts';
import { type Bytes, hexOf } from './bytes.ts';
import {
  checkpointHash,
  entryHash,
  markHash,
  modelHash,
  outcomeHash,
  toCheckpoint,
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
const NOUNS: Readonly<Record<ChainName, string>> = {
  forecasts: 'Row',
  marks: 'Mark',
  outcomes: 'Outcome',
  models: 'Model',
  checkpoints: 'Checkpoint',
};

/** Verifies every chain from its first row and stops at the first fault. */
export async function verifyRecord(db: Kysely<Database>, signal?: AbortSignal): Promise<RecordVerdict> {
  const heads = Object.fromEntries(CHAINS.map((chain) => [chain, { number: 0, hash: NO_HASH }])) as Record<
    ChainName,
    ChainHead
  >;
  /** Follows one chain; `read` reads what comes after a number, `link` makes a row a link. */
  async function follow<Row extends { readonly number: number; readonly hash: Bytes }>(
    chain: ChainName,
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
  const checkpoints = () =>
    follow(
      'checkpoints',
      (after) =>
        db
          .selectFrom('checkpoints')
          .selectAll()
          .where('number', '>', after)
          .orderBy('number')
          .limit(CHUNK_ROWS)
          .execute(),
      async (row, previousHash) => {
        const { hash, ...body } = toCheckpoint(row);
        const hashes = await hashesAt(db, body);
        if (hashes === null) {
          return { number: row.number, hash, expected: hash, problem: 'names rows that are not there any more' };
        }
        return { number: row.number, hash, expected: checkpointHash(body, hashes, previousHash) };
      },
    );
  for (const verify of [forecasts, marks, outcomes, models, checkpoints]) {
    const problem = await verify();
    if (problem) return { heads, problem };
  }
  return { heads, problem: null };
}

/** The hashes of the rows that a checkpoint names; null where one is not there. */
export async function hashesAt(
  db: Kysely<Database>,
  { forecasts, marks, outcomes, models }: Readonly<Record<'forecasts' | 'marks' | 'outcomes' | 'models', number>>,
): Promise<HeadHashes | null> {
  const hash = async (row: Promise<{ readonly hash: Bytes } | undefined>, number: number) => {
    if (number === 0) return NO_HASH;
    const found = await row;
    return found ? hexOf(found.hash) : null;
  };
  const found = {
    forecasts: await hash(
      db.selectFrom('ledger').select('hash').where('sequence', '=', forecasts).executeTakeFirst(),
      forecasts,
    ),
    marks: await hash(
      db.selectFrom('ledger_marks').select('hash').where('number', '=', marks).executeTakeFirst(),
      marks,
    ),
    outcomes: await hash(
      db.selectFrom('outcomes').select('hash').where('number', '=', outcomes).executeTakeFirst(),
      outcomes,
    ),
    models: await hash(
      db.selectFrom('model_cards').select('hash').where('number', '=', models).executeTakeFirst(),
      models,
    ),
  };
  return Object.values(found).includes(null) ? null : (found as HeadHashes);
}
