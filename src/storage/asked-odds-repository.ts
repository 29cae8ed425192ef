import { createHash } from 'node:crypto';
import { type Kysely, sql, type Transaction } from 'kysely';
import { NO_HASH } from '../core/ledger.ts';
import type { AskedOdds, AskedOddsEnd, AskedOddsEvent } from '../core/odds.ts';
import { HOUR_MS } from '../core/time.ts';
import type { Guard } from './connection.ts';
import { type ChainVerdict, verifyEvents } from './event-chain.ts';
import type { OddsEventRow } from './personal-schema.ts';
import type { Database, DatabaseKind } from './schema.ts';

/** Odds that were asked for, with what came of them if anything has. */
export interface RecordedOdds {
  readonly number: number;
  readonly odds: AskedOdds;
  readonly end: AskedOddsEnd | null;
}

/**
 * Odds that people asked for, and what came of them: one chain of rows that are only ever added. Nothing in it says who asked. Methods throw
 * `CC_DATABASE`.
 */
export interface AskedOddsRepository {
  /** Freezes odds; their number, or why they are not taken: the same question, or {@link MOST_AN_HOUR} others, about the coin in that hour. */
  add(odds: AskedOdds, atMs: number): Promise<number | 'again' | 'hour-full'>;
  /** Odds without an end whose target is over by `untilMs`, the oldest first. */
  due(untilMs: number, limit: number): Promise<readonly RecordedOdds[]>;
  /** Adds the end of odds, once each. Returns how many were added. */
  end(ends: readonly { readonly number: number; readonly event: AskedOddsEnd }[], atMs: number): Promise<number>;
  /** Odds of a coin from origins of a range, both ends included, in the order in which they were asked for. */
  ofCoin(symbol: string, fromMs: number, toMs: number): Promise<readonly RecordedOdds[]>;
  /** Rows of the chain after a number, in order, as they are kept. */
  rows(after: number, limit: number): Promise<readonly OddsEventRow[]>;
  /** Verifies the chain; the first fault in words, or null. */
  verify(): Promise<ChainVerdict>;
}

/** Odds recorded of one coin in an hour: a person who asks about every level there is does not fill the record with one moment. */
export const MOST_AN_HOUR = 20;

/** The text whose SHA-256 is the hash of a row: RFC 8785 (JSON Canonicalization Scheme), as that of the record's rows. */
export const canonicalOdds = (row: Omit<OddsEventRow, 'hash'>): string =>
  JSON.stringify({
    atMs: row.at_ms,
    body: row.body,
    number: row.number,
    odds: row.odds_number,
    previousHash: row.previous_hash,
  });

const hashOf = (row: Omit<OddsEventRow, 'hash'>) =>
  createHash('sha256').update(canonicalOdds(row), 'utf8').digest('hex');

/** Makes the repository. */
export function createAskedOddsRepository(db: Kysely<Database>, kind: DatabaseKind, guard: Guard): AskedOddsRepository {
  const write = <T>(step: (transaction: Transaction<Database>) => Promise<T>) =>
    guard('store odds in', () =>
      db.transaction().execute(async (transaction) => {
        // SQLite took the write lock at the beginning. Without one, two processes would chain to the same row.
        if (kind === 'postgres') await sql`lock table odds_events in share row exclusive mode`.execute(transaction);
        return step(transaction);
      }),
    );

  /** Adds a row; `of` is the row of the odds that it ends. */
  async function append(
    transaction: Transaction<Database>,
    event: AskedOddsEvent,
    of: Pick<OddsEventRow, 'symbol' | 'origin_ms' | 'target_ms'> & { readonly number: number | null },
    atMs: number,
  ): Promise<number> {
    const last = await transaction
      .selectFrom('odds_events')
      .select(['number', 'hash'])
      .orderBy('number', 'desc')
      .limit(1)
      .executeTakeFirst();
    const number = (last?.number ?? 0) + 1;
    const { symbol, origin_ms, target_ms } = of;
    const row = {
      number,
      odds_number: of.number ?? number,
      kind: event.kind,
      at_ms: atMs,
      symbol,
      origin_ms,
      target_ms,
      body: JSON.stringify(event),
      previous_hash: last?.hash ?? NO_HASH,
    };
    await transaction
      .insertInto('odds_events')
      .values({ ...row, hash: hashOf(row) })
      .execute();
    return number;
  }

  const oddsWithEnds = () =>
    db
      .selectFrom('odds_events as q')
      .leftJoin('odds_events as e', (join) => join.onRef('e.odds_number', '=', 'q.number').on('e.kind', '<>', 'odds'))
      .select(['q.number', 'q.body', 'e.body as end_body'])
      .where('q.kind', '=', 'odds');

  const rowsAfter = (after: number, limit: number) =>
    guard('read odds from', () =>
      db.selectFrom('odds_events').selectAll().where('number', '>', after).orderBy('number').limit(limit).execute(),
    );

  return {
    add: (odds, atMs) =>
      write(async (transaction) => {
        const { symbol, level, originMs, targetMs } = odds;
        const fromMs = originMs - (originMs % HOUR_MS);
        const rows = await transaction
          .selectFrom('odds_events')
          .select('body')
          .where('symbol', '=', symbol)
          .where('kind', '=', 'odds')
          .where('origin_ms', '>=', fromMs)
          .where('origin_ms', '<', fromMs + HOUR_MS)
          .execute();
        const known = rows.map(({ body }) => oddsOf(body));
        if (known.some((one) => one.level === level && Math.abs(one.targetMs - targetMs) < HOUR_MS)) return 'again';
        if (known.length >= MOST_AN_HOUR) return 'hour-full';
        const of = { symbol, origin_ms: originMs, target_ms: targetMs, number: null };
        return append(transaction, { kind: 'odds', odds }, of, atMs);
      }),

    due: (untilMs, limit) =>
      guard('read odds from', async () => {
        const rows = await oddsWithEnds()
          .where('q.target_ms', '<=', untilMs)
          .where('e.number', 'is', null)
          .orderBy('q.target_ms')
          .orderBy('q.number')
          .limit(limit)
          .execute();
        return rows.map(toRecorded);
      }),

    end: (ends, atMs) =>
      write(async (transaction) => {
        let added = 0;
        for (const { number, event } of ends) {
          const rows = await transaction
            .selectFrom('odds_events')
            .select(['kind', 'symbol', 'origin_ms', 'target_ms'])
            .where('odds_number', '=', number)
            .execute();
          const odds = rows.find((row) => row.kind === 'odds');
          if (!odds || rows.length > 1) continue;
          await append(transaction, event, { ...odds, number }, atMs);
          added++;
        }
        return added;
      }),

    ofCoin: (symbol, fromMs, toMs) =>
      guard('read odds from', async () => {
        const rows = await oddsWithEnds()
          .where('q.symbol', '=', symbol)
          .where('q.origin_ms', '>=', fromMs)
          .where('q.origin_ms', '<=', toMs)
          .orderBy('q.number')
          .execute();
        return rows.map(toRecorded);
      }),

    rows: rowsAfter,

    verify: () => verifyEvents((number) => `Row ${number} of the odds`, rowsAfter, isIntact),
  };
}

/** Whether a row has its hash, and its columns say what its body does. */
function isIntact(row: OddsEventRow): boolean {
  if (hashOf(row) !== row.hash) return false;
  // What has its hash was written by this program, and can be read.
  const event = JSON.parse(row.body) as AskedOddsEvent;
  if (event.kind !== row.kind) return false;
  if (event.kind !== 'odds') return true;
  const { symbol, originMs, targetMs } = event.odds;
  return symbol === row.symbol && originMs === row.origin_ms && targetMs === row.target_ms;
}

function oddsOf(body: string): AskedOdds {
  const event = JSON.parse(body) as AskedOddsEvent;
  if (event.kind !== 'odds') throw new TypeError('the row holds no odds');
  return event.odds;
}

function toRecorded(row: {
  readonly number: number;
  readonly body: string;
  readonly end_body: string | null;
}): RecordedOdds {
  return {
    number: row.number,
    odds: oddsOf(row.body),
    end: row.end_body === null ? null : (JSON.parse(row.end_body) as AskedOddsEnd),
  };
}
