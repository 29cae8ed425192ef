import { STABLECOINS } from '../../core/asset.ts';

/**
 * Whether a coin is pegged to a currency: it is on the known list, or it calls itself after a currency (or "stable") and trades
 * where such a peg would be. The name alone is not enough (a coin may be called after the dollar and float), nor is the price (a
 * coin may stand at 1.00 by chance).
 *
 * @param priceUsd null when unknown; then only the list decides
 */
export function looksPegged(symbol: string, name: string, priceUsd: number | null): boolean {
  if (STABLECOINS.has(symbol)) return true;
  if (priceUsd === null) return false;
  const calledDollar = /USD/.test(symbol) || /\b(usd|dollars?|stable(coin)?)\b/i.test(name);
  if (calledDollar) return priceUsd > 0.95 && priceUsd < 1.05;
  const calledOther =
    /^(EUR|GBP|CHF|BRL|TRY|JPY|SGD|AUD|CAD|MXN|IDR)|(EUR|GBP|CHF|BRL|TRY|JPY|SGD|AUD|CAD|MXN|IDR)$/.test(symbol);
  const currency = /\b(euros?|pounds?|swiss francs?|reals?|lira|yen|dollars?|pesos?|rupiah)\b/i.test(name);
  return calledOther && currency;
}
