import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { type Info, parse } from 'csv-parse';
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
import {
  type CandleColumns,
  type CsvDialect,
  candleColumns,
  cellNumber,
  columnName,
  csvDialect,
  isHeaderlessRow,
  parseTimestamp,
} from './csv-layout.ts';

/** What to do about a file that cannot be used. */
export const FILE_REMEDY = 'Correct the file, or take it out of the folder; it is read again once it has changed.';

/** Forty years of hourly candles are 350,400. */
const MAX_ROWS = 1_000_000;
/** A file with more bad rows than this is not read up to the first. */
const MAX_DAMAGES = 100;
/** Enough for the line with an address and a header. */
const START_BYTES = 4096;

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
   * Called with what is wrong with the first row, by time, that is not fit to be used; the candles before it are then read as if the file
   * ended there. Without it such a row fails the whole file.
   */
  readonly onDamage?: ((error: CandlecastError) => void) | undefined;
}

/** A candle and the line it stands on. */
interface Row {
  readonly candle: Candle;
  readonly line: number;
}

/** A row that is not fit to be used. */
interface Damage {
  readonly what: string;
  readonly line: number;
  /** Its open time where that can be read. */
  readonly timeMs: number | null;
}

/**
 * Reads one file of candles, streaming: columns by header name, in any order, more allowed (`timestamp,open,high,low,close,volume`, the
 * names of CryptoDataDownload, Yahoo Finance and CoinMarketCap), or a dump of Binance or a download of Kraken without a header; oldest or newest
 * first; cells separated by commas, by semicolons or tabs (numbers may then have decimal commas). Rows without a price, and rows that repeat another word by
 * word, are passed over; a last candle that is still open is left out. Throws `CC_SOURCE_BAD_DATA` naming the line of the first row that is
 * not fit to be used, and `CC_FILE` when it cannot be read.
 */
export async function readCandleCsv(path: string, reading: CsvReading): Promise<CsvCandles> {
  const { source, label, nowMs } = reading;
  const bad = (what: string) =>
    new SourceError(source, 'CC_SOURCE_BAD_DATA', `has a bad file ${label}: ${what}.`, { remedy: FILE_REMEDY });
  const { rows, damages } = await readRows(path, reading, bad);
  const descending = isDescending(rows);
  const ascending = withoutRepeats(descending ? [...rows].reverse() : rows);
  const candles = ascending.map(({ candle }) => candle);
  if (damages[0] && (candles.length === 0 || damages.length > MAX_DAMAGES || !reading.onDamage))
    throw bad(damageText(damages[0]));
  const interval = spacingOf(candles) ?? reading.interval;
  if (!interval) throw bad('too few rows to tell whether they are hourly or daily');
  if (reading.interval && interval !== reading.interval) throw bad(`its rows are ${interval}, not ${reading.interval}`);
  const final = withoutOpenCandle(candles, interval, nowMs);
  const problem = findCandleProblem(final, { interval, nowMs });
  const damaged = damages.map((damage) => ({ damage, before: rowsBefore(damage, rows, ascending, descending) }));
  const [earliest] = damaged.sort((a, b) => a.before - b.before);
  const sound = Math.min(final.length, problem?.index ?? final.length, earliest?.before ?? final.length);
  if (problem && problem.index === sound) {
    const line = ascending[problem.index]!.line;
    return endingAt(
      sound,
      bad(`line ${line}: a candle ${CANDLE_RULE_TEXT[problem.rule]} (${openTimeText(problem.openTimeMs)})`),
    );
  }
  return earliest ? endingAt(sound, bad(damageText(earliest.damage))) : { interval, candles: final };

  /** The candles before the damage where the caller wants them, if there are any. */
  function endingAt(index: number, damage: SourceError): CsvCandles {
    if (!reading.onDamage || index === 0) throw damage;
    reading.onDamage(damage);
    return { interval: interval!, candles: final.slice(0, index) };
  }
}

const damageText = ({ what, line }: Damage) => `line ${line}${what}`;

async function readRows(
  path: string,
  reading: CsvReading,
  bad: (what: string) => SourceError,
): Promise<{ rows: Row[]; damages: Damage[] }> {
  const rows: Row[] = [];
  const damages: Damage[] = [];
  const dialect = csvDialect(await startOf(path, reading));
  let columns: CandleColumns | null = null;
  let timeName: string | null = null;
  const onSkip = (line: number) => damages.push({ what: ' is no row of the table', line, timeMs: null });
  for await (const { record, info } of records(path, dialect, reading, onSkip)) {
    if (columns === null) {
      const found = candleColumns(record);
      if (typeof found === 'string') throw bad(`line ${info.lines} ${found}`);
      columns = found;
      if (!isHeaderlessRow(record)) {
        timeName = columnName(record[columns.time]!);
        continue;
      }
    }
    if (rows.length >= MAX_ROWS) throw bad(`more than ${MAX_ROWS} rows`);
    // Where files were joined, the header comes again.
    if (timeName !== null && columnName(record[columns.time] ?? '') === timeName) continue;
    const isRow = record.length >= columns.width && record.slice(columns.width).every((cell) => cell === '');
    const row = isRow ? toCandle(record, columns, dialect) : ' is no row of the table';
    if (row === null) continue;
    if (typeof row !== 'string') rows.push({ candle: row, line: info.lines });
    else damages.push({ what: row, line: info.lines, timeMs: parseTimestamp(record[columns.time] ?? '') });
  }
  if (columns === null && damages.length === 0) throw bad('it is empty');
  return { rows, damages: damages.sort((a, b) => a.line - b.line) };
}

async function startOf(path: string, { source, label }: CsvReading): Promise<string> {
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(START_BYTES), 0, START_BYTES, 0);
      const wide = buffer[0] === 0xff && buffer[1] === 0xfe;
      return buffer.subarray(0, bytesRead).toString(wide ? 'utf16le' : 'utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    throw unreadable(source, label, error);
  }
}

async function* records(
  path: string,
  dialect: CsvDialect,
  { source, label, signal }: CsvReading,
  onSkip: (line: number) => void,
): AsyncGenerator<{ readonly record: string[]; readonly info: Info }> {
  const stream = createReadStream(path, signal ? { signal } : {});
  const parser = parse({
    bom: true,
    delimiter: dialect.delimiter,
    from_line: dialect.firstLine,
    info: true,
    record_delimiter: ['\r\n', '\n', '\r'],
    trim: true,
    skip_empty_lines: true,
    relax_column_count: true,
    max_record_size: 4096,
    // Thrown, such an error would take the rows before it along that are still on their way.
    skip_records_with_error: true,
    on_skip(error) {
      onSkip(Number(error?.['lines'] ?? 0));
      return undefined;
    },
  });
  stream.on('error', (error) => parser.destroy(error));
  try {
    yield* stream.pipe(parser) as AsyncIterable<{ record: string[]; info: Info }>;
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw unreadable(source, label, error);
  } finally {
    stream.destroy();
  }
}

function unreadable(source: string, label: string, error: unknown): CandlecastError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  return new CandlecastError('CC_FILE', `${source} cannot read ${label} (${code}).`, { context: { source } });
}

/** The candle of a row; what is wrong with it as a text; null for a row that is there only for its day. */
function toCandle(row: readonly string[], columns: CandleColumns, dialect: CsvDialect): Candle | string | null {
  const cell = (name: 'open' | 'high' | 'low' | 'close' | 'volume') => row[columns[name]] ?? '';
  const names = ['open', 'high', 'low', 'close', 'volume'] as const;
  const says = names.map((name) => !/^(?:|-|null|nan|n\/a|none)$/i.test(cell(name)));
  if (names.some((name) => cell(name).toLowerCase() === 'null') || !says.slice(0, 4).includes(true)) return null;
  const openTimeMs = parseTimestamp(row[columns.time] ?? '');
  if (openTimeMs === null) return ': the timestamp is neither ISO 8601 in UTC nor an epoch time';
  const numbers = names.map((name) => cellNumber(cell(name), dialect));
  const wrong = numbers.findIndex((number) => !Number.isFinite(number));
  if (wrong >= 0) return `: ${names[wrong]} is not a number`;
  const [openPrice, high, low, close, volume] = numbers as [number, number, number, number, number];
  return { openTimeMs, open: openPrice, high, low, close, volume: columns.volumeInDollars ? volume / close : volume };
}

/** Whether a file has its newest row first, by most of its steps. */
function isDescending(rows: readonly Row[]): boolean {
  let balance = 0;
  for (let i = 1; i < rows.length; i++) {
    balance += Math.sign(rows[i]!.candle.openTimeMs - rows[i - 1]!.candle.openTimeMs);
  }
  return balance < 0;
}

/** Leaves out rows that say the same as the one before them. */
function withoutRepeats(rows: readonly Row[]): readonly Row[] {
  const same = (a: Candle, b: Candle) =>
    a.openTimeMs === b.openTimeMs &&
    a.open === b.open &&
    a.high === b.high &&
    a.low === b.low &&
    a.close === b.close &&
    a.volume === b.volume;
  return rows.filter(({ candle }, i) => i === 0 || !same(candle, rows[i - 1]!.candle));
}

/**
 * How many of the ascending rows are older than a damaged one: by its time, else by its neighbours in the file. Where no older neighbour
 * could be read, it may be older than all.
 */
function rowsBefore(
  { line, timeMs }: Damage,
  rows: readonly Row[],
  ascending: readonly Row[],
  descending: boolean,
): number {
  const older = descending ? rows.find((row) => row.line > line) : rows.findLast((row) => row.line < line);
  const beforeMs = timeMs ?? (older ? older.candle.openTimeMs + 1 : Number.NEGATIVE_INFINITY);
  return ascending.filter(({ candle }) => candle.openTimeMs < beforeMs).length;
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
