import type { Kysely } from 'kysely';
import type { Guard } from './connection.ts';
import type { Database } from './schema.ts';

/** A source whose prices under a ticker were found to be those of a coin. */
export interface ConfirmedSource {
  readonly symbol: string;
  readonly source: string;
  /** Id of that coin in the coin list; empty where the list did not have it. */
  readonly assetId: string;
  readonly confirmedAtMs: number;
}

/** Which sources were found to mean the same coin by a ticker as the coin list does. Methods throw `CC_DATABASE`. */
export interface CoinSourceRepository {
  all(): Promise<readonly ConfirmedSource[]>;
  /** Inserts or replaces by symbol and source. */
  confirm(confirmed: ConfirmedSource): Promise<void>;
  remove(symbol: string, source: string): Promise<void>;
}

/** Makes the repository over the table `coin_sources`. */
export function createCoinSourceRepository(db: Kysely<Database>, guard: Guard): CoinSourceRepository {
  return {
    async all() {
      const rows = await guard('read coins from', () => db.selectFrom('coin_sources').selectAll().execute());
      return rows.map((row) => ({
        symbol: row.symbol,
        source: row.source,
        assetId: row.asset_id,
        confirmedAtMs: row.confirmed_at_ms,
      }));
    },

    async confirm({ symbol, source, assetId, confirmedAtMs }) {
      const values = { asset_id: assetId, confirmed_at_ms: confirmedAtMs };
      await guard('store coins in', () =>
        db
          .insertInto('coin_sources')
          .values({ symbol, source, ...values })
          .onConflict((conflict) => conflict.columns(['symbol', 'source']).doUpdateSet(values))
          .execute(),
      );
    },

    async remove(symbol, source) {
      await guard('remove coins from', () =>
        db.deleteFrom('coin_sources').where('symbol', '=', symbol).where('source', '=', source).execute(),
      );
    },
  };
}
