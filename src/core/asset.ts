import type { Message } from '../language/message.ts';

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
  readonly change?: Message;
  /** US dollars as of the coin list; absent where unknown. */
  readonly priceUsd?: number;
}

/** Pattern of a ticker; everything else is refused before it reaches a URL, a path or a query. */
export const SYMBOL_PATTERN = /^[A-Z0-9]{1,15}$/;

/** Coins pegged to a currency, with CoinGecko's id of each: another coin may bear the ticker. Gold (XAUT, PAXG) is no currency, its price moves. */
const pegged: readonly (readonly [symbol: string, name: string, id: string])[] = [
  ['USDT', 'Tether', 'tether'],
  ['USDC', 'USD Coin', 'usd-coin'],
  ['DAI', 'Dai', 'dai'],
  ['USDS', 'USDS', 'usds'],
  ['USDE', 'Ethena USDe', 'ethena-usde'],
  ['FDUSD', 'First Digital USD', 'first-digital-usd'],
  ['PYUSD', 'PayPal USD', 'paypal-usd'],
  ['TUSD', 'TrueUSD', 'true-usd'],
  ['USDD', 'USDD', 'usdd'],
  ['FRXUSD', 'Frax USD', 'frax-usd'],
  ['GUSD', 'Gemini Dollar', 'gemini-dollar'],
  ['LUSD', 'Liquity USD', 'liquity-usd'],
  ['USDP', 'Pax Dollar', 'paxos-standard'],
  ['RLUSD', 'Ripple USD', 'ripple-usd'],
  ['USD1', 'USD1', 'usd1-wlfi'],
  ['USDG', 'Global Dollar', 'global-dollar'],
  ['USDF', 'Falcon USD', 'falcon-finance'],
  ['USDTB', 'USDtb', 'usdtb'],
  ['USD0', 'Usual USD', 'usual-usd'],
  ['BFUSD', 'BFUSD', 'bfusd'],
  ['AUSD', 'Agora Dollar', 'agora-dollar'],
  ['BUSD', 'Binance USD', 'binance-usd'],
  ['GHO', 'GHO', 'gho'],
  ['CRVUSD', 'crvUSD', 'crvusd'],
  ['USDX', 'Stables Labs USDX', 'usdx-money-usdx'],
  ['USR', 'Resolv USR', 'resolv-usr'],
  ['MIM', 'Magic Internet Money', 'magic-internet-money'],
  ['SUSD', 'sUSD', 'nusd'],
  ['BUIDL', 'BlackRock USD Institutional Digital Liquidity Fund', 'blackrock-usd-institutional-digital-liquidity-fund'],
  ['EURC', 'EURC', 'euro-coin'],
  ['EURS', 'STASIS EURO', 'stasis-eurs'],
  ['EURT', 'Euro Tether', 'tether-eurt'],
  ['XSGD', 'XSGD', 'xsgd'],
  ['USTC', 'TerraClassicUSD', 'terrausd'],
  ['UST', 'TerraUSD', 'terrausd'],
];

/** Tickers pegged to a currency. */
export const STABLECOINS: ReadonlySet<string> = new Set(pegged.map(([symbol]) => symbol));

const PEGGED_IDS: ReadonlyMap<string, string> = new Map(pegged.map(([symbol, , id]) => [symbol, id]));
/** Pegged coins whose ticker means another coin now: FRAX was a dollar until it became the new name of FXS. */
const IDS: ReadonlySet<string> = new Set([...PEGGED_IDS.values(), 'frax']);

/** Whether a coin is known to be pegged to a currency: by the coin list's id where it has one, else by its ticker. */
export function isPegged({ symbol, id }: Pick<Asset, 'symbol' | 'id'>): boolean {
  return id === undefined ? STABLECOINS.has(symbol) : IDS.has(id);
}

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

/** Pegged coins, known so that who asks for one is told why there is no forecast of it. */
export const PEGGED_ASSETS: readonly Asset[] = pegged.map(([symbol, name]) => ({
  symbol,
  name,
  rank: null,
  marketCapUsd: null,
  stablecoin: true,
}));

/** The default of the setting `SYMBOLS`. */
export const DEFAULT_SYMBOLS: readonly string[] = KNOWN_ASSETS.slice(0, 30).map((asset) => asset.symbol);
