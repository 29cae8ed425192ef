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
      const reason = damage && before.length === candles.length ? damage : faultsOf(before);
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
  if (series.length === 0) {
    throw new CandlecastError(
      'CC_FILE',
      `There is no usable SYMBOL.csv with ${interval} candles in ${dir}${refused[0] ? ` (${refused[0].symbol}: ${refused[0].reason})` : ''}.`,
    );
  }
  return { series, refused, doubtful };
}

/**
 * Reads the coins that were asked for, and Bitcoin as the market's context whether it was or not. Throws `CC_FILE` when none has candles
 * from `fromMs` on.
 */
export async function readCandlesFrom(
  {
    candles,
    interval,
    symbols,
    fromMs,
  }: Pick<CandleOptions, 'candles' | 'interval' | 'symbols'> & { readonly fromMs: number },
  now: Clock,
): Promise<CandleFolder & { readonly btc: CandleFolder['series'][number] | null }> {
  const only = symbols && new Set([...symbols, 'BTC']);
  const folder = await readCandleFolder(candles, interval, now, only, fromMs);
  const wanted = (one: { readonly symbol: string }) => symbols?.has(one.symbol) ?? true;
  const found = new Set([...folder.series, ...folder.refused].map(({ symbol }) => symbol));
  const absent = [...(symbols ?? [])].filter((symbol) => !found.has(symbol));
  const newestMs = ({ candles: list }: { readonly candles: readonly Candle[] }) => closeTimeMs(list.at(-1)!, interval);
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
  const btc = folder.series.find(({ symbol }) => symbol === 'BTC') ?? null;
  return { series, btc, refused, doubtful: folder.doubtful.filter(wanted) };
}
