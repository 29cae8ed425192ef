import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Candle, closeTimeMs, type Interval } from '../core/candle.ts';
import { flagCandles, seriesVerdict } from '../core/candle-quality.ts';
import { CandlecastError, errorLine } from '../core/errors.ts';
import type { MarketSeries } from '../core/market.ts';
import { type Clock, utcDay } from '../core/time.ts';
import { fetchCandles } from '../market/fetch-candles.ts';
import { createCsvFolderSource } from '../sources/market/csv-folder.ts';
import type { CandleOptions } from './options.ts';

/** The coins of a folder, and those that were left out with the reason. */
export interface CandleFolder {
  readonly series: readonly MarketSeries[];
  readonly refused: readonly { readonly symbol: string; readonly reason: string }[];
  /** Coins whose history passed the check up to `judgedMs`, but fails it with all candles. */
  readonly doubtful: readonly { readonly symbol: string; readonly reason: string }[];
}

/**
 * Reads every `SYMBOL.csv` of a folder (or of its `1d/` or `1h/`), flags single bad candles, and leaves out files that are
 * damaged or whose history is not sound. That is judged by the candles that had closed by `judgedMs` (default: all), so that an
 * evaluation from then on does not choose its coins by later candles; a file that is damaged only after that is read up to the damage. Throws `CC_FILE` when there is no folder or nothing usable in it.
 */
export async function readCandleFolder(
  dir: string,
  interval: Interval,
  now: Clock,
  only?: ReadonlySet<string>,
  judgedMs = Number.POSITIVE_INFINITY,
): Promise<CandleFolder> {
  const found = await readAnySeries(dir, interval, now, only, judgedMs);
  const { series, refused } = found;
  if (series.length === 0) {
    throw new CandlecastError(
      'CC_FILE',
      `There is no usable SYMBOL.csv with ${interval} candles in ${dir}${refused[0] ? ` (${refused[0].symbol}: ${refused[0].reason})` : ''}.`,
    );
  }
  return found;
}

/** As `readCandleFolder`, but there may be none. */
async function readAnySeries(
  dir: string,
  interval: Interval,
  now: Clock,
  only: ReadonlySet<string> | undefined,
  judgedMs: number,
): Promise<CandleFolder> {
  const perInterval = await stat(join(dir, interval)).catch(() => null);
  const folder = perInterval?.isDirectory() ? join(dir, interval) : dir;
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new CandlecastError('CC_FILE', `The folder ${dir} cannot be read.`, { cause });
  });
  const symbols = names
    .filter((name) => /^[A-Z0-9]{1,15}\.csv$/.test(name))
    .map((name) => name.slice(0, -4))
    .sort();
  const damaged = new Map<string, string>();
  const onDamage = (symbol: string, error: CandlecastError) => damaged.set(symbol, errorLine(error));
  const source = createCsvFolderSource({ dir, now, ...(Number.isFinite(judgedMs) ? { onDamage } : {}) });
  const series: MarketSeries[] = [];
  const refused: { symbol: string; reason: string }[] = [];
  const doubtful: { symbol: string; reason: string }[] = [];
  const faultsOf = (candles: readonly Candle[]) =>
    seriesVerdict(candles, interval)
      .faults.map((fault) => fault.text)
      .join(' ');
  for (const symbol of symbols) {
    if (symbol === 'INDEX' || (only && !only.has(symbol))) continue;
    try {
      const candles = await fetchCandles(source, { symbol, interval, fromMs: 0, toMs: now() }, now);
      const before = candles.filter((candle) => closeTimeMs(candle, interval) <= judgedMs);
      const damage = damaged.get(symbol);
      const empty = candles.length === 0 ? 'Its file has no complete candle.' : '';
      const reason = empty || (damage && before.length === candles.length ? damage : faultsOf(before));
      if (reason) {
        refused.push({ symbol, reason });
        continue;
      }
      const later = damage ?? (before.length < candles.length ? faultsOf(candles) : '');
      if (later) doubtful.push({ symbol, reason: later });
      const fetchedAtMs = now();
      series.push({
        symbol,
        interval,
        source: 'csv',
        fetchedAtMs,
        gaps: [],
        failures: [],
        unconfirmed: null,
        candles: flagCandles(candles, interval).map((candle) => ({ ...candle, source: 'csv', fetchedAtMs })),
      });
    } catch (error) {
      refused.push({ symbol, reason: errorLine(error) });
    }
  }
  return { series, refused, doubtful };
}

/** The coins that were asked for, and Bitcoin as the market's context whether it was or not. */
export interface WantedCandles extends CandleFolder {
  readonly btc: MarketSeries | null;
}

/** Which candles are wanted, and from when on. */
type Wanted = Pick<CandleOptions, 'candles' | 'interval' | 'symbols'> & { readonly fromMs: number };

/** Reads the coins that were asked for, and Bitcoin. Throws `CC_FILE` when none has candles from `fromMs` on. */
export async function readCandlesFrom(wanted: Wanted, now: Clock): Promise<WantedCandles> {
  const { candles, interval, symbols, fromMs } = wanted;
  const only = symbols && new Set([...symbols, 'BTC']);
  return pickWanted(await readCandleFolder(candles, interval, now, only, fromMs), wanted);
}

/** The same, with every coin of the folder that can be learnt from, wanted or not, whenever its candles end. */
export async function readAllCandlesFrom(
  wanted: Wanted,
  now: Clock,
): Promise<WantedCandles & { readonly all: readonly MarketSeries[] }> {
  const folder = await readCandleFolder(wanted.candles, wanted.interval, now, undefined, wanted.fromMs);
  return { ...pickWanted(folder, wanted), all: folder.series };
}

/**
 * Reads hourly candles of the coins that were asked for (by default of all that have some), and beside them daily ones from the folder's
 * `1d/`, if there is one, for when there were no hours yet. A coin that is named and has no hourly file is a series without candles.
 * Throws `CC_FILE` as `readCandlesFrom`.
 */
export async function readHoursAndDays(
  { candles, symbols, fromMs }: Omit<Wanted, 'interval'>,
  now: Clock,
): Promise<WantedCandles & { readonly days: ReadonlyMap<string, MarketSeries> }> {
  const only = symbols && new Set([...symbols, 'BTC']);
  const hours = await readCandleFolder(candles, '1h', now, only, fromMs);
  const divided = await stat(join(candles, '1d')).catch(() => null);
  const inHours = new Set([...hours.series, ...hours.refused].map(({ symbol }) => symbol));
  const daily = divided?.isDirectory()
    ? await readAnySeries(candles, '1d', now, only ?? inHours, fromMs)
    : { series: [], refused: [], doubtful: [] };
  const days = new Map(daily.series.map((one) => [one.symbol, one]));
  const withoutHours = daily.series.filter(({ symbol }) => !inHours.has(symbol));
  const series = [...hours.series, ...withoutHours.map((one) => ({ ...one, interval: '1h' as const, candles: [] }))];
  const refusedDays = daily.refused.filter(({ symbol }) => !inHours.has(symbol));
  const unusedDays = daily.refused
    .filter(({ symbol }) => hours.series.some((one) => one.symbol === symbol))
    .map(({ symbol, reason }) => ({ symbol, reason: `Its daily candles are not used: ${reason}` }));
  const folder = {
    series: series.sort((a, b) => (a.symbol < b.symbol ? -1 : 1)),
    refused: [...hours.refused, ...refusedDays],
    doubtful: [...hours.doubtful, ...unusedDays],
  };
  return { ...pickWanted(folder, { interval: '1h', symbols, fromMs }, days), days };
}

/** Takes the wanted coins that have candles from then on; `days` are daily candles of coins without hourly ones. */
function pickWanted(
  folder: CandleFolder,
  { interval, symbols, fromMs }: Omit<Wanted, 'candles'>,
  days: ReadonlyMap<string, MarketSeries> = new Map(),
): WantedCandles {
  const wanted = (one: { readonly symbol: string }) => symbols?.has(one.symbol) ?? true;
  const found = new Set([...folder.series, ...folder.refused].map(({ symbol }) => symbol));
  const absent = [...(symbols ?? [])].filter((symbol) => !found.has(symbol));
  const closes = (list: readonly Candle[] | undefined, length: Interval) => {
    const newest = list?.at(-1);
    return newest ? closeTimeMs(newest, length) : 0;
  };
  const newestMs = ({ symbol, candles }: MarketSeries) =>
    closes(candles, interval) || closes(days.get(symbol)?.candles, '1d');
  const series = folder.series.filter((one) => wanted(one) && newestMs(one) >= fromMs);
  const over = folder.series.filter((one) => wanted(one) && newestMs(one) < fromMs);
  const refused = [
    // Bitcoin too, wanted or not: without it the market's inputs are masked.
    ...folder.refused.filter((one) => wanted(one) || one.symbol === 'BTC'),
    ...over.map((one) => ({ symbol: one.symbol, reason: `Its candles end on ${utcDay(newestMs(one))}.` })),
    ...absent.map((symbol) => ({ symbol, reason: `There is no file ${symbol}.csv.` })),
  ];
  if (series.length === 0) {
    const reasons = refused.map(({ symbol, reason }) => `${symbol}: ${reason}`).join(' ');
    throw new CandlecastError('CC_FILE', `No coin has an origin from ${utcDay(fromMs)} on. ${reasons}`);
  }
  const btc = folder.series.find(({ symbol, candles }) => symbol === 'BTC' && candles.length > 0) ?? null;
  return { series, btc, refused, doubtful: folder.doubtful.filter(wanted) };
}
