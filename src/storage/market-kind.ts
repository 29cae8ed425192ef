/**
 * Which market the kept candles describe. Files and simulations use the same tickers as the live market, so they never
 * share a table with it: `openStorage` keeps theirs in a database of their own in memory, and the source of every candle
 * is checked on the way in.
 */
export type MarketKind = 'live' | 'csv' | 'simulated';

/**
 * Whether candles of that source may be kept with those of that market. The simulation may answer under any name,
 * because it speaks the providers' own formats; what keeps it apart is that its candles never leave memory.
 */
export function belongsTo(market: MarketKind, source: string): boolean {
  if (market === 'simulated') return true;
  const kind = source.split(':', 1)[0];
  return market === 'csv' ? kind === 'csv' : kind !== 'csv' && kind !== 'simulated';
}
