import type { Kysely, Selectable } from 'kysely';
import type { Interval } from '../core/candle.ts';
import type { UnconfirmedKind, UnconfirmedPrice } from '../core/unconfirmed-price.ts';
import { cachedReading, type Guard, NO_STAMP, type TableStamp } from './connection.ts';
import type { UnconfirmedPriceRow } from './personal-schema.ts';
import type { Database } from './schema.ts';

/** The series whose newest price is not believed yet, at most one row a coin and interval. Methods throw `CC_DATABASE`. */
export interface UnconfirmedPriceRepository {
  /** Null where the newest price is confirmed. */
  get(symbol: string, interval: Interval): Promise<UnconfirmedPrice | null>;
  /** Ascending by coin and interval. */
  all(): Promise<readonly UnconfirmedPrice[]>;
  /** Replaces what is kept of the coin and interval. */
  put(price: UnconfirmedPrice): Promise<void>;
  remove(symbol: string, interval: Interval): Promise<void>;
}

/** Makes the repository, from which other processes and the doctor read what is unconfirmed. */
export function createUnconfirmedPriceRepository(
  db: Kysely<Database>,
  guard: Guard,
  stamp: TableStamp = NO_STAMP,
): UnconfirmedPriceRepository {
  /** The few rows that there are, read again once somebody has written: every reading of a series asks for its own. */
  const prices = cachedReading(
    () => stamp('unconfirmed_prices'),
    async () => {
      const rows = await guard('read unconfirmed prices from', () =>
        db.selectFrom('unconfirmed_prices').selectAll().orderBy('symbol').orderBy('interval').execute(),
      );
      return rows.map(toPrice);
    },
  );
  const write = (step: () => Promise<unknown>) => guard('store unconfirmed prices in', step);

  return {
    async get(symbol, interval) {
      return (await prices()).find((price) => price.symbol === symbol && price.interval === interval) ?? null;
    },
    all: prices,

    async put(price) {
      const row: UnconfirmedPriceRow = {
        symbol: price.symbol,
        interval: price.interval,
        open_time_ms: price.openTimeMs,
        newest_open_time_ms: price.newestOpenTimeMs,
        kind: price.kind,
        price: price.price,
        previous_price: price.previousPrice,
        source: price.source,
        other_source: price.other?.source ?? null,
        other_price: price.other?.price ?? null,
        found_at_ms: price.foundAtMs,
        asked_at_ms: price.askedAtMs,
      };
      await write(() =>
        db
          .insertInto('unconfirmed_prices')
          .values(row)
          .onConflict((conflict) => conflict.columns(['symbol', 'interval']).doUpdateSet(row))
          .execute(),
      );
    },

    async remove(symbol, interval) {
      await write(() =>
        db.deleteFrom('unconfirmed_prices').where('symbol', '=', symbol).where('interval', '=', interval).execute(),
      );
    },
  };
}

function toPrice(row: Selectable<UnconfirmedPriceRow>): UnconfirmedPrice {
  return {
    symbol: row.symbol,
    interval: row.interval as Interval,
    openTimeMs: row.open_time_ms,
    newestOpenTimeMs: row.newest_open_time_ms,
    kind: row.kind as UnconfirmedKind,
    price: row.price,
    previousPrice: row.previous_price,
    source: row.source,
    other:
      row.other_source === null || row.other_price === null
        ? null
        : { source: row.other_source, price: row.other_price },
    foundAtMs: row.found_at_ms,
    askedAtMs: row.asked_at_ms,
  };
}
