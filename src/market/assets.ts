import { type Asset, isPegged, KNOWN_ASSETS, PEGGED_ASSETS, SYMBOL_PATTERN } from '../core/asset.ts';
import { COIN_CHANGES, type CoinChange, changeOf, isTakenOver } from '../core/coin-changes.ts';
import { parseCurrency } from '../core/currency.ts';
import { cutText } from '../core/cut-text.ts';
import { asCandlecastError, CandlecastError, type ErrorDetails, UnknownNameError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { OddRowCount } from '../core/market.ts';
import { coinText, type QuoteAsk, readCoins, readPair } from '../core/pair.ts';
import { type Clock, DAY_MS, HOUR_MS, MINUTE_MS, steadyClock } from '../core/time.ts';
import type { AssetSource } from '../sources/source.ts';
import type { AssetRepository } from '../storage/asset-repository.ts';
import { exactMatch, fuzzyMatches, literalMatches, plain, type SearchEntry, searchEntries } from './asset-search.ts';

/** The coins that can be forecast; every call answers from memory. */
export interface AssetDirectory {
  /** Best matches for what was typed so far, by symbol and name, ranked by market capitalisation. */
  search(text: string, limit: number): readonly Asset[];
  /**
   * The coin meant by a symbol or a name, an old one included; it then says what changed. Throws `CC_UNKNOWN_SYMBOL` (an
   * `UnknownNameError`), `CC_STABLECOIN`, and `CC_COIN_CHANGED` (an `UnknownNameError`) for a coin that became another one at another ratio,
   * unless `follow` is true: that other one is then meant.
   */
  resolve(text: string, follow?: boolean): Asset;
}

/** What a directory of coins is made of. */
export interface AssetDirectoryOptions {
  /** Tickers of the setting `SYMBOLS`: always known, even if no list names them. */
  readonly symbols: readonly string[];
  readonly repository: AssetRepository;
  /** Null where no list can be fetched (csv, simulation). */
  readonly source: AssetSource | null;
  /** Coins known besides, such as those of the simulation. Default: {@link KNOWN_ASSETS}. */
  readonly known?: readonly Asset[];
  /** Tickers of coins that there are files of: they mean what the files hold, whatever became of the coin. */
  readonly own?: ReadonlySet<string>;
  readonly now: Clock;
  readonly logger: Logger;
}

/** A directory that a scheduler keeps up to date. */
export interface RefreshableAssetDirectory extends AssetDirectory {
  /**
   * Fetches the list anew if the one held is a day old (an hour after a failure), or older than `maxAgeMs`, and stores it. Never throws: a
   * failure is logged and the list held stays. Resolves to whether a new list came.
   */
  refresh(signal?: AbortSignal, maxAgeMs?: number): Promise<boolean>;
  /** What the coin list says of a ticker; null where it has no coin of it, or there is no list. */
  listed(symbol: string): ListedCoin | null;
  /** How many coins are known. */
  readonly size: number;
  /** Every coin known, in the order of the list. */
  all(): readonly Asset[];
}

/** The coin that the list means by a ticker. */
export interface ListedCoin {
  readonly id: string;
  /** US dollars; null where the list has no price. */
  readonly priceUsd: number | null;
  /** When the list was fetched. */
  readonly atMs: number;
}

const REFRESH_EVERY_MS = DAY_MS;
const RETRY_AFTER_MS = HOUR_MS;
/** A list of less than half the coins of the one held is taken for cut short, until that one is as old as this. */
const MAX_HELD_MS = 7 * DAY_MS;
const MIN_COMPARED = 100;
/** Minimum time between two lists fetched for their prices: CoinGecko's budget without a key is eight requests a minute. */
const MIN_REFRESH_MS = 10 * MINUTE_MS;
/** Coins pegged to a currency, which no list names offline. */
const PEGGED = searchEntries(PEGGED_ASSETS);
const MAX_LISTED = 5_000;
const SUGGESTIONS = 3;
/** Quote currencies of a market's name: BTC/USDT, BTCUSDT, BTC-USD. */
const QUOTES = ['usdt', 'usdc', 'busd', 'fdusd', 'usd'];

/**
 * Makes the directory from what is built in, configured and stored, so that it answers at once and without network;
 * `refresh` is left to the caller. Of several coins with one ticker the one with the larger market capitalisation counts.
 * Throws `CC_DATABASE` when the stored list cannot be read.
 */
export async function createAssetDirectory(options: AssetDirectoryOptions): Promise<RefreshableAssetDirectory> {
  const { symbols, repository, source, own = new Set(), now, logger } = options;
  let coins = new Map<string, Asset>();
  const isOver = (change: CoinChange) => {
    const listed = coins.get(change.symbol);
    return !own.has(change.symbol) && !(listed && isTakenOver(change, listed));
  };
  const changed = (symbol: string) => {
    const change = changeOf(symbol);
    return change && isOver(change) ? change : null;
  };
  const known = (options.known ?? KNOWN_ASSETS).filter(({ symbol }) => (changed(symbol)?.to ?? null) === null);
  const stored = await repository.all();
  let entries = searchEntries(merge(known, symbols, stored?.assets ?? []));
  // A list of an earlier version has neither ids nor prices.
  const complete = stored?.assets.some(({ id }) => id !== undefined);
  // By the steady clock, which has just begun; a list from the future was dated by a clock that was ahead.
  const steady = steadyClock(now);
  const ageMs = stored ? Math.max(0, now() - stored.fetchedAtMs) : 0;
  let nextRefreshMs = stored && complete ? REFRESH_EVERY_MS - ageMs : Number.NEGATIVE_INFINITY;
  coins = byTicker(stored?.assets ?? []);
  let listedAtMs = stored ? Math.min(stored.fetchedAtMs, now()) : Number.NEGATIVE_INFINITY;
  let triedAtMs = Number.NEGATIVE_INFINITY;
  let running: Promise<boolean> | null = null;

  async function fetchList(from: AssetSource, signal?: AbortSignal): Promise<boolean> {
    const odd = (dropped: readonly OddRowCount[]) =>
      logger.warn({ source: from.name, dropped }, 'odd coins of the list were dropped');
    triedAtMs = now();
    try {
      // Which coin a ticker means does not change while that coin is listed: what is stored under the ticker is its.
      const remembered = new Map([...coins].flatMap(([symbol, { id }]) => (id === undefined ? [] : [[symbol, id]])));
      const listed = (await from.listAssets(signal, odd, remembered)).filter(isSound).slice(0, MAX_LISTED);
      if (listed.length === 0) throw new CandlecastError('CC_SOURCE_BAD_DATA', `${from.name} sent an empty coin list.`);
      if (coins.size >= MIN_COMPARED && listed.length < coins.size / 2 && now() - listedAtMs < MAX_HELD_MS) {
        const what = `sent a list of ${listed.length} coins after one of ${coins.size}.`;
        throw new CandlecastError('CC_SOURCE_BAD_DATA', `${from.name} ${what}`);
      }
      await repository.replaceAll(listed, now());
      entries = searchEntries(merge(known, symbols, listed));
      const replaced = byTicker(listed);
      for (const [symbol, { id, name }] of coins) {
        const other = replaced.get(symbol);
        if (id === undefined || !other || other.id === id) continue;
        logger.warn(
          { symbol, before: `${name} (${id})`, now: `${other.name} (${other.id})` },
          'a ticker means another coin now',
        );
      }
      coins = replaced;
      listedAtMs = now();
      nextRefreshMs = steady() + REFRESH_EVERY_MS;
      return true;
    } catch (error) {
      // The caller no longer waits, for example because the program ends.
      if (signal?.aborted && (signal.reason as Error | undefined)?.name === 'AbortError') return false;
      const late = signal?.aborted
        ? new CandlecastError('CC_SOURCE_TIMEOUT', `${from.name} did not send its coin list in time.`)
        : null;
      const { code, message } = late ?? asCandlecastError(error);
      logger.warn({ source: from.name, code, reason: message }, 'the coin list was not refreshed; the old one stays');
      nextRefreshMs = steady() + RETRY_AFTER_MS;
      return false;
    }
  }

  /** The coin that goes on after a change. Throws `CC_COIN_CHANGED` where its prices do not go on. */
  function afterChange(change: CoinChange, held: Asset | undefined, follow: boolean): Asset {
    const { kind, to, text, said } = change;
    if (kind === 'reused' && held) return { ...held, change: said };
    // Still in the coin list: somebody trades it.
    if (kind === 'ended' && held?.id !== undefined) return { ...held, change: said };
    if (to === null || (kind === 'converted' && !follow)) {
      const remedy = to ? `Ask for ${to.symbol} (${to.name}) instead.` : 'Ask for another coin.';
      throw new UnknownNameError('CC_COIN_CHANGED', text, to ? [to.symbol] : [], {
        remedy,
        said,
        advice: to
          ? { key: 'errors.askForCoin', values: { coin: `${to.symbol} (${to.name})` } }
          : { key: 'errors.askAnother' },
      });
    }
    return { ...successorOf(to), change: said };
  }

  function successorOf({ symbol, name }: NonNullable<CoinChange['to']>): Asset {
    const found = exactMatch(entries, symbol.toLowerCase())?.asset;
    return found ?? { symbol, name, rank: null, marketCapUsd: null, stablecoin: false };
  }

  /** A coin that another became is known by its ticker before there is a coin list. */
  function successorNamed(spelling: string): Asset | undefined {
    const to = COIN_CHANGES.find((change) => change.to?.symbol.toLowerCase() === spelling)?.to;
    return to ? successorOf(to) : undefined;
  }

  const byFormerName = (spelling: string) =>
    COIN_CHANGES.find((change) => change.to !== null && isOver(change) && plain(change.name) === spelling) ?? null;

  /** `1000PEPE` is how exchanges call a thousand PEPE; the price is that of one. */
  function byThousand(spelling: string): Asset | undefined {
    const symbol = /^1000([a-z0-9]+)$/.exec(spelling)?.[1];
    const found = symbol === undefined ? undefined : exactMatch(entries, symbol)?.asset;
    if (!found) return undefined;
    return { ...found, change: { key: 'coin.thousand', values: { coin: found.symbol } } };
  }

  /** Coins whose former ticker or name begins with what was typed, under their present ticker. */
  function formerMatches(spelling: string): { readonly asset: Asset; readonly exact: boolean }[] {
    if (spelling === '') return [];
    return COIN_CHANGES.flatMap((change) => {
      const { symbol, name, to } = change;
      const old = symbol.toLowerCase();
      const matches = old.startsWith(spelling) || plain(name).startsWith(spelling);
      if (to === null || !isOver(change) || !matches) return [];
      const asset = successorOf(to);
      const label = `${asset.name}, ${change.kind === 'alias' ? 'also' : 'formerly'} ${symbol}`;
      return [{ asset: { ...asset, name: label }, exact: old === spelling || plain(name) === spelling }];
    });
  }

  return {
    search(text, limit) {
      const found = nearest(entries, text).map((entry) => entry.asset);
      const former = spellings(text).flatMap((spelling) => formerMatches(spelling));
      const ordered = [
        ...former.filter(({ exact }) => exact).map(({ asset }) => asset),
        ...found.filter(({ symbol }) => (changed(symbol)?.to ?? null) === null),
        ...former.map(({ asset }) => asset),
      ];
      const coins = new Map<string, Asset>();
      for (const asset of ordered) if (!coins.has(asset.symbol)) coins.set(asset.symbol, asset);
      return [...coins.values()].slice(0, Math.max(0, limit));
    },

    resolve(text, follow = false) {
      for (const spelling of spellings(text)) {
        const listedAsset = exactMatch(entries, spelling)?.asset;
        const change =
          changed((listedAsset?.symbol ?? spelling).toUpperCase()) ?? (listedAsset ? null : byFormerName(spelling));
        const asset = change
          ? afterChange(change, listedAsset, follow)
          : (listedAsset ?? byThousand(spelling) ?? successorNamed(spelling));
        const stable = asset ? (asset.stablecoin ? asset : undefined) : exactMatch(PEGGED, spelling)?.asset;
        if (stable) throw pegged(stable);
        if (asset) return asset;
      }
      const pair = readPair(text, (part) => exactMatch(entries, plain(part)) !== undefined);
      if (pair.quote !== null && exactMatch(entries, plain(pair.coin))) {
        // What is neither a coin nor a currency is a mistyped currency.
        if ('coin' in pair.quote && !exactMatch(entries, plain(pair.quote.coin))) parseCurrency(pair.quote.coin);
        throw dollarsOnly(pair.coin, pair.quote);
      }
      const coins = readCoins(cutText(text, 100), (part) => exactMatch(entries, plain(part)) !== undefined).map(
        ({ coin }) => coin,
      );
      if (coins.length > 1 && coins.every((coin) => exactMatch(entries, plain(coin)))) throw oneCoin(coins[0]!);
      throw unknownSymbol(text, spellings(text)[0] === '' ? [] : nearest(entries, text));
    },

    all: () => entries.map((entry) => entry.asset),

    listed(symbol) {
      const asset = coins.get(symbol);
      if (asset?.id === undefined) return null;
      return { id: asset.id, priceUsd: asset.priceUsd ?? null, atMs: listedAtMs };
    },

    async refresh(signal, maxAgeMs) {
      const tooOld =
        maxAgeMs !== undefined && now() - listedAtMs > maxAgeMs && Math.abs(now() - triedAtMs) >= MIN_REFRESH_MS;
      if (!source || (steady() < nextRefreshMs && !tooOld)) return false;
      running ??= fetchList(source, signal).finally(() => {
        running = null;
      });
      return running;
    },

    get size() {
      return entries.length;
    },
  };
}

/** Readings of the typed text, most literal first: `$btc`, `BTC/USDT`, `BTCUSDT` and `btc?` all mean `btc`. */
function spellings(text: string): string[] {
  const typed = plain(cutText(text, 100)).replace(/^[$#]\s*/, '');
  const bare = plain(coinText(cutText(text, 100)));
  return bare === typed || bare === '' ? readings(typed) : [...new Set([...readings(typed), ...readings(bare)])];
}

function readings(typed: string): string[] {
  const pair = /^([\p{L}\p{N}]+)\s*[/\-_:]\s*([\p{L}\p{N}]+)$/u.exec(typed);
  if (pair && QUOTES.includes(pair[2]!)) return [pair[1]!];
  // Many write "doge coin" for Dogecoin.
  const words = typed.includes(' ') ? [typed, typed.replaceAll(' ', '')] : [typed];
  const quote = QUOTES.find((candidate) => typed.endsWith(candidate) && typed.length > candidate.length);
  return quote ? [...words, typed.slice(0, -quote.length)] : words;
}

/** Matching coins, best first: those that match as typed, and only where none does, those within a typing error. */
function nearest(entries: readonly SearchEntry[], text: string): SearchEntry[] {
  const wanted = spellings(text);
  const literal = wanted.map((spelling) => literalMatches(entries, spelling)).find((found) => found.length > 0);
  return literal ?? [...new Set(wanted.flatMap((spelling) => fuzzyMatches(entries, spelling)))];
}

function pegged({ name, symbol }: Asset): CandlecastError {
  const message = `${name} (${symbol}) is pegged to a currency, so there is no price move to forecast.`;
  return new CandlecastError('CC_STABLECOIN', message, {
    context: { symbol },
    said: { key: 'errors.stablecoin', values: { name: `${name} (${symbol})` } },
  });
}

/** A pair such as BTC/EUR or ETH/BTC, where an answer is in dollars: it is refused rather than answered in dollars. */
function dollarsOnly(typed: string, quote: QuoteAsk): CandlecastError {
  const coin = typed.toUpperCase();
  const other = 'currency' in quote ? quote.currency : quote.coin.toUpperCase();
  const values = { coin, other };
  const details: ErrorDetails = {
    remedy: `Ask for ${coin}; /price shows it in ${other}.`,
    said: { key: 'currency' in quote ? 'errors.pairCurrency' : 'errors.pairCoin', values },
    advice: { key: 'errors.pairAdvice', values },
  };
  const message =
    'currency' in quote
      ? `This works in US dollars alone, not with ${coin} in ${other}.`
      : `This does not work with ${coin} in ${other}: how two coins move together does not follow from the forecasts of each.`;
  return new CandlecastError('CC_USAGE', message, details);
}

/** Several coins where one is wanted. */
function oneCoin(first: string): CandlecastError {
  const coin = first.toUpperCase();
  return new CandlecastError('CC_USAGE', 'This takes one coin at a time.', {
    remedy: `Ask for ${coin} alone; /price shows several coins at once.`,
    said: { key: 'errors.oneCoin' },
    advice: { key: 'errors.oneCoinAdvice', values: { coin } },
  });
}

function unknownSymbol(text: string, near: readonly SearchEntry[]): UnknownNameError {
  const typed = cutText(text.trim().replace(/\s+/g, ' '), 40);
  const coins = near
    .map((entry) => entry.asset)
    .filter((asset) => !asset.stablecoin)
    .slice(0, SUGGESTIONS);
  const names = coins.map((asset) => (asset.name === asset.symbol ? asset.symbol : `${asset.symbol} (${asset.name})`));
  const question = `Did you mean ${names.join(', ').replace(/, ([^,]*)$/, ' or $1')}?`;
  return new UnknownNameError(
    'CC_UNKNOWN_SYMBOL',
    `No coin is called "${typed}".`,
    coins.map((asset) => asset.symbol),
    {
      ...(names.length > 0 ? { remedy: question } : {}),
      said: { key: 'errors.coinUnknown', values: { typed } },
    },
  );
}

/** The coins of a list by ticker; of several with one ticker the larger. */
function byTicker(listed: readonly Asset[]): Map<string, Asset> {
  const coins = new Map<string, Asset>();
  for (const asset of listed) {
    const held = coins.get(asset.symbol);
    if (!held || sizeOf(asset) > sizeOf(held)) coins.set(asset.symbol, asset);
  }
  return coins;
}

/**
 * All coins, one a ticker, largest first; those without a known size follow in the order they were given, and last those
 * that are never forecast.
 */
function merge(known: readonly Asset[], symbols: readonly string[], listed: readonly Asset[]): Asset[] {
  const coins = byTicker(listed);
  for (const asset of known) if (!coins.has(asset.symbol)) coins.set(asset.symbol, asset);
  for (const symbol of symbols) {
    if (!coins.has(symbol))
      coins.set(symbol, { symbol, name: symbol, rank: null, marketCapUsd: null, stablecoin: false });
  }
  return [...coins.values()]
    .map((asset) => (isPegged(asset) && !asset.stablecoin ? { ...asset, stablecoin: true } : asset))
    .sort((a, b) => Number(a.stablecoin) - Number(b.stablecoin) || sizeOf(b) - sizeOf(a));
}

/** Market capitalisation; where only the rank is known, a value below every real one that keeps the order. */
function sizeOf(asset: Asset): number {
  if (asset.marketCapUsd !== null) return asset.marketCapUsd;
  return asset.rank === null ? 0 : 1 / asset.rank;
}

function isSound(asset: Asset): boolean {
  const { symbol, name, marketCapUsd } = asset;
  const named = SYMBOL_PATTERN.test(symbol) && name.trim() !== '' && name.length <= 100;
  return named && (marketCapUsd === null || (Number.isFinite(marketCapUsd) && marketCapUsd >= 0));
}
