import { createReadStream } from 'node:fs';
import { parse } from 'csv-parse';
import {
  CANDLE_RULE_TEXT,
  type Candle,
  findCandleProblem,
  INTERVAL_MS,
  INTERVALS,
  type Interval,
  openTimeText,
  withoutOpenCandle,
} from '../../core/candle.ts';
import { CandlecastError } from '../../core/errors.ts';
import { SourceError } from '../source-error.ts';

/** Forty years of hourly candles are 350,400. */
const MAX_ROWS = 1_000_000;
const COLUMNS = ['timestamp', 'open', 'high', 'low', 'close', 'volume'] as const;

/** A file's candles with the interval their spacing shows. */
export interface CsvCandles {
  readonly interval: Interval;
  readonly candles: readonly Candle[];
}

/** What a file is read as. */
export interface CsvReading {
  /** Name in errors. */
  readonly source: string;
  /** Shown in errors, such as `1d/BTC.csv`. */
  readonly label: string;
  /** Required spacing; null to find it out. */
  readonly interval: Interval | null;
  readonly nowMs: number;
  readonly signal?: AbortSignal | undefined;
  /**
   * Called with what is wrong with the first row that is not fit to be used; the candles before it are then read as if the file
   * ended there. Without it such a row fails the whole file.
   */
  readonly onDamage?: ((error: CandlecastError) => void) | undefined;
}

/**
 * Reads one file of candles with the columns `timestamp,open,high,low,close,volume` (by header name, any order, more allowed),
 * streaming. A last candle that is still open is left out. Throws `CC_SOURCE_BAD_DATA` naming the line of the first row that is
 * not fit to be used, and `CC_FILE` when it cannot be read.
 */
export async function readCandleCsv(path: string, reading: CsvReading): Promise<CsvCandles> {
  const { source, label, nowMs } = reading;
  const bad = (what: string) => new SourceError(source, 'CC_SOURCE_BAD_DATA', `has a bad file ${label}: ${what}.`);
  const candles: Candle[] = [];
  const lines: number[] = [];
  /** Passes over damage where the caller wants the candles before it, if there are any. */
  const report = (error: unknown, before: number) => {
    const damage = error instanceof CandlecastError && error.code === 'CC_SOURCE_BAD_DATA';
    if (!damage || !reading.onDamage || before === 0) throw error;
    reading.onDamage(error);
  };
  try {
    for await (const { record, info } of records(path, reading)) {
      if (candles.length >= MAX_ROWS) throw bad(`more than ${MAX_ROWS} rows`);
      candles.push(toCandle(record, (what) => bad(`line ${info.lines}: ${what}`)));
      lines.push(info.lines);
    }
  } catch (error) {
    report(error, candles.length);
  }
  const interval = spacingOf(candles) ?? reading.interval;
  if (!interval) throw bad('too few rows to tell whether they are hourly or daily');
  if (reading.interval && interval !== reading.interval) throw bad(`its rows are ${interval}, not ${reading.interval}`);
  const final = withoutOpenCandle(candles, interval, nowMs);
  const problem = findCandleProblem(final, { interval, nowMs });
  if (problem) {
    const where = `line ${lines[problem.index]}: a candle ${CANDLE_RULE_TEXT[problem.rule]}`;
    report(bad(`${where} (${openTimeText(problem.openTimeMs)})`), problem.index);
    return { interval, candles: final.slice(0, problem.index) };
  }
  return { interval, candles: final };
}

interface CsvRecord {
  readonly record: Readonly<Record<string, string>>;
  readonly info: { readonly lines: number };
}

async function* records(path: string, { source, label, signal }: CsvReading): AsyncGenerator<CsvRecord> {
  const stream = createReadStream(path, signal ? { signal } : {});
  const parser = parse({
    bom: true,
    columns: (header: string[]) => checkedHeader(header, source, label),
    info: true,
    trim: true,
    skip_empty_lines: true,
    max_record_size: 4096,
  });
  stream.on('error', (error) => parser.destroy(error));
  try {
    yield* stream.pipe(parser) as AsyncIterable<CsvRecord>;
  } catch (error) {
    if (error instanceof CandlecastError) throw error;
    if (signal?.aborted) throw signal.reason;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    if (!code.startsWith('CSV_')) {
      throw new CandlecastError('CC_FILE', `${source} cannot read ${label} (${code}).`, { context: { source } });
    }
    const line = error instanceof Error && 'lines' in error ? `line ${Number(error.lines)}` : 'one line';
    const what = `has a bad file ${label}: ${line} is no row of the table (${code}).`;
    throw new SourceError(source, 'CC_SOURCE_BAD_DATA', what);
  } finally {
    stream.destroy();
  }
}

function checkedHeader(header: readonly string[], source: string, label: string): string[] {
  const names = header.map((name) => name.trim().toLowerCase());
  const missing = COLUMNS.filter((column) => !names.includes(column));
  if (missing.length === 0) return names;
  const what = `has a bad file ${label}: line 1 names no column ${missing.join(', ')}.`;
  throw new SourceError(source, 'CC_SOURCE_BAD_DATA', what);
}

function toCandle(record: Readonly<Record<string, string>>, bad: (what: string) => CandlecastError): Candle {
  const openTimeMs = parseTimestamp(record['timestamp'] ?? '');
  if (openTimeMs === null) throw bad('the timestamp is neither ISO 8601 in UTC nor an epoch time');
  const number = (column: string) => {
    const text = record[column] ?? '';
    const value = text === '' ? Number.NaN : Number(text);
    if (!Number.isFinite(value)) throw bad(`${column} is not a number`);
    return value;
  };
  return {
    openTimeMs,
    open: number('open'),
    high: number('high'),
    low: number('low'),
    close: number('close'),
    volume: number('volume'),
  };
}

/** The interval most neighbouring rows are apart, or null when there are too few rows or it is none of ours. */
function spacingOf(candles: readonly Candle[]): Interval | null {
  const counts = new Map<number, number>();
  for (let i = 1; i < candles.length; i++) {
    const apartMs = candles[i]!.openTimeMs - candles[i - 1]!.openTimeMs;
    counts.set(apartMs, (counts.get(apartMs) ?? 0) + 1);
  }
  const [commonest] = [...counts].sort((a, b) => b[1] - a[1]);
  return INTERVALS.find((interval) => INTERVAL_MS[interval] === commonest?.[0]) ?? null;
}

const ISO_UTC = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(?:Z|[+-]00:?00)?)?$/;

/** Epoch numbers below this are seconds (until the year 5138), others milliseconds (from 1973). */
const MIN_MS = 1e11;

/**
 * Reads a time of a table as ms since the epoch: ISO 8601 in UTC (a date alone is its midnight, a missing zone means UTC), or an
 * epoch time in seconds or milliseconds. Null for everything else, other zones and impossible dates included.
 */
export function parseTimestamp(text: string): number | null {
  if (/^\d{1,16}$/.test(text)) {
    const number = Number(text);
    return number < MIN_MS ? number * 1000 : number;
  }
  const match = ISO_UTC.exec(text);
  if (!match) return null;
  const day = match[1]!;
  const timeMs = Date.parse(`${day}T${match[2] ?? '00:00'}Z`);
  // Date.parse moves 30 February into March; a date that does not come back as it went in does not exist.
  return Number.isFinite(timeMs) && new Date(timeMs).toISOString().startsWith(day) ? timeMs : null;
}
