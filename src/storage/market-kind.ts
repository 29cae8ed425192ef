/**
 * Which market the kept candles describe. Files and simulations use the same tickers as the live market, so they never
 * share a table with it: `openStorage` keeps theirs in memory, and every candle's source is checked on the way in.
 */
export type MarketKind = 'live' | 'csv' | 'simulated';

/** Whether candles of that source describe that market. */
export function belongsTo(market: MarketKind, source: string): boolean {
  const kind = source.split(':', 1)[0];
  return market === 'live' ? kind !== 'csv' && kind !== 'simulated' : kind === market;
}
