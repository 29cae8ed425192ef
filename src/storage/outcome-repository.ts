import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Kysely, sql } from 'kysely';
import { P_UP_EDGES } from '../core/accuracy.ts';
import type { Interval } from '../core/candle.ts';
import { INTERVAL_MS } from '../core/candle.ts';
import { HORIZONS } from '../core/horizon.ts';
import { inChunks } from './chunks.ts';
import type { Guard } from './database-error.ts';
import { toEntry, toOutcome, toOutcomeRow } from './ledger-rows.ts';
import type { LedgerFilter, OutcomeRepository } from './repositories.ts';
import type { Database } from './schema.ts';

/** Origins summed by one statement: SQLite works on this thread, so a statement should not take long. */
const ORIGINS_AT_ONCE = 336;

/** Keeps what came of the forecasts in the ledger, and sums it up. */
export function createOutcomeRepository(db: Kysely<Database>, guard: Guard): OutcomeRepository {
  /** Forecasts of the filter, with their newest outcome and whether they belong to the schedule. */
  const matching = (filter: LedgerFilter) =>
    db
      .selectFrom('ledger as l')
      .leftJoin('ledger_marks as m', 'm.sequence', 'l.sequence')
      .where('l.horizon', '=', filter.horizon)
      .where('l.origin_ms', '>=', filter.fromMs)
      .where('l.origin_ms', '<=', filter.toMs)
      .$if(filter.symbol !== null, (query) => query.where('l.symbol', '=', filter.symbol))
      .$if(filter.model !== null, (query) => query.where('l.model', '=', filter.model));
  const scheduled = (filter: LedgerFilter) =>
    matching(filter).where((where) =>
      where.or([where('l.cause', '=', 'scheduled'), where('m.number', 'is not', null)]),
    );
  const scored = (filter: LedgerFilter) =>
    scheduled(filter)
      .innerJoin('outcomes as o', 'o.sequence', 'l.sequence')
      .where((where) =>
        where.not(
          where.exists(
            where
              .selectFrom('outcomes as n')
              .select('n.revision')
              .whereRef('n.sequence', '=', 'o.sequence')
              .whereRef('n.revision', '>', 'o.revision'),
          ),
        ),
      );

  return {
    async add(outcomes) {
      if (outcomes.length === 0) return 0;
      return guard('store outcomes in', () =>
        db.transaction().execute((transaction) =>
          inChunks(outcomes, async (chunk) => {
            const held = await transaction
              .selectFrom('outcomes')
              .select(['sequence', 'revision'])
              .where('sequence', 'in', [...new Set(chunk.map(({ sequence }) => sequence))])
              .execute();
            const known = new Set(held.map(({ sequence, revision }) => `${sequence} ${revision}`));
            const fresh = chunk.filter(({ sequence, revision }) => !known.has(`${sequence} ${revision}`));
            if (fresh.length === 0) return 0;
            const result = await transaction
              .insertInto('outcomes')
              .values(fresh.map(toOutcomeRow))
              // In PostgreSQL another process may have been faster by a moment.
              .onConflict((conflict) => conflict.columns(['sequence', 'revision']).doNothing())
              .executeTakeFirst();
            return Number(result.numInsertedOrUpdatedRows ?? 0n);
          }),
        ),
      );
    },

    async recent(sinceTargetMs) {
      const rows = await guard('read outcomes from', () =>
        db
          .selectFrom('ledger as l')
          .innerJoin('outcomes as o', 'o.sequence', 'l.sequence')
          .select(['l.symbol', 'l.interval', 'l.target_ms', 'o.sequence', 'o.revision', 'o.actual_price'])
          .where('l.target_ms', '>=', sinceTargetMs)
          .orderBy('o.sequence')
          .orderBy('o.revision')
          .execute(),
      );
      const newest = new Map(rows.map((row) => [row.sequence, row]));
      return [...newest.values()].map((row) => ({
        sequence: row.sequence,
        revision: row.revision,
        symbol: row.symbol,
        interval: row.interval as Interval,
        targetMs: row.target_ms,
        actualPrice: row.actual_price,
      }));
    },

    async sums(filter) {
      const sliceMs = ORIGINS_AT_ONCE * INTERVAL_MS[HORIZONS[filter.horizon].interval];
      const slices = [];
      for (let fromMs = filter.fromMs; fromMs <= filter.toMs; fromMs += sliceMs) {
        const slice = { ...filter, fromMs, toMs: Math.min(filter.toMs, fromMs + sliceMs - 1) };
        const count = (condition: ReturnType<typeof sql>) => sql<number>`sum(case when ${condition} then 1 else 0 end)`;
        const rows = await guard('read outcomes from', () =>
          scored(slice)
            .select([
              'l.origin_ms as originMs',
              bucket.as('bucket'),
              sql<number>`count(*)`.as('n'),
              count(sql`o.revision > 0`).as('revised'),
              sql<number>`sum(l.p_up)`.as('pUp'),
              count(sql`o.log_return > 0`).as('up'),
              sql<number>`sum(o.direction_hit)`.as('hits'),
              sql<number>`sum(o.brier)`.as('brier'),
              sql<number>`sum(o.pinball)`.as('pinball'),
              sql<number>`sum(o.absolute_error)`.as('absolute'),
              sql<number>`sum(o.absolute_error * o.absolute_error)`.as('squared'),
              sql<number>`sum(abs(o.log_return))`.as('noChangeAbsolute'),
              sql<number>`sum(o.log_return * o.log_return)`.as('noChangeSquared'),
              count(sql`o.band <= 50`).as('inside50'),
              count(sql`o.band <= 80`).as('inside80'),
              count(sql`o.band <= 95`).as('inside95'),
              count(sql`o.climatology_pinball is not null`).as('compared'),
              sql<number>`sum(case when o.climatology_pinball is not null then o.pinball else 0 end)`.as(
                'comparedPinball',
              ),
              sql<number>`coalesce(sum(o.climatology_pinball), 0)`.as('climatologyPinball'),
              sql<number>`coalesce(sum(o.absolute_error / o.naive_scale), 0)`.as('scaled'),
            ])
            .groupBy(['l.origin_ms', bucket])
            .orderBy('l.origin_ms')
            .orderBy(bucket)
            .execute(),
        );
        slices.push(
          ...rows.map(({ inside50, inside80, inside95, ...sums }) => ({
            ...sums,
            inside: [inside50, inside80, inside95] as const,
          })),
        );
        await nextTurn();
      }
      return slices;
    },

    async counts(filter, nowMs) {
      const state = sql<
        'scored' | 'waiting' | 'unscored'
      >`case when o.sequence is not null then 'scored' when l.target_ms > ${nowMs} then 'waiting' else 'unscored' end`;
      const own = sql<number>`case when l.cause = 'scheduled' or m.number is not null then 1 else 0 end`;
      const rows = await guard('read the ledger in', () =>
        db
          .selectFrom(
            matching(filter)
              .leftJoin('outcomes as o', (join) => join.onRef('o.sequence', '=', 'l.sequence').on('o.revision', '=', 0))
              .select([own.as('own'), state.as('state'), 'l.symbol'])
              .as('f'),
          )
          .select([
            'f.own',
            'f.state',
            sql<number>`count(*)`.as('n'),
            sql<number>`count(distinct f.symbol)`.as('coins'),
          ])
          .groupBy(['f.own', 'f.state'])
          .execute(),
      );
      await nextTurn();
      const of = (name: string) => rows.find((row) => row.own === 1 && row.state === name);
      return {
        scored: of('scored')?.n ?? 0,
        coins: of('scored')?.coins ?? 0,
        waiting: of('waiting')?.n ?? 0,
        unscored: of('unscored')?.n ?? 0,
        onDemand: rows.reduce((sum, row) => sum + (row.own === 0 ? row.n : 0), 0),
      };
    },

    async schedule(filter) {
      const rows = await guard('read the ledger in', () =>
        scheduled({ ...filter, model: null })
          .select(['l.symbol', sql<number>`count(*)`.as('issued'), sql<number>`max(l.origin_ms)`.as('lastMs')])
          .groupBy('l.symbol')
          .execute(),
      );
      const first = (symbol: string) =>
        guard('read the ledger in', () =>
          scheduled({ ...filter, symbol, model: null, fromMs: 0 })
            .select('l.origin_ms')
            .orderBy('l.origin_ms')
            .limit(1)
            .executeTakeFirstOrThrow(),
        );
      await nextTurn();
      const found = [];
      for (const row of rows) found.push({ ...row, firstMs: (await first(row.symbol)).origin_ms });
      return found;
    },

    async calls(filter, pick) {
      const query = scored(filter)
        .selectAll('l')
        .select([
          'o.revision',
          'o.actual_price',
          'o.source as outcome_source',
          'o.scored_at_ms',
          'o.log_return',
          'o.pinball',
          'o.climatology_pinball',
          'o.absolute_error',
          'o.naive_scale',
          'o.direction_hit',
          'o.brier',
          'o.band',
          'o.level',
        ]);
      const relative = sql<number>`o.pinball / o.naive_scale`;
      const chosen =
        pick.kind === 'every'
          ? query.where(sql<boolean>`l.origin_ms % ${pick.stepMs} = 0`).orderBy('l.target_ms').orderBy('l.sequence')
          : pick.kind === 'newest'
            ? query.orderBy('l.origin_ms', 'desc').orderBy('l.sequence').limit(1)
            : query
                .where('o.naive_scale', 'is not', null)
                .orderBy(relative, pick.kind === 'best' ? 'asc' : 'desc')
                .orderBy('l.sequence')
                .limit(1);
      const rows = await guard('read outcomes from', () => chosen.execute());
      await nextTurn();
      return rows.map((row) => ({ entry: toEntry(row), outcome: toOutcome({ ...row, source: row.outcome_source }) }));
    },
  };
}

const bucket = sql<number>`case ${sql.join(
  P_UP_EDGES.slice(1).map((edge, i) => sql`when l.p_up < ${sql.lit(edge)} then ${sql.lit(i)}`),
  sql` `,
)} else ${sql.lit(P_UP_EDGES.length - 1)} end`;
