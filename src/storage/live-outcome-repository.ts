import type { Kysely } from 'kysely';
import type { ScoreSums } from '../core/accuracy.ts';
import type { HorizonName } from '../core/horizon.ts';
import type { LedgerEntry, LedgerFilter } from '../core/ledger.ts';
import type { Guard } from './connection.ts';
import { toEntry } from './ledger-row-mapping.ts';
import { isNewestRevision, OUTCOME_COLUMNS, type ScoredEntry, toScored } from './outcome-columns.ts';
import type { Database, DatabaseKind } from './schema.ts';
import { countOf, splitAtDays, tally, waitingOf } from './score-totals.ts';

/**
 * Scores of the forecasts that count from the moment they were asked for or posted. People ask in bursts, so of a coin and horizon the first
 * forecast of each hour counts, whether it was scored or not.
 */
export interface LiveOutcomeRepository {
  /** What became of the forecasts of a filter that count, from the sums that are kept by day, and of all by cause. */
  totals(filter: LedgerFilter, dueMs: number): Promise<LiveTotals>;
  /** The newest scored forecast of posts about a coin, from an origin not before `sinceMs`; null without one. */
  newestPosted(symbol: string, horizon: HorizonName, sinceMs: number): Promise<ScoredEntry | null>;
  /** The newest forecast of posts about a coin that has no score yet and whose target lies between two moments, both included; null without one. */
  postedFor(symbol: string, horizon: HorizonName, fromMs: number, toMs: number): Promise<LedgerEntry | null>;
}

/** What became of forecasts that were asked for and posted. */
export interface LiveTotals {
  /** Of the newest scores of those that count, ascending by day; of one day several, one for each model. */
  readonly sums: readonly ScoreSums[];
  /** All forecasts by cause. */
  readonly asked: number;
  readonly posted: number;
  /** Coins with a score. */
  readonly coins: number;
  /** Of those that count and have no score: those whose target is later than `dueMs`, and those whose target is not. */
  readonly waiting: number;
  readonly unscored: number;
}

/** Makes the repository. */
export function createLiveOutcomeRepository(
  db: Kysely<Database>,
  kind: DatabaseKind,
  guard: Guard,
): LiveOutcomeRepository {
  return {
    totals: (filter, dueMs) =>
      guard('read the ledger in', async () => {
        const split = await splitAtDays(db, filter);
        const { issued, scored, days, coins } = await tally({ db, kind }, 'live', filter, split);
        const waiting = await waitingOf(db, 'live', filter, dueMs);
        return {
          sums: days,
          asked: await countOf(db, 'asked', filter, split),
          posted: await countOf(db, 'posted', filter, split),
          coins: coins.size,
          waiting,
          unscored: issued - scored - waiting,
        };
      }),

    async newestPosted(symbol, horizon, sinceMs) {
      const row = await guard('read outcomes from', () =>
        db
          .selectFrom('ledger as l')
          .innerJoin('outcomes as o', 'o.sequence', 'l.sequence')
          .where(isNewestRevision)
          .selectAll('l')
          .select(OUTCOME_COLUMNS)
          .where('l.symbol', '=', symbol)
          .where('l.horizon', '=', horizon)
          .where('l.cause', '=', 'posted')
          .where('l.origin_ms', '>=', sinceMs)
          .orderBy('l.origin_ms', 'desc')
          .orderBy('l.sequence')
          .limit(1)
          .executeTakeFirst(),
      );
      return row ? toScored(row) : null;
    },

    async postedFor(symbol, horizon, fromMs, toMs) {
      const row = await guard('read the ledger in', () =>
        db
          .selectFrom('ledger as l')
          .selectAll('l')
          .where('l.symbol', '=', symbol)
          .where('l.horizon', '=', horizon)
          .where('l.cause', '=', 'posted')
          .where('l.target_ms', '>=', fromMs)
          .where('l.target_ms', '<=', toMs)
          .where((where) =>
            where.not(
              where.exists(
                where.selectFrom('outcomes as o').select('o.revision').whereRef('o.sequence', '=', 'l.sequence'),
              ),
            ),
          )
          .orderBy('l.target_ms', 'desc')
          .orderBy('l.sequence')
          .limit(1)
          .executeTakeFirst(),
      );
      return row ? toEntry(row) : null;
    },
  };
}
