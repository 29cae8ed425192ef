import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { CalibrationState } from '../core/calibration-state.ts';
import type { Interval } from '../core/candle.ts';
import { QUANTILE_LEVELS } from '../core/quantiles.ts';
import type { Guard } from './connection.ts';
import type { Database } from './schema.ts';

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
