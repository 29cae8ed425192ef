import { setImmediate as nextTurn } from 'node:timers/promises';
import { type ExpressionBuilder, type Kysely, sql } from 'kysely';
import type { ScoreSums } from '../core/accuracy.ts';
import type { HorizonName } from '../core/horizon.ts';
import { type LedgerEntry, LIVE_CAUSES } from '../core/ledger.ts';
import { DAY_MS, HOUR_MS } from '../core/time.ts';
import type { Guard } from './connection.ts';
import { toEntry } from './ledger-row-mapping.ts';
import {
  bucket,
  isNewestRevision,
  OUTCOME_COLUMNS,
  type ScoredEntry,
  SUM_COLUMNS,
  toScored,
  toSums,
} from './outcome-columns.ts';
import type { LedgerFilter } from './outcome-repository.ts';
import type { Database } from './schema.ts';

/**
 * Scores of the forecasts that count from the moment they were asked for or posted. People ask in bursts, so of a coin and horizon the first
 * forecast of each hour counts, whether it was scored or not.
 */
export interface LiveOutcomeRepository {
  /** Sums of the newest scores of the forecasts that count, by UTC day of origin and bin of P(up), ascending by day. */
  sums(filter: LedgerFilter): Promise<readonly ScoreSums[]>;
  /**
   * All forecasts by cause; and of those that count, the coins with a score, those without one whose target is later than `dueMs`, and
   * those whose target is not.
   */
  counts(
    filter: LedgerFilter,
    dueMs: number,
  ): Promise<Readonly<Record<'asked' | 'posted' | 'coins' | 'waiting' | 'unscored', number>>>;
  /** The newest scored forecast of posts about a coin, from an origin not before `sinceMs`; null without one. */
  newestPosted(symbol: string, horizon: HorizonName, sinceMs: number): Promise<ScoredEntry | null>;
  /** The newest forecast of posts about a coin that has no score yet and whose target lies between two moments, both included; null without one. */
  postedFor(symbol: string, horizon: HorizonName, fromMs: number, toMs: number): Promise<LedgerEntry | null>;
}

/** Days read by one statement: a database in memory works on this thread. */
const DAYS_AT_ONCE = 7;

const hour = (column: string) => sql<number>`${sql.ref(column)} - ${sql.ref(column)} % ${sql.lit(HOUR_MS)}`;
/** Written as the index `ledger_live` has it; with variables the database would not use it. */
const isLiveRow = sql<boolean>`l.cause in (${sql.join(LIVE_CAUSES.map((cause) => sql.lit(cause)))})`;
const day = sql<number>`l.origin_ms - l.origin_ms % ${sql.lit(DAY_MS)}`;

/** Keeps of the forecasts `l` the first of its coin and horizon in each hour. */
const isFirstOfHour = (where: ExpressionBuilder<Database & { l: Database['ledger'] }, 'l'>) =>
  where.not(
    where.exists(
      where
        .selectFrom('ledger as e')
        .select('e.sequence')
        .where('e.cause', 'in', LIVE_CAUSES)
        .whereRef('e.symbol', '=', 'l.symbol')
        .whereRef('e.horizon', '=', 'l.horizon')
        .where('e.origin_ms', '>=', hour('l.origin_ms'))
        .whereRef('e.origin_ms', '<=', 'l.origin_ms')
        .where((or) =>
          or.or([or('e.origin_ms', '<', or.ref('l.origin_ms')), or('e.sequence', '<', or.ref('l.sequence'))]),
        ),
    ),
  );

/** Makes the repository. */
export function createLiveOutcomeRepository(db: Kysely<Database>, guard: Guard): LiveOutcomeRepository {
  const matching = (filter: LedgerFilter) =>
    db
      .selectFrom('ledger as l')
      .where('l.horizon', '=', filter.horizon)
      .where(isLiveRow)
      .where('l.origin_ms', '>=', filter.fromMs)
      .where('l.origin_ms', '<=', filter.toMs)
      .$if(filter.symbol !== null, (query) => query.where('l.symbol', '=', filter.symbol))
      .$if(filter.model !== null, (query) => query.where('l.model', '=', filter.model));

  /** Splits the filter into weeks that are read one by one, yielding to the event loop between them; none where there are no rows. */
  async function* weeksOf(filter: LedgerFilter): AsyncGenerator<LedgerFilter> {
    const ends = await guard('read the ledger in', () =>
      matching(filter)
        .select([sql<number | null>`min(l.origin_ms)`.as('first'), sql<number | null>`max(l.origin_ms)`.as('last')])
        .executeTakeFirstOrThrow(),
    );
    if (ends.first === null || ends.last === null) return;
    const last = Number(ends.last);
    const start = Math.floor(Number(ends.first) / DAY_MS) * DAY_MS;
    for (let fromMs = start; fromMs <= last; fromMs += DAYS_AT_ONCE * DAY_MS) {
      const untilMs = fromMs + DAYS_AT_ONCE * DAY_MS - 1;
      yield { ...filter, fromMs: Math.max(filter.fromMs, fromMs), toMs: Math.min(filter.toMs, untilMs) };
      await nextTurn();
    }
  }

  return {
    async sums(filter) {
      const weeks: ScoreSums[] = [];
      for await (const week of weeksOf(filter)) {
        const rows = await guard('read outcomes from', () =>
          matching(week)
            .where(isFirstOfHour)
            .innerJoin('outcomes as o', 'o.sequence', 'l.sequence')
            .where(isNewestRevision)
            .select([day.as('originMs'), ...SUM_COLUMNS])
            .groupBy([day, bucket])
            .orderBy(day)
            .orderBy(bucket)
            .execute(),
        );
        weeks.push(...rows.map(toSums));
      }
      return weeks;
    },

    async counts(filter, dueMs) {
      const coins = new Set<string>();
      const sums = { asked: 0, posted: 0, waiting: 0, unscored: 0 };
      for await (const week of weeksOf(filter)) {
        const all = await guard('read the ledger in', () =>
          matching(week)
            .select(['l.cause', sql<number>`count(*)`.as('n')])
            .groupBy('l.cause')
            .execute(),
        );
        for (const { cause, n } of all) sums[cause as 'asked' | 'posted'] += n;
        const state = sql<'scored' | 'waiting' | 'unscored'>`case when o.sequence is not null then 'scored'
          when l.target_ms > ${dueMs} then 'waiting' else 'unscored' end`;
        const rows = await guard('read the ledger in', () =>
          db
            .selectFrom(
              matching(week)
                .where(isFirstOfHour)
                .leftJoin('outcomes as o', (join) =>
                  join.onRef('o.sequence', '=', 'l.sequence').on('o.revision', '=', 0),
                )
                .select([state.as('state'), 'l.symbol'])
                .as('f'),
            )
            .select(['f.state', 'f.symbol', sql<number>`count(*)`.as('n')])
            .groupBy(['f.state', 'f.symbol'])
            .execute(),
        );
        for (const row of rows) {
          if (row.state === 'scored') coins.add(row.symbol);
          else sums[row.state] += row.n;
        }
      }
      return { ...sums, coins: coins.size };
    },

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
