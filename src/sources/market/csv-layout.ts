import { parseFeedDate } from '../sentiment/feed-date.ts';

/** Where a table of candles begins, and how its cells are separated. */
export interface CsvDialect {
  /** First line of the table, from 1: CryptoDataDownload puts its address before it, others a title or a comment. */
  readonly firstLine: number;
  readonly delimiter: string;
  /** Whether a comma is the decimal sign, as where semicolons or tabs separate cells. */
  readonly decimalComma: boolean;
}

/** Lines before a table that are passed over. */
const MAX_PREAMBLE = 10;
/** A candle has six cells. */
const MIN_DELIMITERS = 5;

/** Finds out the dialect from the beginning of a file. */
export function csvDialect(start: string): CsvDialect {
  const lines = start.split(/\r\n|\n|\r/);
  const count = (line: string, sign: string) => line.split(sign).length - 1;
  const isTable = (line: string) =>
    !/^\ufeff?["#]?\s?(?:https?:|www\.)/i.test(line) &&
    [';', '\t', ','].some((sign) => count(line, sign) >= MIN_DELIMITERS);
  const found = lines.slice(0, MAX_PREAMBLE).findIndex(isTable);
  const address = /^\ufeff?"?https?:\/\//i.test(lines[0] ?? '') ? 1 : 0;
  const first = found >= 0 ? found : address;
  const header = lines[first] ?? '';
  const delimiter = [';', '\t'].find((sign) => header.includes(sign)) ?? ',';
  // Where numbers have decimal commas and none a decimal point, points part thousands.
  const cells = delimiter === ',' ? [] : lines.slice(first).flatMap((line) => line.split(delimiter));
  const decimalComma = cells.some(hasDecimalComma) && !cells.some(hasDecimalPoint);
  return { firstLine: first + 1, delimiter, decimalComma };
}

const hasDecimalComma = (cell: string) => /^\s*"?[\d.]+,\d+"?\s*$/.test(cell);

const hasDecimalPoint = (cell: string) => /^\s*"?(?:\d+\.(?:\d{1,2}|\d{4,})|\d{1,3}(?:,\d{3})+\.\d+)"?\s*$/.test(cell);

/** The number in a cell, thousands parted or not; NaN where it holds none. */
export function cellNumber(cell: string, { delimiter, decimalComma }: CsvDialect): number {
  // Switzerland parts thousands by apostrophes, France by spaces that do not break.
  const text = cell.replace(/(?<=\d)['’\s](?=\d{3})/g, '');
  const grouped = decimalComma ? /^-?\d{1,3}(?:\.\d{3})+(?:,\d+)?$/ : /^-?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/;
  const plain = grouped.test(text) ? text.replaceAll(decimalComma ? '.' : ',', '') : text;
  const decimal = delimiter === ',' ? plain : plain.replace(',', '.');
  return /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,4})?$/i.test(decimal) ? Number(decimal) : Number.NaN;
}

/** Places of the columns in a row. */
export interface CandleColumns {
  readonly time: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  /** Whether the volume is in dollars instead of units of the coin. */
  readonly volumeInDollars: boolean;
  /** Cells of a row. */
  readonly width: number;
}

/** Names a column of open times goes by, in the order they are searched: some tables have the closing time as `timestamp`. */
const TIME_NAMES = [
  'timeopen',
  'opentime',
  'open time',
  'timestamp',
  'unix timestamp',
  'unix',
  'datetime',
  'time',
  'date',
];
const DOLLARS = new Set(['usd', 'usdt', 'usdc', 'busd', 'fdusd', 'tusd', 'dai', 'currency']);
/** Tables of Yahoo Finance and CoinMarketCap, known by these columns, give the volume in dollars. */
const DOLLAR_TABLES = ['adj close', 'marketcap', 'market cap'];

/** Columns of Binance's dumps, which have no header: open time, open, high, low, close, volume, close time, quote volume, trades and three more. */
const BINANCE_WIDTH = 12;
const BINANCE_COLUMNS: CandleColumns = {
  time: 0,
  open: 1,
  high: 2,
  low: 3,
  close: 4,
  volume: 5,
  volumeInDollars: false,
  width: BINANCE_WIDTH,
};

/** Kraken's downloads have the first six and the number of trades. */
const KRAKEN_WIDTH = 7;

/** Whether the first row of a table is one of Binance's dumps or Kraken's downloads rather than a header. */
export function isHeaderlessRow(row: readonly string[]): boolean {
  return (row.length === BINANCE_WIDTH || row.length === KRAKEN_WIDTH) && /^\d{10,16}$/.test(row[0]!);
}

/** The columns of a table by its first row, a header or one of those without; a text that says what is wrong with the header. */
export function candleColumns(row: readonly string[]): CandleColumns | string {
  if (isHeaderlessRow(row)) return { ...BINANCE_COLUMNS, width: row.length };
  const names = row.map(columnName);
  const at = (...wanted: readonly string[]) =>
    wanted.map((name) => names.indexOf(name)).find((place) => place >= 0) ?? -1;
  const volume = volumeColumn(names);
  if (typeof volume === 'string') return volume;
  const columns = { time: at(...TIME_NAMES), open: at('open'), high: at('high'), low: at('low'), close: at('close') };
  const places = { ...columns, volume: volume?.place ?? -1 };
  const missing = Object.entries(places).flatMap(([name, place]) => (place < 0 ? [name] : []));
  if (missing.length > 0) return `names no column ${missing.join(', ').replace('time', 'timestamp')}`;
  return { ...places, volumeInDollars: volume?.inDollars ?? false, width: row.length };
}

/** `Volume_(BTC)` and `Volume BTC` are the same, and so are `Close**` and `Close`. */
export function columnName(cell: string): string {
  return cell
    .toLowerCase()
    .replace(/[_()*\s]/g, ' ')
    .split(' ')
    .filter((word) => word !== '')
    .join(' ');
}

/**
 * The column of the volume. One called after a currency is in that currency: the coin's is preferred to the dollars'. Two coins
 * mean prices in another coin, which is said.
 */
function volumeColumn(
  names: readonly string[],
): { readonly place: number; readonly inDollars: boolean } | string | null {
  const plain = names.indexOf('volume');
  if (plain >= 0) return { place: plain, inDollars: DOLLAR_TABLES.some((name) => names.includes(name)) };
  const called = names.flatMap((name, place) => {
    const currency = /^volume ([a-z\d]{1,12})$/.exec(name)?.[1];
    return currency ? [{ place, currency, inDollars: DOLLARS.has(currency) }] : [];
  });
  const coins = called.filter(({ inDollars }) => !inDollars);
  if (coins.length > 1) {
    return `has volumes in ${coins.map(({ currency }) => currency.toUpperCase()).join(' and ')}, so its prices are not in US dollars`;
  }
  return coins[0] ?? called[0] ?? null;
}

const ISO_UTC = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(?:Z| ?UTC|[+-]00:?00)?)?$/;
/** The hours of older files of CryptoDataDownload. */
const HALF_DAY = /^(\d{4}-\d{2}-\d{2}) (\d{2})-([AP])M$/;

/** Epoch numbers below this are seconds (until the year 5138), from it on milliseconds (from 1973). */
const MIN_MS = 1e11;
/** Epoch numbers from this on are microseconds (from 1973), as in Binance's dumps since 2025. */
const MIN_MICROSECONDS = 1e14;

/**
 * Reads a time of a table as ms since the epoch: ISO 8601 in UTC (a date alone is its midnight, a missing zone means UTC), an
 * epoch time in seconds, milliseconds or microseconds, or a day as people write it (`Jun 1, 2026`, `1.6.2026`, `6/1/2026`). Null for everything else, other zones and impossible dates included.
 */
export function parseTimestamp(text: string): number | null {
  // Eight digits are a day: as seconds they would lie before all coins.
  if (/^(?:19|20)\d{6}$/.test(text)) return atTime(`${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`, '00:00');
  if (/^\d{1,16}(?:\.0{1,9})?$/.test(text)) {
    const number = Number(text);
    if (number >= MIN_MICROSECONDS) return Math.floor(number / 1000);
    return number < MIN_MS ? number * 1000 : number;
  }
  const half = HALF_DAY.exec(text);
  if (half) return atHour(half[1]!, Number(half[2]), half[3] === 'P');
  const match = ISO_UTC.exec(text);
  if (match) return atTime(match[1]!, match[2] ?? '00:00');
  return /^\d{4}-/.test(text) ? null : parseFeedDate(text);
}

function atHour(day: string, hour: number, afternoon: boolean): number | null {
  if (hour < 1 || hour > 12) return null;
  const hours = (hour % 12) + (afternoon ? 12 : 0);
  return atTime(day, `${String(hours).padStart(2, '0')}:00`);
}

function atTime(day: string, time: string): number | null {
  const timeMs = Date.parse(`${day}T${time}Z`);
  // Date.parse moves 30 February into March; a date that does not come back as it went in does not exist.
  return Number.isFinite(timeMs) && new Date(timeMs).toISOString().startsWith(day) ? timeMs : null;
}
