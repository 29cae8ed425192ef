import { KNOWN_ASSETS, STABLECOINS } from './asset.ts';

/** Why a token's price says nothing of its own about the market: it follows another price. */
export type FollowerKind = 'pegged' | 'currency' | 'metal' | 'wrapped' | 'leveraged';

/** A token as a list of markets and the coin list name it. */
export interface NamedToken {
  readonly symbol: string;
  /** Null where no list tells it. */
  readonly name: string | null;
  readonly priceUsd: number | null;
}

/** Currencies and tokens of them that exchanges trade against the dollar. RON is left out: that ticker is Ronin. */
const CURRENCIES: ReadonlySet<string> = new Set(
  'EUR GBP AUD CAD CHF JPY NZD BRL TRY RUB UAH NGN ZAR PLN ARS MXN COP CZK INR IDR IDRT BIDR BVND AEUR EURI EURR EUROC EURQ EUROE EUROP EURCV TGBP TRYB BRZ MXNT GBPT CADC QCAD JPYC XIDR ZCHF'.split(
    ' ',
  ),
);

const METALS: ReadonlySet<string> = new Set('PAXG XAUT XAUT0 XAUM KAU KAG DGX PMGT CGT VNXAU'.split(' '));

/** Tokens of another coin that are worth as much as it, or as much and what was earned by staking it. */
const WRAPPED: ReadonlySet<string> = new Set(
  'WBTC BTCB CBBTC TBTC LBTC HBTC RENBTC SBTC SOLVBTC FBTC UNIBTC PUMPBTC WETH STETH WSTETH WBETH BETH RETH CBETH WEETH EETH EZETH RSETH METH SWETH OSETH FRXETH SFRXETH ANKRETH LSETH WSOL BNSOL JITOSOL MSOL STSOL BBSOL JUPSOL WBNB SLISBNB WAVAX SAVAX WMATIC WTRX STRX STATOM SUSDE SDAI SUSDS'.split(
    ' ',
  ),
);

/** Coins that others are wrapped or staked from, and how much dearer or cheaper such a token may be. */
const MAJORS = 'BTC ETH SOL BNB XRP ADA DOGE TRX AVAX DOT LTC BCH LINK ATOM MATIC POL NEAR SUI APT TON HYPE'.split(' ');
const PARITY = { least: 0.9, most: 1.6 } as const;
const MAX_PREFIX = 5;

/** How near to one dollar a token is that calls itself after it. */
const PEG = { least: 0.9, most: 1.1 } as const;

const KNOWN: ReadonlySet<string> = new Set(KNOWN_ASSETS.map(({ symbol }) => symbol));

/**
 * What a token follows, by its ticker, its name and its price; null for a coin with a price of its own. A ticker alone is no proof where coins
 * have such tickers too: JUP and SUPER are no leveraged tokens, as there is no coin J, and WLD is no wrapped LD.
 *
 * @param prices what else is traded, with prices in US dollars where they are known
 */
export function followerKind(token: NamedToken, prices: ReadonlyMap<string, number | null>): FollowerKind | null {
  const { symbol, name, priceUsd } = token;
  if (STABLECOINS.has(symbol) || (symbol.includes('USD') && nearOne(priceUsd))) return 'pegged';
  if (CURRENCIES.has(symbol)) return 'currency';
  if (METALS.has(symbol)) return 'metal';
  if (WRAPPED.has(symbol) || /\b(wrapped|bridged|staked|restaked)\b/i.test(name ?? '')) return 'wrapped';
  if (isLeveraged(symbol, prices)) return 'leveraged';
  const other = MAJORS.find((major) => symbol.endsWith(major) && symbol !== major);
  const otherPrice = other && prices.get(other);
  if (!other || !otherPrice || !priceUsd || symbol.length - other.length > MAX_PREFIX) return null;
  const ratio = priceUsd / otherPrice;
  return ratio >= PARITY.least && ratio <= PARITY.most ? 'wrapped' : null;
}

function nearOne(priceUsd: number | null): boolean {
  return priceUsd === null || (priceUsd > PEG.least && priceUsd < PEG.most);
}

/** Such as BTCUP, ETHBEAR and XRP3L: a coin that exists, and which way and how many times. */
function isLeveraged(symbol: string, prices: ReadonlyMap<string, number | null>): boolean {
  const coin = /^(.{2,}?)(?:UP|DOWN|BULL|BEAR|HALF|HEDGE|[2-9][LS])$/.exec(symbol)?.[1];
  return coin !== undefined && (prices.has(coin) || KNOWN.has(coin));
}
