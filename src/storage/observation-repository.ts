import type { Kysely } from 'kysely';
import type { Observation, ObservationMetric } from '../core/market.ts';
import { type Guard, inChunks } from './connection.ts';
import type { Database, ObservationRow } from './schema.ts';

/** Daily numbers about coins, each with the moment it became available. */
export interface ObservationRepository {
  upsert(observations: readonly Observation[]): Promise<number>;
  range(symbol: string, metric: ObservationMetric, fromMs: number, toMs: number): Promise<readonly Observation[]>;
}

/**
 * Keeps daily numbers about coins. An equal number changes nothing; a revised one replaces
 * the old together with its later moment of availability.
 */
export function createObservationRepository(db: Kysely<Database>, guard: Guard): ObservationRepository {
  return {
    async upsert(observations) {
      const rows = lastPerDay(observations);
      if (rows.length === 0) return 0;
      return guard('store observations in', () =>
        db.transaction().execute((transaction) => inChunks(rows, (chunk) => writeRows(transaction, chunk))),
      );
    },

    async range(symbol, metric, fromMs, toMs) {
      const rows = await guard('read observations from', () =>
        db
          .selectFrom('observations')
          .selectAll()
          .where('symbol', '=', symbol)
          .where('metric', '=', metric)
          .where('time_ms', '>=', fromMs)
          .where('time_ms', '<=', toMs)
          .orderBy('time_ms')
          .execute(),
      );
      return rows.map((row) => ({
        symbol: row.symbol,
        metric: row.metric as ObservationMetric,
        timeMs: row.time_ms,
        availableAtMs: row.available_at_ms,
        value: row.value,
        source: row.source,
      }));
    },
  };
}

async function writeRows(db: Kysely<Database>, rows: ObservationRow[]): Promise<number> {
  const result = await db
    .insertInto('observations')
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .columns(['symbol', 'metric', 'time_ms'])
        .doUpdateSet((update) => ({
          available_at_ms: update.ref('excluded.available_at_ms'),
          value: update.ref('excluded.value'),
          source: update.ref('excluded.source'),
        }))
        .whereRef('excluded.value', '<>', 'observations.value'),
    )
    .executeTakeFirst();
  return Number(result.numInsertedOrUpdatedRows ?? 0n);
}

/** One row a day: PostgreSQL refuses to touch a row twice in one statement. */
function lastPerDay(observations: readonly Observation[]): ObservationRow[] {
  const rows = new Map<string, ObservationRow>();
  for (const { symbol, metric, timeMs, availableAtMs, value, source } of observations) {
    const row = { symbol, metric, time_ms: timeMs, available_at_ms: availableAtMs, value, source };
    rows.set(`${symbol} ${metric} ${timeMs}`, row);
  }
  return [...rows.values()];
}
