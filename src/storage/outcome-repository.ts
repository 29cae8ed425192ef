import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Kysely, sql } from 'kysely';
import type { ScoreSums } from '../core/accuracy.ts';
import { INTERVAL_MS, type Interval } from '../core/candle.ts';
import { HORIZONS, type HorizonName } from '../core/horizon.ts';
import type { LedgerCause, LedgerEntry, Outcome } from '../core/ledger.ts';
import { type Guard, inChunks } from './connection.ts';
import { outcomeHash, toOutcomeRow } from './ledger-row-mapping.ts';
import {
  bucket,
  isNewestRevision,
  OUTCOME_COLUMNS,
  type ScoredEntry,
  SUM_COLUMNS,
  toScored,
  toSums,
} from './outcome-columns.ts';
import { headOf } from './record-repository.ts';
import type { Database, DatabaseKind } from './schema.ts';

/**
 * Scores; new ones and revisions are added, none is changed. All methods but `add`, `counts` and `recent` read scheduled forecasts alone;
 * those that count from the moment they were made are read by storage/live-outcome-repository.ts.
 */
export interface OutcomeRepository {
  /** Adds scores; one that is there already (same row, same revision) is left as it is. Returns how many were added. */
  add(outcomes: readonly Outcome[]): Promise<number>;
  /** Newest score of every forecast, whatever its cause, whose target is not before a moment; of one interval where it is named. */
  recent(
    sinceTargetMs: number,
    interval?: Interval,
  ): Promise<
    readonly (Pick<Outcome, 'sequence' | 'revision' | 'actualPrice' | 'source'> &
      Pick<LedgerEntry, 'symbol' | 'interval' | 'cause' | 'targetMs'>)[]
  >;
  /** Sums of the newest scores by origin and bin of P(up), ascending. */
  sums(filter: LedgerFilter): Promise<readonly ScoreSums[]>;
  /** Counts of scheduled forecasts by state, of coins among the scored ones, and of forecasts from closes issued only on demand. */
  counts(
    filter: LedgerFilter,
    nowMs: number,
  ): Promise<Readonly<Record<'scored' | 'coins' | 'waiting' | 'unscored' | 'onDemand', number>>>;
  /** Coins with scheduled forecasts: their number, the last one, and the first of all time; over all models. */
  schedule(
    filter: LedgerFilter,
  ): Promise<
    readonly { readonly symbol: string; readonly issued: number; readonly lastMs: number; readonly firstMs: number }[]
  >;
  /** Scored forecasts: the one with the least or most pinball loss for its coin's usual move, the newest, or those of origins `stepMs` apart. */
  calls(
    filter: LedgerFilter,
    pick: { readonly kind: 'best' | 'worst' | 'newest' } | { readonly kind: 'every'; readonly stepMs: number },
  ): Promise<readonly ScoredEntry[]>;
}

/** Which forecasts of the ledger: origins from `fromMs` to `toMs`, both included. Null: every coin, every model. */
export interface LedgerFilter {
  readonly horizon: HorizonName;
  readonly symbol: string | null;
  readonly model: string | null;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Origins summed by one statement: other statements wait for it. */
const ORIGINS_AT_ONCE = 168;
/** Scores read by one statement. */
const RECENT_AT_ONCE = 1_000;

/** Makes the repository of the scores of the ledger's forecasts, and of their sums. */
export function createOutcomeRepository(db: Kysely<Database>, kind: DatabaseKind, guard: Guard): OutcomeRepository {
  /** Forecasts of the filter from closes, and whether they belong to the schedule. */
  const matching = (filter: LedgerFilter) =>
    db
      .selectFrom('ledger as l')
      .leftJoin('ledger_marks as m', 'm.sequence', 'l.sequence')
      .where('l.horizon', '=', filter.horizon)
      .where('l.cause', 'in', ['scheduled', 'on-demand'])
      .where('l.origin_ms', '>=', filter.fromMs)
      .where('l.origin_ms', '<=', filter.toMs)
      .$if(filter.symbol !== null, (query) => query.where('l.symbol', '=', filter.symbol))
      .$if(filter.model !== null, (query) => query.where('l.model', '=', filter.model));
  const scheduled = (filter: LedgerFilter) =>
    matching(filter).where((where) =>
      where.or([where('l.cause', '=', 'scheduled'), where('m.number', 'is not', null)]),
    );
  /** Splits the filter into ranges of origins that are read one by one, yielding to the event loop between them; none where there are no rows. */
  async function* rangesOf(filter: LedgerFilter): AsyncGenerator<LedgerFilter> {
    const end = async (direction: 'asc' | 'desc') =>
      (
        await guard('read the ledger in', () =>
          db
            .selectFrom('ledger')
            .select('origin_ms')
            .where('horizon', '=', filter.horizon)
            .where('cause', 'in', ['scheduled', 'on-demand'])
            .where('origin_ms', '>=', filter.fromMs)
            .where('origin_ms', '<=', filter.toMs)
            .orderBy('origin_ms', direction)
            .limit(1)
            .executeTakeFirst(),
        )
      )?.origin_ms;
    const [firstMs, lastMs] = [await end('asc'), await end('desc')];
    if (firstMs === undefined || lastMs === undefined) return;
    const rangeMs = ORIGINS_AT_ONCE * INTERVAL_MS[HORIZONS[filter.horizon].interval];
    for (let fromMs = firstMs; fromMs <= lastMs; fromMs += rangeMs) {
      yield { ...filter, fromMs, toMs: Math.min(lastMs, fromMs + rangeMs - 1) };
      await nextTurn();
    }
  }
  const scored = (filter: LedgerFilter) =>
    scheduled(filter).innerJoin('outcomes as o', 'o.sequence', 'l.sequence').where(isNewestRevision);

  const withOutcome = (filter: LedgerFilter) => scored(filter).selectAll('l').select(OUTCOME_COLUMNS);
  const read = async (query: ReturnType<typeof withOutcome>): Promise<ScoredEntry[]> =>
    (await guard('read outcomes from', () => query.execute())).map(toScored);

  return {
    async add(outcomes) {
      if (outcomes.length === 0) return 0;
      return guard('store outcomes in', () =>
        db.transaction().execute(async (transaction) => {
          // SQLite took the write lock at the beginning. Without one, two processes would chain to the same row.
          if (kind === 'postgres') await sql`lock table outcomes in share row exclusive mode`.execute(transaction);
          return inChunks(outcomes, async (chunk) => {
            const held = await transaction
              .selectFrom('outcomes')
              .select(['sequence', 'revision'])
              .where('sequence', 'in', [...new Set(chunk.map(({ sequence }) => sequence))])
              .execute();
            const known = new Set(held.map(({ sequence, revision }) => `${sequence} ${revision}`));
            const fresh = chunk.filter(({ sequence, revision }) => !known.has(`${sequence} ${revision}`));
            if (fresh.length === 0) return 0;
            let last = await headOf(transaction, 'outcomes', 'number');
            const chained = fresh.map((outcome) => {
              const body = { ...outcome, number: last.number + 1 };
              const recorded = { ...body, hash: outcomeHash(body, last.hash) };
              last = recorded;
              return recorded;
            });
            await transaction.insertInto('outcomes').values(chained.map(toOutcomeRow)).execute();
            return chained.length;
          });
        }),
      );
    },

    async recent(sinceTargetMs, interval) {
      const newest = new Map<number, Awaited<ReturnType<OutcomeRepository['recent']>>[number]>();
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
            .orderBy('l.target_ms')
            .orderBy('o.sequence')
            .orderBy('o.revision')
            .limit(RECENT_AT_ONCE)
            .execute(),
        );
        for (const row of rows) {
          newest.set(row.sequence, {
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
      return [...newest.values()];
    },

    async sums(filter) {
      const slices = [];
      for await (const slice of rangesOf(filter)) {
        const rows = await guard('read outcomes from', () =>
          scored(slice)
            .select(['l.origin_ms as originMs', ...SUM_COLUMNS])
            .groupBy(['l.origin_ms', bucket])
            .orderBy('l.origin_ms')
            .orderBy(bucket)
            .execute(),
        );
        slices.push(...rows.map(toSums));
      }
      return slices;
    },

    async counts(filter, nowMs) {
      const state = sql<
        'scored' | 'waiting' | 'unscored'
      >`case when o.sequence is not null then 'scored' when l.target_ms > ${nowMs} then 'waiting' else 'unscored' end`;
      const own = sql<number>`case when l.cause = 'scheduled' or m.number is not null then 1 else 0 end`;
      const sums = { scored: 0, waiting: 0, unscored: 0 };
      const coins = new Set<string>();
      let onDemand = 0;
      for await (const range of rangesOf(filter)) {
        const rows = await guard('read the ledger in', () =>
          db
            .selectFrom(
              matching(range)
                .leftJoin('outcomes as o', (join) =>
                  join.onRef('o.sequence', '=', 'l.sequence').on('o.revision', '=', 0),
                )
                .select([own.as('own'), state.as('state'), 'l.symbol'])
                .as('f'),
            )
            .select(['f.own', 'f.state', 'f.symbol', sql<number>`count(*)`.as('n')])
            .groupBy(['f.own', 'f.state', 'f.symbol'])
            .execute(),
        );
        for (const row of rows) {
          if (row.own === 0) onDemand += row.n;
          else sums[row.state] += row.n;
          if (row.own === 1 && row.state === 'scored') coins.add(row.symbol);
        }
      }
      return { ...sums, coins: coins.size, onDemand };
    },

    async schedule(filter) {
      const coins = new Map<string, { symbol: string; issued: number; lastMs: number }>();
      for await (const range of rangesOf({ ...filter, model: null })) {
        const rows = await guard('read the ledger in', () =>
          scheduled(range)
            .select(['l.symbol', sql<number>`count(*)`.as('issued'), sql<number>`max(l.origin_ms)`.as('lastMs')])
            .groupBy('l.symbol')
            .execute(),
        );
        for (const row of rows) {
          const issued = row.issued + (coins.get(row.symbol)?.issued ?? 0);
          coins.set(row.symbol, { symbol: row.symbol, issued, lastMs: row.lastMs });
        }
      }
      const first = (symbol: string) =>
        guard('read the ledger in', () =>
          scheduled({ ...filter, symbol, model: null, fromMs: 0 })
            .select('l.origin_ms')
            .orderBy('l.origin_ms')
            .limit(1)
            .executeTakeFirstOrThrow(),
        );
      const found = [];
      for (const row of coins.values()) found.push({ ...row, firstMs: (await first(row.symbol)).origin_ms });
      return found;
    },

    async calls(filter, pick) {
      if (pick.kind === 'newest') {
        return read(withOutcome(filter).orderBy('l.origin_ms', 'desc').orderBy('l.sequence').limit(1));
      }
      const found: ScoredEntry[] = [];
      for await (const range of rangesOf(filter)) {
        const query = withOutcome(range);
        if (pick.kind === 'every') {
          found.push(...(await read(query.where(sql<boolean>`l.origin_ms % ${pick.stepMs} = 0`))));
          continue;
        }
        const [extreme] = await read(
          query
            .where('o.naive_scale', 'is not', null)
            .orderBy(sql`o.pinball / o.naive_scale`, pick.kind === 'best' ? 'asc' : 'desc')
            .orderBy('l.sequence')
            .limit(1),
        );
        if (extreme) found.push(extreme);
      }
      if (pick.kind === 'every') {
        return found.sort((a, b) => a.entry.targetMs - b.entry.targetMs || a.entry.sequence - b.entry.sequence);
      }
      const relative = ({ outcome }: ScoredEntry) => outcome.pinball / outcome.naiveScale!;
      const sign = pick.kind === 'best' ? 1 : -1;
      found.sort((a, b) => sign * (relative(a) - relative(b)) || a.entry.sequence - b.entry.sequence);
      return found.slice(0, 1);
    },
  };
}
