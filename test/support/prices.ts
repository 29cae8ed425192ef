import type { AssetDirectory } from '../../src/market/assets.ts';
import type { PriceService } from '../../src/services/price/price.ts';

/** Prices that never change. */
export function steadyPrices(resolve: AssetDirectory['resolve'], atMs: number): PriceService {
  return {
    quote: async (symbol) => ({
      asset: resolve(symbol),
      price: 60_000,
      atMs,
      interval: '1h',
      source: 'simulated',
      fetchedAtMs: atMs,
      failures: [],
      unconfirmed: null,
      simulated: true,
    }),
    storedClose: async () => ({ price: 60_000, atMs }),
  };
}
