import { KNOWN_ASSETS } from '../../core/asset.ts';

/** A coin of the simulated market. */
export interface SimulatedCoin {
  readonly symbol: string;
  readonly name: string;
  /** CoinGecko's slug. */
  readonly id: string;
  /** Price in US dollars at the anchor hour. */
  readonly anchorPrice: number;
  /** Coins in circulation, constant. */
  readonly supply: number;
  /** Share in the common factor's returns. */
  readonly beta: number;
  /** Annual volatility of what is the coin's own, 0.5 for 50 %. */
  readonly ownVolatility: number;
  /** Share of the market capitalisation that changes hands on an ordinary day. */
  readonly turnover: number;
  /** Held near one dollar. */
  readonly pegged: boolean;
}

/** Annual volatility of the common factor. */
export const FACTOR_VOLATILITY = 0.42;

type Row = readonly [symbol: string, id: string, price: number, supply: number, beta: number, ownVolatility: number];

// Prices and supplies are of the order of the real ones at the start of 2026; everything else about them is invented.
const floating: readonly Row[] = [
  ['BTC', 'bitcoin', 88_000, 19.97e6, 1, 0.16],
  ['ETH', 'ethereum', 3_000, 120.7e6, 1.25, 0.34],
  ['XRP', 'ripple', 1.9, 60.5e9, 1.15, 0.52],
  ['BNB', 'binancecoin', 860, 137.7e6, 0.95, 0.34],
  ['SOL', 'solana', 127, 562e6, 1.4, 0.5],
  ['DOGE', 'dogecoin', 0.12, 168e9, 1.4, 0.6],
  ['TRX', 'tron', 0.285, 94.7e9, 0.6, 0.34],
  ['ADA', 'cardano', 0.35, 36.6e9, 1.3, 0.5],
  ['LINK', 'chainlink', 12.4, 697e6, 1.35, 0.5],
  ['XLM', 'stellar', 0.21, 32.4e9, 1.15, 0.52],
  ['BCH', 'bitcoin-cash', 590, 19.97e6, 1.15, 0.46],
  ['SUI', 'sui', 1.42, 3.74e9, 1.5, 0.66],
  ['AVAX', 'avalanche-2', 12.5, 430e6, 1.4, 0.54],
  ['LTC', 'litecoin', 78, 76.7e6, 1.1, 0.42],
  ['HBAR', 'hedera-hashgraph', 0.11, 42.5e9, 1.25, 0.6],
  ['TON', 'the-open-network', 1.62, 2.44e9, 1, 0.5],
  ['SHIB', 'shiba-inu', 0.0000071, 589.2e12, 1.3, 0.6],
  ['DOT', 'polkadot', 1.85, 1.64e9, 1.3, 0.48],
  ['UNI', 'uniswap', 5.8, 630e6, 1.35, 0.58],
  ['AAVE', 'aave', 150, 15.3e6, 1.4, 0.56],
  ['XMR', 'monero', 430, 18.44e6, 0.75, 0.42],
  ['PEPE', 'pepe', 0.0000041, 420.69e12, 1.6, 0.8],
  ['NEAR', 'near', 1.52, 1.28e9, 1.4, 0.58],
  ['ETC', 'ethereum-classic', 11.9, 155e6, 1.2, 0.46],
  ['APT', 'aptos', 1.72, 750e6, 1.4, 0.62],
  ['ICP', 'internet-computer', 2.9, 546e6, 1.3, 0.6],
  ['ATOM', 'cosmos', 1.98, 480e6, 1.25, 0.5],
  ['FIL', 'filecoin', 1.32, 720e6, 1.3, 0.55],
  ['ARB', 'arbitrum', 0.187, 5.7e9, 1.45, 0.58],
  ['ALGO', 'algorand', 0.112, 8.85e9, 1.25, 0.54],
  ['OP', 'optimism', 0.27, 1.94e9, 1.5, 0.6],
  ['VET', 'vechain', 0.0103, 85.98e9, 1.3, 0.56],
  ['INJ', 'injective-protocol', 4.5, 100e6, 1.4, 0.66],
  ['SEI', 'sei-network', 0.112, 6.5e9, 1.45, 0.66],
  ['GRT', 'the-graph', 0.034, 10.6e9, 1.35, 0.6],
  ['FET', 'fetch-ai', 0.205, 2.3e9, 1.4, 0.74],
  ['SAND', 'the-sandbox', 0.113, 2.6e9, 1.35, 0.6],
  ['MANA', 'decentraland', 0.118, 1.94e9, 1.3, 0.58],
  ['AXS', 'axie-infinity', 0.83, 168e6, 1.35, 0.66],
  ['XTZ', 'tezos', 0.49, 1.07e9, 1.15, 0.5],
];

const nameOf = new Map(KNOWN_ASSETS.map((asset) => [asset.symbol, asset.name]));

const pegged: readonly SimulatedCoin[] = (
  [
    ['USDT', 'tether', 'Tether', 187e9],
    ['USDC', 'usd-coin', 'USDC', 75e9],
  ] as const
).map(([symbol, id, name, supply]) => ({
  symbol,
  id,
  name,
  supply,
  anchorPrice: 1,
  beta: 0,
  ownVolatility: 0.008,
  turnover: 0.3,
  pegged: true,
}));

/** Every coin of the simulated market: forty that float, two that are pegged to the dollar. */
export const SIMULATED_COINS: readonly SimulatedCoin[] = [
  ...floating.map(([symbol, id, anchorPrice, supply, beta, ownVolatility]) => ({
    symbol,
    id,
    name: nameOf.get(symbol) ?? symbol,
    anchorPrice,
    supply,
    beta,
    ownVolatility,
    turnover: 0.02,
    pegged: false,
  })),
  ...pegged,
];

/** Annual volatility of the coin as a whole, from its share in the factor and what is its own. */
export function totalVolatility(coin: SimulatedCoin): number {
  return Math.hypot(coin.beta * FACTOR_VOLATILITY, coin.ownVolatility);
}
