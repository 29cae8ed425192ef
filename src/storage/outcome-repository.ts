import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Kysely, sql } from 'kysely';
import type { ScoreSums } from '../core/accuracy.ts';
import type { Interval } from '../core/candle.ts';
import type { LedgerCause, LedgerEntry, LedgerFilter, Outcome } from '../core/ledger.ts';
import { headOf } from './chain-ends.ts';
import { type Guard, inChunks } from './connection.ts';
import { outcomeHash, toOutcomeRow } from './ledger-row-mapping.ts';
import { isNewestRevision, OUTCOME_COLUMNS, type ScoredEntry, toScored } from './outcome-columns.ts';
import type { Database, DatabaseKind } from './schema.ts';
import { type Call, dayOf, isBefore } from './score-sums.ts';
import { lockSums, refreshSums, rowsOfKind } from './score-sums-table.ts';
import { countOf, newestScoredMs, splitAtDays, tally, waitingOf } from './score-totals.ts';

/** A score beside what it is about. */
export type RecentScore = Pick<Outcome, 'sequence' | 'revision' | 'actualPrice' | 'source'> &
  Pick<LedgerEntry, 'symbol' | 'interval' | 'cause' | 'targetMs'>;

/**
 * Scores; new ones and revisions are added, none is changed. All methods but `add`, `recent` and `scoredEntry` read scheduled forecasts alone;
 * those that count from the moment they were made are read by storage/live-outcome-repository.ts.
 */
export interface OutcomeRepository {
  /** Adds scores; one that is there already (same row, same revision) is left as it is. Returns how many were added. */
  add(outcomes: readonly Outcome[]): Promise<number>;
  /** Newest score of every forecast, whatever its cause, whose target is not before a moment; of one interval where it is named. */
  recent(sinceTargetMs: number, interval?: Interval): Promise<readonly RecentScore[]>;
  /** What became of the forecasts of a filter, from the sums that are kept by day. */
  totals(filter: LedgerFilter, nowMs: number): Promise<ScheduledTotals>;
  /** The newest scored forecast. */
  newest(filter: LedgerFilter): Promise<ScoredEntry | null>;
  /** Scored forecasts of origins that are whole multiples of `stepMs`, ascending by target. */
  every(filter: LedgerFilter, stepMs: number): Promise<readonly ScoredEntry[]>;
  /** A forecast with its newest score; null where it has none. */
  scoredEntry(sequence: number): Promise<ScoredEntry | null>;
}

/** What became of scheduled forecasts. */
export interface ScheduledTotals {
  /** Of the newest scores, ascending by day; of one day several, one for each model. */
  readonly sums: readonly ScoreSums[];
  /** Numbers of the forecasts with the least and most pinball loss for their coin's usual move; null where no such move is known. */
  readonly best: number | null;
  readonly worst: number | null;
  readonly scored: number;
  /** Coins with a score. */
  readonly coins: number;
  /** Without a score: those whose target is ahead, and those whose target has passed. */
  readonly waiting: number;
  readonly unscored: number;
  /** Forecasts from closes that were only asked for, with or without a score. */
  readonly onDemand: number;
}

/** Origins that one statement names. */
const ORIGINS_AT_ONCE = 100;

/** Scores read by one statement. */
const RECENT_AT_ONCE = 1_000;

/** Makes the repository of the scores of the ledger's forecasts, and of their sums. */
export function createOutcomeRepository(db: Kysely<Database>, kind: DatabaseKind, guard: Guard): OutcomeRepository {
  const scored = (filter: LedgerFilter) =>
    rowsOfKind(db, 'scheduled', filter)
      .$if(filter.symbol !== null, (query) => query.where('l.symbol', '=', filter.symbol))
      .$if(filter.model !== null, (query) => query.where('l.model', '=', filter.model))
      .innerJoin('outcomes as o', 'o.sequence', 'l.sequence')
      .where(isNewestRevision);

  const withOutcome = (filter: LedgerFilter) => scored(filter).selectAll('l').select(OUTCOME_COLUMNS);
  /** What `recent` has read of an interval. Scores are numbered as they come and never change, so only later ones are read again. */
  const kept = new Map<
    Interval | undefined,
    { readonly sinceMs: number; readonly number: number; readonly scores: ReadonlyMap<number, RecentScore> }
  >();
  const read = async (query: ReturnType<typeof withOutcome>): Promise<ScoredEntry[]> =>
    (await guard('read outcomes from', () => query.execute())).map(toScored);

  return {
    async add(outcomes) {
      if (outcomes.length === 0) return 0;
      return guard('store outcomes in', () =>
        db.transaction().execute(async (transaction) => {
          // SQLite took the write lock at the beginning. Without one, two processes would chain to the same row.
          if (kind === 'postgres') await sql`lock table outcomes in share row exclusive mode`.execute(transaction);
          const scored: number[] = [];
          const added = await inChunks(outcomes, async (chunk) => {
            const held = await transaction
              .selectFrom('outcomes')
              .select(['sequence', 'revision'])
              .where('sequence', 'in', [...new Set(chunk.map(({ sequence }) => sequence))])
              .execute();
            const known = new Set(held.map(({ sequence, revision }) => `${sequence} ${revision}`));
            const fresh = chunk.filter(({ sequence, revision }) => !known.has(`${sequence} ${revision}`));
            if (fresh.length === 0) return 0;
            let last = await headOf(transaction, 'outcomes');
            const chained = fresh.map((outcome) => {
              const body = { ...outcome, number: last.number + 1 };
              const recorded = { ...body, hash: outcomeHash(body, last.hash) };
              last = recorded;
              return recorded;
            });
            await transaction.insertInto('outcomes').values(chained.map(toOutcomeRow)).execute();
            scored.push(...chained.map(({ sequence }) => sequence));
            return chained.length;
          });
          await lockSums(transaction, kind);
          await refreshSums(transaction, scored);
          return added;
        }),
      );
    },

    async recent(sinceTargetMs, interval) {
      const before = kept.get(interval);
      const known = before && before.sinceMs <= sinceTargetMs ? before : null;
      const scores = new Map([...(known?.scores ?? [])].filter(([, { targetMs }]) => targetMs >= sinceTargetMs));
      // Read first: a score that comes while others are read has a later number, and is read the next time.
      const { number } = await guard('read outcomes from', () => headOf(db, 'outcomes'));
      if (known && number === known.number) return [...scores.values()];
      for (let after = [sinceTargetMs - 1, 0, 0]; ; await nextTurn()) {
        const [targetMs, sequence, revision] = after;
        const rows = await guard('read outcomes from', () =>
          db
            .selectFrom('ledger as l')
            .innerJoin('outcomes as o', 'o.sequence', 'l.sequence')
            .select(['l.symbol', 'l.interval', 'l.cause', 'l.target_ms'])
            .select(['o.sequence', 'o.revision', 'o.actual_price', 'o.source'])
            .where('l.target_ms', '>=', targetMs!)
            .where(sql<boolean>`(l.target_ms, o.sequence, o.revision) > (${targetMs}, ${sequence}, ${revision})`)
            .$if(interval !== undefined, (query) => query.where('l.interval', '=', interval!))
            .$if(known !== null, (query) => query.where('o.number', '>', known!.number))
            .orderBy('l.target_ms')
            .orderBy('o.sequence')
            .orderBy('o.revision')
            .limit(RECENT_AT_ONCE)
            .execute(),
        );
        for (const row of rows) {
          scores.set(row.sequence, {
            sequence: row.sequence,
            revision: row.revision,
            symbol: row.symbol,
            interval: row.interval as Interval,
            cause: row.cause as LedgerCause,
            targetMs: row.target_ms,
            actualPrice: row.actual_price,
            source: row.source,
          });
        }
        const last = rows.at(-1);
        if (!last || rows.length < RECENT_AT_ONCE) break;
        after = [last.target_ms, last.sequence, last.revision];
      }
      kept.set(interval, { sinceMs: sinceTargetMs, number, scores });
      return [...scores.values()];
    },

    totals: (filter, nowMs) =>
      guard('read the ledger in', async () => {
        const split = await splitAtDays(db, filter);
        const { issued, scored, days, coins } = await tally({ db, kind }, 'scheduled', filter, split);
        const waiting = await waitingOf(db, 'scheduled', filter, nowMs);
        const onDemand = await countOf(db, 'on-demand', filter, split);
        const extreme = (calls: readonly (Call | null)[], sign: 1 | -1) =>
          calls.reduce((first, call) => (call && isBefore(call, first, sign) ? call : first), null)?.sequence ?? null;
        return {
          sums: days,
          best: extreme(
            days.map(({ best }) => best),
            1,
          ),
          worst: extreme(
            days.map(({ worst }) => worst),
            -1,
          ),
          scored,
          coins: coins.size,
          waiting,
          unscored: issued - scored - waiting,
          onDemand,
        };
      }),

    async newest(filter) {
      const toMs = await guard('read the ledger in', () => newestScoredMs(db, filter));
      if (toMs === null) return null;
      const range = { ...filter, fromMs: Math.max(filter.fromMs, dayOf(toMs)) };
      const [found] = await read(withOutcome(range).orderBy('l.origin_ms', 'desc').orderBy('l.sequence').limit(1));
      return found ?? null;
    },

    async every(filter, stepMs) {
      const origins: number[] = [];
      for (let ms = Math.ceil(filter.fromMs / stepMs) * stepMs; ms <= filter.toMs; ms += stepMs) origins.push(ms);
      const found: ScoredEntry[] = [];
      for (let start = 0; start < origins.length; start += ORIGINS_AT_ONCE) {
        const chunk = origins.slice(start, start + ORIGINS_AT_ONCE);
        found.push(...(await read(withOutcome(filter).where('l.origin_ms', 'in', chunk))));
        await nextTurn();
      }
      return found.sort((a, b) => a.entry.targetMs - b.entry.targetMs || a.entry.sequence - b.entry.sequence);
    },

    async scoredEntry(sequence) {
      const query = db
        .selectFrom('ledger as l')
        .innerJoin('outcomes as o', 'o.sequence', 'l.sequence')
        .where(isNewestRevision)
        .selectAll('l')
        .select(OUTCOME_COLUMNS)
        .where('l.sequence', '=', sequence);
      const row = await guard('read outcomes from', () => query.executeTakeFirst());
      return row ? toScored(row) : null;
    },
  };
}
