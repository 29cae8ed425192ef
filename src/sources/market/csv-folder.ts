import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { LRUCache } from 'lru-cache';
import { SYMBOL_PATTERN } from '../../core/asset.ts';
import { INTERVAL_MS, INTERVALS, type Interval } from '../../core/candle.ts';
import { CandlecastError } from '../../core/errors.ts';
import { type Clock, DAY_MS } from '../../core/time.ts';
import type { CandleSource, ListedMarket } from '../source.ts';
import { SourceError, unknownMarket } from '../source-error.ts';
import { type CsvCandles, FILE_REMEDY, readCandleCsv } from './csv-file.ts';

/** Which folder, and how much of it is kept in memory. */
export interface CsvFolderOptions {
  /** Holds `1d/` and `1h/`, or is itself one such folder of `SYMBOL.csv` files. */
  readonly dir: string;
  readonly now: Clock;
  readonly name?: string;
  /** Called with a coin and what is wrong in its file, which is then read up to there; see readCandleCsv. */
  readonly onDamage?: (symbol: string, error: CandlecastError) => void;
  /** Largest file that is read. Default 64 MiB. */
  readonly maxFileBytes?: number;
}

/** Files that are looked at to tell what was traded most. */
const MAX_LISTED = 2_000;
/** Candles at a file's end from which that is told. */
const LISTED_CANDLES = 30;

/** A source over files: a history with an end, which `newestOpenMs` tells. */
export interface CsvFolderSource extends CandleSource {
  newestOpenMs(symbol: string, interval: Interval): Promise<number | null>;
}

/** Candles kept parsed, over all files; a candle takes about 100 bytes. */
const CACHED_CANDLES = 400_000;

/**
 * Candles from `SYMBOL.csv` files (see readCandleCsv for their form). A file is parsed again only when it changed. Throws
 * `CC_SOURCE_UNKNOWN_MARKET` for a coin or interval without a file, `CC_SOURCE_BAD_DATA` with the line for a bad file, and
 * `CC_FILE` when the folder itself is missing.
 */
export function createCsvFolderSource(options: CsvFolderOptions): CsvFolderSource {
  const { dir, now, name = 'csv', maxFileBytes = 64 * 1024 * 1024, onDamage } = options;
  const parsed = new LRUCache<string, CsvCandles>({
    maxSize: CACHED_CANDLES,
    sizeCalculation: (file) => file.candles.length + 1,
  });

  /** The file for a coin, and the interval its folder promises (null in a folder that is not divided). */
  async function locate(symbol: string, interval: Interval): Promise<{ folder: string; promised: Interval | null }> {
    const divided = (await isFolder(path.join(dir, '1d'))) || (await isFolder(path.join(dir, '1h')));
    if (divided) return { folder: path.join(dir, interval), promised: interval };
    if (await isFolder(dir)) return { folder: dir, promised: null };
    throw new CandlecastError('CC_FILE', `${name} has no folder ${dir} to read candles from.`, {
      remedy: 'Correct the folder after csv: in MARKET_SOURCES.',
      context: { source: name, symbol },
    });
  }

  async function load(symbol: string, interval: Interval, signal?: AbortSignal): Promise<CsvCandles | null> {
    if (!SYMBOL_PATTERN.test(symbol)) return null;
    const { folder, promised } = await locate(symbol, interval);
    const file = path.join(folder, `${symbol}.csv`);
    const found = await stat(file).catch(() => null);
    if (!found?.isFile()) return null;
    const label = promised ? `${promised}/${symbol}.csv` : `${symbol}.csv`;
    if (found.size > maxFileBytes) {
      const limit = `${Math.round(maxFileBytes / 1024 / 1024)} MiB`;
      const what = `has a file ${label} above the limit of ${limit}.`;
      throw new SourceError(name, 'CC_SOURCE_TOO_LARGE', what, { remedy: FILE_REMEDY });
    }
    const key = `${file}\n${found.size}\n${found.mtimeMs}`;
    const kept = parsed.get(key);
    const damage = onDamage && ((error: CandlecastError) => onDamage(symbol, error));
    const reading = { source: name, label, interval: promised, nowMs: now(), signal, onDamage: damage };
    const candles = kept ?? (await readCandleCsv(file, reading));
    parsed.set(key, candles);
    return candles.interval === interval ? candles : null;
  }

  /** What was traded of a coin in a day at the end of its file; null where there is none, or it cannot be read. */
  async function marketOf(symbol: string, signal?: AbortSignal): Promise<ListedMarket | null> {
    for (const interval of INTERVALS.toReversed()) {
      // What is wrong with a file is said when its candles are asked for.
      const file = await load(symbol, interval, signal).catch(() => null);
      signal?.throwIfAborted();
      const newest = file?.candles.slice(-LISTED_CANDLES) ?? [];
      if (newest.length === 0) continue;
      const perCandle = newest.reduce((sum, { volume }) => sum + volume, 0) / newest.length;
      return { symbol, coins: (perCandle * DAY_MS) / INTERVAL_MS[interval], priceUsd: newest.at(-1)!.close };
    }
    return null;
  }

  return {
    name,
    async listMarkets(signal) {
      const symbols = await symbolsIn(dir);
      const markets: ListedMarket[] = [];
      for (const symbol of symbols.slice(0, MAX_LISTED)) {
        const market = await marketOf(symbol, signal);
        if (market) markets.push(market);
      }
      return markets;
    },
    async fetchPage({ symbol, interval, fromMs, toMs, signal }) {
      const file = await load(symbol, interval, signal);
      if (!file) throw unknownMarket(name, symbol);
      return file.candles.filter(({ openTimeMs }) => openTimeMs >= fromMs && openTimeMs <= toMs);
    },
    async newestOpenMs(symbol, interval) {
      const file = await load(symbol, interval);
      return file?.candles.at(-1)?.openTimeMs ?? null;
    },
  };
}

/** The tickers that a folder has files of, whether it is divided by interval or not. */
export async function symbolsIn(dir: string): Promise<readonly string[]> {
  const places = [dir, ...INTERVALS.map((interval) => path.join(dir, interval))];
  const names = await Promise.all(places.map((place) => readdir(place).catch(() => [])));
  const symbols = new Set(names.flat().flatMap((name) => /^([A-Z0-9]{1,15})\.csv$/.exec(name)?.[1] ?? []));
  symbols.delete('INDEX');
  return [...symbols];
}

async function isFolder(folder: string): Promise<boolean> {
  return (await stat(folder).catch(() => null))?.isDirectory() ?? false;
}
