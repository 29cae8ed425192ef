import type { Kysely } from 'kysely';
import type { Interval } from '../core/candle.ts';
import type { HorizonName } from '../core/horizon.ts';
import { isLive, type LedgerCause, type LedgerForecast, type Outcome } from '../core/ledger.ts';
import type { Checkpoint, RecordedModel } from '../core/record.ts';
import type { Guard } from './connection.ts';
import { toRecordedModel } from './ledger-row-mapping.ts';
import type { Database } from './schema.ts';

/** What figures are computed from: a forecast without its quantiles, and the newest scores of it. */
export interface RecordRow
  extends Pick<LedgerForecast, 'symbol' | 'interval' | 'horizon' | 'originMs' | 'targetMs' | 'pUp' | 'model'> {
  readonly sequence: number;
  readonly cause: LedgerCause;
  /** Whether it belongs to the schedule, also by a mark. */
  readonly scheduled: boolean;
  readonly outcome: RowScores | null;
}

/** The scores of a row. */
export type RowScores = Omit<Outcome, 'sequence' | 'actualPrice' | 'source' | 'scoredAtMs'>;

/** Numbers of the last rows of the chains that are read: those of a checkpoint. */
export type RecordBounds = Pick<Checkpoint, 'forecasts' | 'marks' | 'outcomes' | 'models'>;

/** Reads the record as it stood at a checkpoint. Methods throw `CC_DATABASE`. */
export interface RecordReader {
  /** All forecasts in the order they were recorded, a few thousand at a time. */
  pages(bounds: RecordBounds): AsyncGenerator<readonly RecordRow[]>;
  /** The models that forecasts were made by, in the order they were recorded. */
  models(bounds: RecordBounds): Promise<readonly RecordedModel[]>;
}

/** Forecasts read by one statement: other statements wait for it. */
const ROWS_AT_ONCE = 4_000;

/** Makes the reader. */
export function createRecordReader(db: Kysely<Database>, guard: Guard): RecordReader {
  const forecasts = (after: number, until: number) =>
    db
      .selectFrom('ledger')
      .select(['sequence', 'cause', 'symbol', 'interval', 'horizon', 'origin_ms', 'target_ms', 'p_up', 'model'])
      .where('sequence', '>', after)
      .where('sequence', '<=', until)
      .orderBy('sequence')
      .execute();
  const marks = (after: number, until: number, last: number) =>
    db
      .selectFrom('ledger_marks')
      .select('sequence')
      .where('sequence', '>', after)
      .where('sequence', '<=', until)
      .where('number', '<=', last)
      .execute();
  const outcomes = (after: number, until: number, last: number) =>
    db
      .selectFrom('outcomes')
      .select(['sequence', 'revision', 'log_return', 'pinball', 'climatology_pinball', 'absolute_error', 'naive_scale'])
      .select(['direction_hit', 'brier', 'band', 'level'])
      .where('sequence', '>', after)
      .where('sequence', '<=', until)
      .where('number', '<=', last)
      .orderBy('sequence')
      .orderBy('revision')
      .execute();

  return {
    async *pages(bounds) {
      for (let after = 0; after < bounds.forecasts; after += ROWS_AT_ONCE) {
        const until = Math.min(after + ROWS_AT_ONCE, bounds.forecasts);
        const rows = await guard('read the ledger in', () => forecasts(after, until));
        const marked = await guard('read the ledger in', () => marks(after, until, bounds.marks));
        const scores = await guard('read outcomes from', () => outcomes(after, until, bounds.outcomes));
        const inSchedule = new Set(marked.map(({ sequence }) => sequence));
        // A later revision takes the place of the one before.
        const newest = new Map(scores.map((row) => [row.sequence, row]));
        yield rows.map((row): RecordRow => {
          const cause = row.cause as LedgerCause;
          const score = newest.get(row.sequence);
          return {
            sequence: row.sequence,
            cause,
            scheduled: !isLive(cause) && (cause === 'scheduled' || inSchedule.has(row.sequence)),
            symbol: row.symbol,
            interval: row.interval as Interval,
            horizon: row.horizon as HorizonName,
            originMs: row.origin_ms,
            targetMs: row.target_ms,
            pUp: row.p_up,
            model: row.model,
            outcome: score
              ? {
                  revision: score.revision,
                  logReturn: score.log_return,
                  pinball: score.pinball,
                  climatologyPinball: score.climatology_pinball,
                  absoluteError: score.absolute_error,
                  naiveScale: score.naive_scale,
                  directionHit: score.direction_hit === 1,
                  brier: score.brier,
                  band: score.band as Outcome['band'],
                  level: score.level,
                }
              : null,
          };
        });
      }
    },

    async models(bounds) {
      const rows = await guard('read the record in', () =>
        db.selectFrom('model_cards').selectAll().where('number', '<=', bounds.models).orderBy('number').execute(),
      );
      return rows.map(toRecordedModel);
    },
  };
}
