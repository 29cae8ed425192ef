import type { ExpressionBuilder, Selectable } from 'kysely';
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
