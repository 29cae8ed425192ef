import type { LivePrice } from '../../src/core/market.ts';
import type { AssetDirectory } from '../../src/market/assets.ts';
import type { PriceService } from '../../src/services/price/price.ts';

/** Prices that never change. */
export function steadyPrices(resolve: AssetDirectory['resolve'], atMs: number): PriceService {
  const of = (symbol: string): LivePrice => ({
    symbol,
    price: 60_000,
    kind: 'trade',
    atMs,
    source: 'simulated',
    fetchedAtMs: atMs,
    doubted: null,
    failures: [],
  });
  return {
    async quote(text) {
      const asset = resolve(text);
      const { symbol: _, doubted, ...price } = of(asset.symbol);
      return { asset, ...price, unconfirmed: doubted, simulated: true };
    },
  };
}
