import { changeOf } from '../../core/coin-changes.ts';
import { followerKind } from '../../core/token-kinds.ts';
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
