import { KNOWN_ASSETS, STABLECOINS } from '../../core/asset.ts';
import { changeOf } from '../../core/coin-changes.ts';
import type { ListedMarket } from '../../sources/source.ts';
import type { TrainingCoin } from '../../storage/training-coin-repository.ts';

/** What one source says it trades. */
export interface MarketList {
  readonly source: string;
  readonly markets: readonly ListedMarket[];
}

/** What the coin list says of a ticker. */
export interface KnownCoin {
  readonly name: string | null;
  readonly priceUsd: number | null;
  readonly stablecoin: boolean;
}

/** What the coins that are learnt from are chosen by. */
export interface Choosing {
  /** Always learnt from, in this order, before all others. */
  readonly tracked: readonly string[];
  /** How many coins there are to be, the tracked ones among them; more where more are tracked. */
  readonly wanted: number;
  /** The lists of the sources that answered. */
  readonly lists: readonly MarketList[];
  /** The coins that are learnt from or have been. */
  readonly members: readonly TrainingCoin[];
  readonly known: ReadonlyMap<string, KnownCoin>;
  readonly nowMs: number;
}

/** The coins as they are to be stored. */
export interface ChosenCoins {
  readonly coins: readonly TrainingCoin[];
  /** Members that turned out to follow another price. */
  readonly removed: readonly string[];
}

/** A coin that is learnt from counts for this many times its volume, so that those at the end of the list do not change every day. */
const MEMBER_WEIGHT = 2;
/** More dollars of one coin than have ever been traded in a day are a fault of the list. */
const MAX_DOLLARS = 1e12;

/**
 * Chooses the most traded coins against the dollar by one rank over all sources. A source that has not answered keeps saying what it said before of
 * the coins that are members. One that is listed no more, or has fallen behind, stays without a place: what became of it is part of what there
 * is to learn.
 */
export function chooseCoins({ tracked, wanted, lists, members, known, nowMs }: Choosing): ChosenCoins {
  const before = new Map(members.map((coin) => [coin.symbol, coin]));
  const prices = pricesOf(lists, known);
  const answered = new Set(lists.map(({ source }) => source));
  const volumes = new Map<string, Record<string, number>>();
  for (const coin of members) {
    volumes.set(coin.symbol, Object.fromEntries(Object.entries(coin.volumes).filter(([name]) => !answered.has(name))));
  }
  for (const { source, markets } of lists) {
    for (const { symbol, coins, priceUsd } of markets) {
      const dollars = coins * (priceUsd ?? prices.get(symbol) ?? 0);
      if (!(dollars > 0 && dollars <= MAX_DOLLARS)) continue;
      volumes.set(symbol, { ...volumes.get(symbol), [source]: dollars });
    }
  }
  const follows = (symbol: string) => {
    const coin = known.get(symbol);
    const token = { symbol, name: coin?.name ?? null, priceUsd: prices.get(symbol) ?? null };
    return coin?.stablecoin === true || followerKind(token, prices) !== null;
  };
  const isTracked = new Set(tracked);
  const weight = (symbol: string) => {
    const sum = Object.values(volumes.get(symbol) ?? {}).reduce((total, dollars) => total + dollars, 0);
    return sum * (typeof before.get(symbol)?.place === 'number' ? MEMBER_WEIGHT : 1);
  };
  const others = [...volumes.keys()]
    .filter((symbol) => !isTracked.has(symbol) && weight(symbol) > 0 && !goesByAnotherTicker(symbol))
    .filter((symbol) => !follows(symbol))
    .sort((a, b) => weight(b) - weight(a) || (a < b ? -1 : 1))
    .slice(0, Math.max(0, wanted - tracked.length));
  const places = new Map([...isTracked, ...others].map((symbol, i) => [symbol, i + 1]));
  const removed = members.map(({ symbol }) => symbol).filter((symbol) => !places.has(symbol) && follows(symbol));
  const kept = [...new Set([...places.keys(), ...before.keys()])].filter((symbol) => !removed.includes(symbol));
  const coins = kept.map((symbol): TrainingCoin => {
    const coin = before.get(symbol);
    const said = volumes.get(symbol) ?? {};
    const isListed = lists.some(({ source }) => said[source] !== undefined);
    return {
      symbol,
      place: places.get(symbol) ?? null,
      volumes: said,
      addedMs: coin?.addedMs ?? nowMs,
      listedMs: isListed || !coin ? nowMs : coin.listedMs,
      historyFromMs: coin?.historyFromMs ?? null,
      historyDueMs: coin?.historyDueMs ?? 0,
    };
  });
  return { coins, removed };
}

/** Prices of all that is listed: of several sources the first that has one, else the coin list's. */
function pricesOf(lists: readonly MarketList[], known: Choosing['known']): ReadonlyMap<string, number | null> {
  const prices = new Map<string, number | null>();
  for (const { symbol, priceUsd } of lists.flatMap(({ markets }) => markets)) {
    prices.set(symbol, prices.get(symbol) ?? priceUsd);
  }
  for (const [symbol, priceUsd] of prices) {
    if (priceUsd === null) prices.set(symbol, known.get(symbol)?.priceUsd ?? null);
  }
  return prices;
}

/** Whether a coin goes on under another ticker, which is the one to learn from. */
function goesByAnotherTicker(symbol: string): boolean {
  const kind = changeOf(symbol)?.kind;
  return kind === 'renamed' || kind === 'alias';
}

/** Why a token's price says nothing of its own about the market: it follows another price. */
type FollowerKind = 'pegged' | 'currency' | 'metal' | 'wrapped' | 'leveraged';

/** A token as a list of markets and the coin list name it. */
interface NamedToken {
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
