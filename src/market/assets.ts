import { type Asset, KNOWN_ASSETS, STABLECOINS, SYMBOL_PATTERN } from '../core/asset.ts';
import { asCandlecastError, CandlecastError, UnknownNameError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { OddRowCount } from '../core/market.ts';
import { type Clock, DAY_MS, HOUR_MS, MINUTE_MS } from '../core/time.ts';
import type { AssetSource } from '../sources/source.ts';
import type { AssetRepository } from '../storage/asset-repository.ts';
import { exactMatch, fuzzyMatches, literalMatches, plain, type SearchEntry, searchEntries } from './asset-search.ts';

/** The coins that can be forecast; every call answers from memory. */
export interface AssetDirectory {
  /** Best matches for what was typed so far, by symbol and name, ranked by market capitalisation. */
  search(text: string, limit: number): readonly Asset[];
  /** The coin meant by a symbol or a name; throws `CC_UNKNOWN_SYMBOL` (an `UnknownNameError`) or `CC_STABLECOIN`. */
  resolve(text: string): Asset;
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
/** Minimum time between two lists fetched for their prices: CoinGecko's budget without a key is eight requests a minute. */
const MIN_REFRESH_MS = 10 * MINUTE_MS;
const MAX_LISTED = 5_000;
const SUGGESTIONS = 3;
/** Quote currencies of a market's name: BTC/USDT, BTCUSDT, BTC-USD. */
const QUOTES = ['usdt', 'usdc', 'busd', 'fdusd', 'usd', 'eur'];

/**
 * Makes the directory from what is built in, configured and stored, so that it answers at once and without network;
 * `refresh` is left to the caller. Of several coins with one ticker the one with the larger market capitalisation counts.
 * Throws `CC_DATABASE` when the stored list cannot be read.
 */
export async function createAssetDirectory(options: AssetDirectoryOptions): Promise<RefreshableAssetDirectory> {
  const { symbols, repository, source, known = KNOWN_ASSETS, now, logger } = options;
  const stored = await repository.all();
  let entries = searchEntries(merge(known, symbols, stored?.assets ?? []));
  // A list of an earlier version has neither ids nor prices.
  const complete = stored?.assets.some(({ id }) => id !== undefined);
  let nextRefreshMs = stored && complete ? stored.fetchedAtMs + REFRESH_EVERY_MS : Number.NEGATIVE_INFINITY;
  let coins = byTicker(stored?.assets ?? []);
  let listedAtMs = stored?.fetchedAtMs ?? Number.NEGATIVE_INFINITY;
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
      nextRefreshMs = now() + REFRESH_EVERY_MS;
      return true;
    } catch (error) {
      // The caller no longer waits, for example because the program ends.
      if (signal?.aborted && (signal.reason as Error | undefined)?.name === 'AbortError') return false;
      const late = signal?.aborted
        ? new CandlecastError('CC_SOURCE_TIMEOUT', `${from.name} did not send its coin list in time.`)
        : null;
      const { code, message } = late ?? asCandlecastError(error);
      logger.warn({ source: from.name, code, reason: message }, 'the coin list was not refreshed; the old one stays');
      nextRefreshMs = now() + RETRY_AFTER_MS;
      return false;
    }
  }

  return {
    search(text, limit) {
      return nearest(entries, text)
        .slice(0, Math.max(0, limit))
        .map((entry) => entry.asset);
    },

    resolve(text) {
      for (const spelling of spellings(text)) {
        const asset = exactMatch(entries, spelling)?.asset;
        if (asset?.stablecoin) throw pegged(asset);
        if (asset) return asset;
      }
      throw unknownSymbol(text, spellings(text)[0] === '' ? [] : nearest(entries, text));
    },

    all: () => entries.map((entry) => entry.asset),

    listed(symbol) {
      const asset = coins.get(symbol);
      if (asset?.id === undefined) return null;
      return { id: asset.id, priceUsd: asset.priceUsd ?? null, atMs: listedAtMs };
    },

    async refresh(signal, maxAgeMs) {
      const tooOld = maxAgeMs !== undefined && now() - listedAtMs > maxAgeMs && now() - triedAtMs >= MIN_REFRESH_MS;
      if (!source || (now() < nextRefreshMs && !tooOld)) return false;
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

/** Readings of the typed text, most literal first: `$btc`, `BTC/USDT` and `BTCUSDT` all mean `btc`. */
function spellings(text: string): string[] {
  const typed = plain(text.slice(0, 100)).replace(/^[$#]\s*/, '');
  const pair = /^([\p{L}\p{N}]+)\s*[/\-_:]\s*([\p{L}\p{N}]+)$/u.exec(typed);
  if (pair && QUOTES.includes(pair[2]!)) return [pair[1]!];
  const quote = QUOTES.find((candidate) => typed.endsWith(candidate) && typed.length > candidate.length);
  return quote ? [typed, typed.slice(0, -quote.length)] : [typed];
}

/** Matching coins, best first: those that match as typed, and only where none does, those within a typing error. */
function nearest(entries: readonly SearchEntry[], text: string): SearchEntry[] {
  const wanted = spellings(text);
  const literal = wanted.map((spelling) => literalMatches(entries, spelling)).find((found) => found.length > 0);
  return literal ?? [...new Set(wanted.flatMap((spelling) => fuzzyMatches(entries, spelling)))];
}

function pegged({ name, symbol }: Asset): CandlecastError {
  const message = `${name} (${symbol}) is pegged to a currency, so there is no price move to forecast.`;
  return new CandlecastError('CC_STABLECOIN', message, { context: { symbol } });
}

function unknownSymbol(text: string, near: readonly SearchEntry[]): UnknownNameError {
  const typed = text.trim().replace(/\s+/g, ' ').slice(0, 40);
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
    names.length > 0 ? { remedy: question } : {},
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
    .map((asset) => (STABLECOINS.has(asset.symbol) && !asset.stablecoin ? { ...asset, stablecoin: true } : asset))
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
