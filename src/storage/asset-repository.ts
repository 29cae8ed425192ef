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
