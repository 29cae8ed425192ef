import type { Kysely } from 'kysely';
import type { ExchangeRate } from '../core/currency.ts';
import type { Guard } from './connection.ts';
import type { Database } from './schema.ts';

/** Daily reference rates. Methods throw `CC_DATABASE`. */
export interface ExchangeRateRepository {
  /** Stores rates; one of the same currency and day replaces the one before. */
  put(rates: readonly ExchangeRate[]): Promise<void>;
  /** Rates from that day on (`YYYY-MM-DD`), by currency and day. */
  since(day: string): Promise<readonly ExchangeRate[]>;
  /** Removes those of earlier days; returns how many. */
  removeBefore(day: string): Promise<number>;
}

/** Makes the repository. */
export function createExchangeRateRepository(db: Kysely<Database>, guard: Guard): ExchangeRateRepository {
  return {
    put: (rates) =>
      guard('write exchange rates to', async () => {
        // PostgreSQL refuses to touch a row twice in one statement.
        const rows = new Map(
          rates.map(({ currency, day, perUsd, source }) => [
            `${currency} ${day}`,
            { currency, day, per_usd: perUsd, source },
          ]),
        );
        if (rows.size === 0) return;
        await db
          .insertInto('exchange_rates')
          .values([...rows.values()])
          .onConflict((conflict) =>
            conflict.columns(['currency', 'day']).doUpdateSet((update) => ({
              per_usd: update.ref('excluded.per_usd'),
              source: update.ref('excluded.source'),
            })),
          )
          .execute();
      }),

    since: (day) =>
      guard('read exchange rates from', async () => {
        const rows = await db
          .selectFrom('exchange_rates')
          .selectAll()
          .where('day', '>=', day)
          .orderBy('currency')
          .orderBy('day')
          .execute();
        return rows.map(({ currency, per_usd, source, day: fixed }) => ({
          currency,
          perUsd: per_usd,
          day: fixed,
          source,
        }));
      }),

    removeBefore: (day) =>
      guard('delete exchange rates from', async () => {
        const removed = await db.deleteFrom('exchange_rates').where('day', '<', day).executeTakeFirst();
        return Number(removed.numDeletedRows);
      }),
  };
}
