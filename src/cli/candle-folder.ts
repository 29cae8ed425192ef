import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Candle, closeTimeMs, type Interval } from '../core/candle.ts';
import { flagCandles, seriesVerdict } from '../core/candle-quality.ts';
import { CandlecastError, errorLine } from '../core/errors.ts';
import type { MarketSeries } from '../core/market.ts';
import type { Clock } from '../core/time.ts';
import { fetchCandles } from '../market/fetch-candles.ts';
import { createCsvFolderSource } from '../sources/market/csv-folder.ts';

/** The coins of a folder, and those that were left out with the reason. */
export interface CandleFolder {
  readonly series: readonly MarketSeries[];
  readonly refused: readonly { readonly symbol: string; readonly reason: string }[];
  /** Coins that were trusted when they were judged and would not be with all their candles. */
  readonly doubtful: readonly { readonly symbol: string; readonly reason: string }[];
}

/**
 * Reads every `SYMBOL.csv` of a folder (or of its `1d/` or `1h/`), flags single bad candles, and leaves out files that are
 * damaged or whose history should not be trusted. Whether it should is judged by the candles that had closed by `judgedMs`
 * (default: all), so that an evaluation from then on does not choose its coins by what came later; a file that is damaged
 * only after that is read up to the damage. Throws `CC_FILE` when there is no folder or nothing usable in it.
 */
export async function readCandleFolder(
  dir: string,
  interval: Interval,
  now: Clock,
  only?: ReadonlySet<string>,
  judgedMs = Number.POSITIVE_INFINITY,
): Promise<CandleFolder> {
  const divided = await stat(join(dir, interval)).catch(() => null);
  const folder = divided?.isDirectory() ? join(dir, interval) : dir;
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
