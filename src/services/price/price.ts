import type { PriceQuote } from '../../core/market.ts';
import type { AssetDirectory } from '../../market/assets.ts';
import type { LivePrices } from '../../market/live-price.ts';

/** Plain prices; nothing here writes to the ledger. */
export interface PriceService {
  /**
   * The price of a coin given by symbol or name: its last trade, or its newest believed close. Throws `CC_UNKNOWN_SYMBOL`, `CC_STABLECOIN`,
   * and as the market does when there is neither.
   */
  quote(symbol: string): Promise<PriceQuote>;
}

/** What the service is built from. */
export interface PriceParts {
  readonly assets: Pick<AssetDirectory, 'resolve'>;
  readonly livePrices: Pick<LivePrices, 'lastTrade'>;
  readonly simulated: () => boolean;
}

/** Makes the service. */
export function createPriceService({ assets, livePrices, simulated }: PriceParts): PriceService {
  return {
    async quote(text) {
      const asset = assets.resolve(text);
      const { symbol: _, doubted, ...price } = await livePrices.lastTrade(asset.symbol);
      return { asset, ...price, unconfirmed: doubted, simulated: simulated() };
    },
  };
}
