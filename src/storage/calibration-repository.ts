import type { Kysely } from 'kysely';
import { z } from 'zod';
import { QUANTILE_LEVELS } from '../core/quantiles.ts';
import type { Guard } from './database-error.ts';
import type { CalibrationRepository } from './repositories.ts';
import type { Database } from './schema.ts';

const curve = z.array(z.number()).length(QUANTILE_LEVELS.length);
const horizonsSchema = z.array(
  z.object({ shift: curve, pending: z.array(z.object({ openMs: z.number(), issued: curve })) }),
);

/** Keeps what calibration has learnt, so that it survives a restart and no forecast is made twice for it. */
export function createCalibrationRepository(db: Kysely<Database>, guard: Guard): CalibrationRepository {
  return {
    async get(symbol, interval, model) {
      const row = await guard('read calibrations from', () =>
        db
          .selectFrom('calibrations')
          .selectAll()
          .where('symbol', '=', symbol)
          .where('interval', '=', interval)
          .where('model', '=', model)
          .executeTakeFirst(),
      );
      const horizons = horizonsSchema.safeParse(row && parsed(row.horizons)).data;
      return row && horizons ? { untilMs: row.until_ms, horizons } : null;
    },

    async put(symbol, interval, model, { untilMs, horizons }) {
      const row = { symbol, interval, model, until_ms: untilMs, horizons: JSON.stringify(horizons) };
      await guard('store calibrations in', () =>
        db.transaction().execute((transaction) =>
          transaction
            .insertInto('calibrations')
            .values(row)
            .onConflict((conflict) => conflict.columns(['symbol', 'interval']).doUpdateSet(row))
            .execute(),
        ),
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
