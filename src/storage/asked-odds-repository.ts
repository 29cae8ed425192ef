import { type Kysely, sql } from 'kysely';
import type { AskedOdds, AskedOddsEnd, AskedOddsEvent } from '../core/odds.ts';
import { HOUR_MS } from '../core/time.ts';
import type { Guard } from './connection.ts';
import { createEventChain, type Ended, type EventChain } from './event-chain.ts';
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
}

/** Odds recorded of one coin in an hour: a person who asks about every level there is does not fill the record with one moment. */
export const MOST_AN_HOUR = 20;

/** The chain of odds. */
export const ODDS_CHAIN: EventChain<OddsEventRow, AskedOdds, AskedOddsEnd> = {
  table: 'odds_events',
  of: 'odds_number',
  kind: 'odds',
  noun: 'odds',
  canonical: (row) =>
    JSON.stringify({
      atMs: row.at_ms,
      body: row.body,
      number: row.number,
      odds: row.odds_number,
      previousHash: row.previous_hash,
    }),
  columnsOf: ({ symbol, originMs, targetMs }) => ({ symbol, origin_ms: originMs, target_ms: targetMs }),
  endFault: (end, { level, lastPrice }) =>
    end.kind === 'outcome' && end.touched === false && (end.actualPrice - level) * (lastPrice - level) <= 0
      ? 'says that a level was not touched on whose other side the price ended'
      : null,
};

/** Makes the repository. */
export function createAskedOddsRepository(db: Kysely<Database>, kind: DatabaseKind, guard: Guard): AskedOddsRepository {
  const { write, append, firsts, find, due, end } = createEventChain(ODDS_CHAIN, db, kind, guard);
  return {
    add: (odds, atMs) =>
      write(async (transaction) => {
        const { symbol, level, originMs, targetMs } = odds;
        const fromMs = originMs - (originMs % HOUR_MS);
        const known = await firsts(
          transaction,
          sql`symbol = ${symbol} and origin_ms >= ${fromMs} and origin_ms < ${fromMs + HOUR_MS}`,
        );
        if (known.some((one) => one.level === level && Math.abs(one.targetMs - targetMs) < HOUR_MS)) return 'again';
        if (known.length >= MOST_AN_HOUR) return 'hour-full';
        const event: AskedOddsEvent = { kind: 'odds', odds };
        return append(transaction, { symbol, origin_ms: originMs, target_ms: targetMs }, event, atMs);
      }),

    due: async (untilMs, limit) => (await due(untilMs, limit)).map(toRecorded),
    end,

    async ofCoin(symbol, fromMs, toMs) {
      const asked = sql`q.symbol = ${symbol} and q.origin_ms >= ${fromMs} and q.origin_ms <= ${toMs} order by q.number`;
      return (await find(asked)).map(toRecorded);
    },
  };
}

const toRecorded = ({ number, first, end }: Ended<OddsEventRow, AskedOdds, AskedOddsEnd>): RecordedOdds => ({
  number,
  odds: first,
  end,
});
