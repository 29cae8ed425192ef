import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { CalibrationState } from '../core/calibration-state.ts';
import type { Interval } from '../core/candle.ts';
import { QUANTILE_LEVELS } from '../core/quantiles.ts';
import { cachedReading, type Guard, NO_STAMP, type TableStamp } from './connection.ts';
import type { Database, WidthRow } from './schema.ts';

/** State of the conformal calibration under the serving model; one a coin, interval and, for days, hour at which they end (UTC, 0 by default). */
export interface CalibrationRepository {
  /** Null when no state is stored for that model, or it cannot be read: calibration then starts again. */
  get(symbol: string, interval: Interval, model: string, endHour?: number): Promise<CalibrationState | null>;
  /** Replaces the state stored for the coin, interval and hour, of an earlier model too. */
  put(symbol: string, interval: Interval, model: string, state: CalibrationState, endHour?: number): Promise<void>;
}

const curve = z.array(z.number()).length(QUANTILE_LEVELS.length);
const horizonsSchema = z.array(
  z.object({ shift: curve, pending: z.array(z.object({ openMs: z.number(), issued: curve })) }),
);

/** Makes the repository, which saves repeating the forecasts that calibration is computed from after a restart. */
export function createCalibrationRepository(db: Kysely<Database>, guard: Guard): CalibrationRepository {
  return {
    async get(symbol, interval, model, endHour = 0) {
      const row = await guard('read calibrations from', () =>
        db
          .selectFrom('calibrations')
          .selectAll()
          .where('symbol', '=', symbol)
          .where('interval', '=', interval)
          .where('end_hour', '=', endHour)
          .where('model', '=', model)
          .executeTakeFirst(),
      );
      const horizons = horizonsSchema.safeParse(row && parsed(row.horizons)).data;
      return row && horizons ? { untilMs: row.until_ms, horizons } : null;
    },

    async put(symbol, interval, model, { untilMs, horizons }, endHour = 0) {
      const row = { symbol, interval, end_hour: endHour, model, until_ms: untilMs, horizons: JSON.stringify(horizons) };
      await guard('store calibrations in', () =>
        db
          .insertInto('calibrations')
          .values(row)
          .onConflict((conflict) => conflict.columns(['symbol', 'interval', 'end_hour']).doUpdateSet(row))
          .execute(),
      );
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

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
export function createWidthRepository(
  db: Kysely<Database>,
  guard: Guard,
  stamp: TableStamp = NO_STAMP,
): WidthRepository {
  /** The rows that there are, one or two an interval, read again once somebody has written: every forecast asks for its own. */
  const rows = cachedReading(
    () => stamp('widths'),
    () => guard('read widths from', () => db.selectFrom('widths').selectAll().orderBy('until_ms', 'desc').execute()),
  );
  const first = async (wanted: (row: WidthRow) => boolean): Promise<StoredWidths | null> => {
    const row = (await rows()).find(wanted);
    return row ? { untilMs: row.until_ms, learnt: row.learnt } : null;
  };

  return {
    get: (interval, model) => first((row) => row.interval === interval && row.model === model),
    latest: (interval) => first((row) => row.interval === interval),

    async put(interval, model, { untilMs, learnt }) {
      const row = { interval, model, until_ms: untilMs, learnt };
      const storing = () =>
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
        });
      await guard('store widths in', storing);
    },
  };
}
