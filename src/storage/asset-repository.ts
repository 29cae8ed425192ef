import type { Kysely } from 'kysely';
import type { Asset } from '../core/asset.ts';
import { type Guard, inChunks } from './connection.ts';
import type { Database } from './schema.ts';

/** The stored coin list, for names and ranks after a restart without network. */
export interface AssetRepository {
  replaceAll(assets: readonly Asset[], fetchedAtMs: number): Promise<void>;
  all(): Promise<{ readonly assets: readonly Asset[]; readonly fetchedAtMs: number } | null>;
}

/** Makes the repository of the coin list, which is replaced as a whole and keeps its order. */
export function createAssetRepository(db: Kysely<Database>, guard: Guard): AssetRepository {
  return {
    async replaceAll(assets, fetchedAtMs) {
      const rows = assets.map((asset, position) => ({
        position,
        symbol: asset.symbol,
        name: asset.name,
        rank: asset.rank,
        market_cap_usd: asset.marketCapUsd,
        stablecoin: asset.stablecoin ? 1 : 0,
        fetched_at_ms: fetchedAtMs,
        id: asset.id ?? null,
        price_usd: asset.priceUsd ?? null,
      }));
      await guard('store the coin list in', () =>
        db.transaction().execute(async (transaction) => {
          await transaction.deleteFrom('assets').execute();
          await inChunks(rows, async (chunk) => {
            await transaction.insertInto('assets').values(chunk).execute();
            return chunk.length;
          });
        }),
      );
    },

    async all() {
      const rows = await guard('read the coin list from', () =>
        db.selectFrom('assets').selectAll().orderBy('position').execute(),
      );
      const first = rows[0];
      if (!first) return null;
      const assets = rows.map((row) => ({
        symbol: row.symbol,
        name: row.name,
        rank: row.rank,
        marketCapUsd: row.market_cap_usd,
        stablecoin: row.stablecoin === 1,
        ...(row.id === null ? {} : { id: row.id }),
        ...(row.price_usd === null ? {} : { priceUsd: row.price_usd }),
      }));
      return { assets, fetchedAtMs: first.fetched_at_ms };
    },
  };
}

/** A source whose prices under a ticker were found to be those of a coin. */
interface ConfirmedSource {
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
