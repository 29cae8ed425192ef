/**
 * Live sources of candles, in the order in which they are tried by default. A name added here is a compile error until it has its URL
 * below and its builder in `app/market-sources.ts`; the setting, its error and the doctor need no change.
 */
export const LIVE_SOURCES = ['binance', 'coinbase', 'kraken', 'coingecko'] as const;
export type LiveSource = (typeof LIVE_SOURCES)[number];

/** One entry of the setting `MARKET_SOURCES`. */
export type MarketSource = LiveSource | 'simulated' | `csv:${string}`;

/**
 * Which market the kept candles describe. Files and simulations use the same tickers as the live market, so they never
 * share a table with it: `openStorage` keeps theirs in a database of their own in memory, and the source of every candle
 * is checked on the way in.
 */
export type MarketKind = 'live' | 'csv' | 'simulated';

/** Public base URL of every provider, under the name of the setting that replaces it. */
export const PROVIDER_URLS = {
  // The data host is not blocked in the US as the trading host is. None of the candle sources needs a key.
  BINANCE_URL: 'https://data-api.binance.vision',
  COINBASE_URL: 'https://api.exchange.coinbase.com',
  KRAKEN_URL: 'https://api.kraken.com',
  COINGECKO_URL: 'https://api.coingecko.com',
  // The community host; its data is CC BY-NC 4.0.
  COINMETRICS_URL: 'https://community-api.coinmetrics.io',
  BLOCKCHAIN_URL: 'https://api.blockchain.info',
  REDDIT_URL: 'https://www.reddit.com',
  REDDIT_AUTH_URL: 'https://www.reddit.com',
  FEARGREED_URL: 'https://api.alternative.me',
  CRYPTOPANIC_URL: 'https://cryptopanic.com',
  FED_URL: 'https://www.federalreserve.gov',
  BLS_URL: 'https://www.bls.gov',
  ECB_URL: 'https://www.ecb.europa.eu',
  FRANKFURTER_URL: 'https://api.frankfurter.dev',
  ER_API_URL: 'https://open.er-api.com',
} as const satisfies Readonly<Record<`${Uppercase<LiveSource>}_URL`, string> & Record<`${string}_URL`, string>>;

/** Sources of the daily reference rates of currencies, in the order in which they are asked. */
export const RATE_SOURCES = ['ecb', 'frankfurter', 'er-api'] as const;

/** Pattern of a subreddit's name; nothing else may reach a URL. */
export const SUBREDDIT_PATTERN = /^[A-Za-z0-9_]{2,21}$/;

/** Whether an entry of `MARKET_SOURCES` names a live source. */
export function isLiveSource(source: MarketSource): source is LiveSource {
  return (LIVE_SOURCES as readonly MarketSource[]).includes(source);
}

/** Which market an entry of `MARKET_SOURCES` belongs to; prices of two markets must never meet. */
export function marketOf(source: MarketSource): MarketKind {
  if (isLiveSource(source)) return 'live';
  return csvFolderOf(source) === null ? 'simulated' : 'csv';
}

/** The folder of an entry such as `csv:prices`, or null. */
export function csvFolderOf(source: MarketSource): string | null {
  return source.startsWith('csv:') ? source.slice('csv:'.length) : null;
}
