/** A coin that can be forecast or named in a reply. */
export interface Asset {
  /** Ticker in capitals, such as `BTC`. */
  readonly symbol: string;
  readonly name: string;
  /** 1 for the largest market capitalisation; null when unknown. */
  readonly rank: number | null;
  readonly marketCapUsd: number | null;
  /** Pegged to a currency: listed, but never forecast. */
  readonly stablecoin: boolean;
  /** The coin list's own id, such as `terra-luna-2`; several coins may bear one ticker. Absent where no list named it. */
  readonly id?: string;
  /** What became of the ticker that was asked for, in a sentence; present where it was an old or an exchange's own one. */
  readonly change?: string;
  /** US dollars as of the coin list; absent where unknown. */
  readonly priceUsd?: number;
}

/** Pattern of a ticker; everything else is refused before it reaches a URL, a path or a query. */
export const SYMBOL_PATTERN = /^[A-Z0-9]{1,15}$/;

/** Tickers pegged to a currency or to another asset's price one to one. */
export const STABLECOINS: ReadonlySet<string> = new Set([
  'USDT',
  'USDC',
  'DAI',
  'USDE',
  'USDS',
  'FDUSD',
  'TUSD',
  'BUSD',
  'USDP',
  'PYUSD',
  'USDD',
  'GUSD',
  'LUSD',
  'USD1',
  'USD0',
  'USDX',
  'SUSD',
  'EURC',
  'EURT',
  'EURS',
  'RLUSD',
  'USDG',
  'CRVUSD',
  'GHO',
  'USTC',
  'UST',
  'XSGD',
  'USDF',
  'USDTB',
  'BUIDL',
]);

const known: readonly (readonly [symbol: string, name: string])[] = [
  ['BTC', 'Bitcoin'],
  ['ETH', 'Ethereum'],
  ['XRP', 'XRP'],
  ['BNB', 'BNB'],
  ['SOL', 'Solana'],
  ['DOGE', 'Dogecoin'],
  ['TRX', 'TRON'],
  ['ADA', 'Cardano'],
  ['LINK', 'Chainlink'],
  ['XLM', 'Stellar'],
  ['BCH', 'Bitcoin Cash'],
  ['SUI', 'Sui'],
  ['AVAX', 'Avalanche'],
  ['LTC', 'Litecoin'],
  ['HBAR', 'Hedera'],
  ['TON', 'Toncoin'],
  ['SHIB', 'Shiba Inu'],
  ['DOT', 'Polkadot'],
  ['UNI', 'Uniswap'],
  ['AAVE', 'Aave'],
  ['XMR', 'Monero'],
  ['PEPE', 'Pepe'],
  ['NEAR', 'NEAR Protocol'],
  ['ETC', 'Ethereum Classic'],
  ['APT', 'Aptos'],
  ['ICP', 'Internet Computer'],
  ['ATOM', 'Cosmos'],
  ['FIL', 'Filecoin'],
  ['ARB', 'Arbitrum'],
  ['ALGO', 'Algorand'],
  ['OP', 'Optimism'],
  ['VET', 'VeChain'],
  ['INJ', 'Injective'],
  ['SEI', 'Sei'],
  ['GRT', 'The Graph'],
  ['FET', 'Artificial Superintelligence Alliance'],
  ['SAND', 'The Sandbox'],
  ['MANA', 'Decentraland'],
  ['AXS', 'Axie Infinity'],
  ['XTZ', 'Tezos'],
  ['THETA', 'Theta Network'],
  ['EOS', 'EOS'],
  ['NEO', 'NEO'],
  ['CRV', 'Curve DAO'],
  ['MKR', 'Maker'],
  ['LDO', 'Lido DAO'],
  ['RUNE', 'THORChain'],
  ['CHZ', 'Chiliz'],
  ['EGLD', 'MultiversX'],
  ['KSM', 'Kusama'],
  ['ZIL', 'Zilliqa'],
  ['ENJ', 'Enjin Coin'],
  ['COMP', 'Compound'],
  ['SUSHI', 'SushiSwap'],
  ['1INCH', '1inch'],
  ['BAT', 'Basic Attention Token'],
  ['ZEC', 'Zcash'],
  ['DASH', 'Dash'],
  ['IOTA', 'IOTA'],
  ['APE', 'ApeCoin'],
];

/**
 * Built-in coins, so that autocomplete works before the first source answers. Roughly by market
 * capitalisation; ranks are left to the live list. The first thirty are the default of `SYMBOLS`.
 */
export const KNOWN_ASSETS: readonly Asset[] = known.map(([symbol, name]) => ({
  symbol,
  name,
  rank: null,
  marketCapUsd: null,
  stablecoin: false,
}));

/** The default of the setting `SYMBOLS`. */
export const DEFAULT_SYMBOLS: readonly string[] = KNOWN_ASSETS.slice(0, 30).map((asset) => asset.symbol);
