import type { Kysely } from 'kysely';
import type { Interval } from '../core/candle.ts';
import type { Guard } from './connection.ts';
import type { Database } from './schema.ts';

/** What width factors have learnt under a model: JSON, which its reader checks. */
export interface StoredWidths {
  /** Every forecast whose target was complete by this moment has been learnt from, ms. */
  readonly untilMs: number;
  readonly learnt: string;
}

/** What width factors have learnt, by interval and model. */
export interface WidthRepository {
  /** Null when nothing is stored for that model. */
  get(interval: Interval, model: string): Promise<StoredWidths | null>;
  /** What goes furthest of an interval, whatever the model; null when nothing is stored. */
  latest(interval: Interval): Promise<StoredWidths | null>;
  /** Replaces what is stored for the interval and model, unless that goes further; removes that of other models of the interval. */
  put(interval: Interval, model: string, widths: StoredWidths): Promise<void>;
}

/** Makes the repository. */
export function createWidthRepository(db: Kysely<Database>, guard: Guard): WidthRepository {
  return {
    async get(interval, model) {
      const row = await guard('read widths from', () =>
        db
          .selectFrom('widths')
          .selectAll()
          .where('interval', '=', interval)
          .where('model', '=', model)
          .executeTakeFirst(),
      );
      return row ? { untilMs: row.until_ms, learnt: row.learnt } : null;
    },

    async latest(interval) {
      const row = await guard('read widths from', () =>
        db
          .selectFrom('widths')
          .selectAll()
          .where('interval', '=', interval)
          .orderBy('until_ms', 'desc')
          .limit(1)
          .executeTakeFirst(),
      );
      return row ? { untilMs: row.until_ms, learnt: row.learnt } : null;
    },

    async put(interval, model, { untilMs, learnt }) {
      const row = { interval, model, until_ms: untilMs, learnt };
      await guard('store widths in', () =>
        db.transaction().execute(async (transaction) => {
          await transaction
            .insertInto('widths')
            .values(row)
            .onConflict((conflict) =>
              conflict
                .columns(['interval', 'model'])
                .doUpdateSet(row)
                // Two processes may learn at once; the one that is behind changes nothing.
                .where('widths.until_ms', '<=', untilMs),
            )
            .execute();
          await transaction.deleteFrom('widths').where('interval', '=', interval).where('model', '!=', model).execute();
        }),
      );
    },
  };
}
