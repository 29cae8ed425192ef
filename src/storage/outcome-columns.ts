import { type ExpressionBuilder, type Selectable, sql } from 'kysely';
import { P_UP_EDGES, type ScoreSums } from '../core/accuracy.ts';
import type { LedgerEntry, Outcome } from '../core/ledger.ts';
import { toEntry, toOutcome } from './ledger-row-mapping.ts';
import type { Database, LedgerRow, OutcomeRow } from './schema.ts';

/** A forecast with its newest outcome. */
export interface ScoredEntry {
  readonly entry: LedgerEntry;
  readonly outcome: Outcome;
}

type Joined = Database & { o: OutcomeRow; l: LedgerRow };

/** Keeps of the outcomes `o` the newest of each forecast. */
export const isNewestRevision = (where: ExpressionBuilder<Joined, 'o'>) =>
  where.not(
    where.exists(
      where
        .selectFrom('outcomes as n')
        .select('n.revision')
        .whereRef('n.sequence', '=', 'o.sequence')
        .whereRef('n.revision', '>', 'o.revision'),
    ),
  );

/** The columns of the outcomes `o` that stand beside all columns of the ledger's row. */
export const OUTCOME_COLUMNS = [
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
] as const;

/** The forecast and outcome of a row with all columns of the ledger and OUTCOME_COLUMNS. */
export function toScored(
  row: Selectable<LedgerRow> &
    Omit<Selectable<OutcomeRow>, 'source' | 'number' | 'hash'> & { readonly outcome_source: string },
): ScoredEntry {
  return { entry: toEntry(row), outcome: toOutcome({ ...row, source: row.outcome_source }) };
}

/** The bin of P(up) of the ledger's row `l`. */
export const bucket = sql<number>`case ${sql.join(
  P_UP_EDGES.slice(1).map((edge, i) => sql`when l.p_up < ${sql.lit(edge)} then ${sql.lit(i)}`),
  sql` `,
)} else ${sql.lit(P_UP_EDGES.length - 1)} end`;

const count = (condition: ReturnType<typeof sql>) => sql<number>`sum(case when ${condition} then 1 else 0 end)`;

/** The sums of `ScoreSums` over the forecasts `l` with outcomes `o`, grouped by `bucket` and a time. */
export const SUM_COLUMNS = [
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
  sql<number>`sum(case when o.climatology_pinball is not null then o.pinball else 0 end)`.as('comparedPinball'),
  sql<number>`coalesce(sum(o.climatology_pinball), 0)`.as('climatologyPinball'),
  sql<number>`coalesce(sum(o.absolute_error / o.naive_scale), 0)`.as('scaled'),
] as const;

/** The sums of a row with SUM_COLUMNS. */
export function toSums({
  inside50,
  inside80,
  inside95,
  ...sums
}: Omit<ScoreSums, 'inside'> & {
  readonly inside50: number;
  readonly inside80: number;
  readonly inside95: number;
}): ScoreSums {
  return { ...sums, inside: [inside50, inside80, inside95] };
}
