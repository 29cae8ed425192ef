import type Sqlite from 'libsql';
import { QUANTILE_LEVELS } from '../core/quantiles.ts';
import {
  type AuditReader,
  type ForecastPage,
  type ForecastTexts,
  NO_PRICES,
  NO_SUCH_PRICES,
  type OutcomePage,
  PRICES,
  type PriceColumn,
} from '../core/record-audit.ts';
import { readPrices } from './bytes.ts';
import { type ColumnParts, createPageReader, type PageRows } from './sqlite-pages.ts';

/** Separates the texts of a row that are read as one; no text holds it. */
export const SEPARATOR = '\x1f';
const HASH_BYTES = 32;
const LEVELS = QUANTILE_LEVELS.length;
/** A record has few different texts; of a forged one they are forgotten after so many. */
const MAX_TEXTS = 5_000;

const TEXTS = ['cause', 'symbol', 'interval', 'horizon', 'model', 'source'] as const;

const LEDGER = {
  table: 'ledger',
  key: 'sequence',
  numbers: ['origin_ms', 'target_ms', 'issued_at_ms', 'last_price', 'p_up', 'sentiment_share'],
  texts: TEXTS,
  blobs: ['quantiles', 'climatology', 'hash'],
} as const;

const OUTCOMES = {
  table: 'outcomes',
  key: 'number',
  numbers: [
    'sequence',
    'revision',
    'scored_at_ms',
    'direction_hit',
    'band',
    'actual_price',
    'log_return',
    'pinball',
    'climatology_pinball',
    'absolute_error',
    'naive_scale',
    'brier',
    'level',
  ],
  texts: ['source'],
  blobs: ['hash'],
} as const;

/** Rows of either table. */
type RowsOf<Columns extends typeof LEDGER | typeof OUTCOMES> = PageRows<
  Columns['numbers'][number],
  (Columns['texts'] | Columns['blobs'])[number]
>;

/** The record of an SQLite file by its pages. Rows from and to are included; null where they have to be read by SQL. */
export interface AuditPages {
  forecasts(from: number, to: number): ForecastPage | null;
  outcomes(from: number, to: number): OutcomePage | null;
  scheduled(from: number, to: number): Awaited<ReturnType<AuditReader['scheduled']>> | null;
}

/** Makes the reader of a file's pages. */
export function createAuditPages(database: Sqlite.Database): AuditPages {
  const ledger = createPageReader(database, LEDGER);
  const outcomes = createPageReader(database, OUTCOMES);
  const textsOf = createPageTexts(createTexts());
  return {
    forecasts(from, to) {
      const rows = ledger(from, to);
      return rows && toForecastPage(rows, textsOf);
    },
    outcomes(from, to) {
      const rows = outcomes(from, to);
      return rows && toOutcomePage(rows);
    },
    scheduled(from, to) {
      const rows = ledger(from, to);
      return rows && scheduledOf(rows, textsOf);
    },
  };
}

/** Makes the texts of rows, one object for those that are the same. Texts that cannot be told apart are empty. */
export function createTexts(): (joined: unknown) => ForecastTexts {
  const known = new Map<unknown, ForecastTexts>();
  return (joined) => {
    const found = known.get(joined);
    if (found) return found;
    if (known.size >= MAX_TEXTS) known.clear();
    const parts = String(joined).split(SEPARATOR);
    const [cause = '', symbol = '', interval = '', horizon = '', model = '', source = ''] =
      parts.length === 6 ? parts : [];
    const texts = { cause, symbol, interval, horizon, model, source };
    known.set(joined, texts);
    return texts;
  };
}

/** Texts with their bytes, and those of the row that came after them the last time. */
interface SeenTexts {
  readonly texts: ForecastTexts;
  readonly lengths: readonly number[];
  readonly bytes: Buffer;
  next: SeenTexts | null;
}

/**
 * Finds the texts of rows without making them from their bytes: every hour the same coins and horizons follow each other, so a row's texts are mostly
 * those that followed the last time, too.
 */
function createPageTexts(textsOf: (joined: unknown) => ForecastTexts) {
  const seen = new Map<ForecastTexts, SeenTexts>();
  let last: SeenTexts | null = null;

  function make(bytes: Buffer, columns: readonly ColumnParts[], row: number): SeenTexts {
    const parts = columns.map(({ at, length }) => bytes.subarray(at[row], at[row]! + length[row]!));
    const texts = textsOf(parts.join(SEPARATOR));
    const found = seen.get(texts);
    if (found) return found;
    if (seen.size >= MAX_TEXTS) seen.clear();
    const made = { texts, lengths: parts.map(({ length }) => length), bytes: Buffer.concat(parts), next: null };
    seen.set(texts, made);
    return made;
  }

  return ({ bytes, parts }: RowsOf<typeof LEDGER>, row: number): ForecastTexts => {
    const columns = TEXTS.map((name) => parts[name]);
    const next: SeenTexts | null = last?.next ?? null;
    const found = next && isAt(next, bytes, columns, row) ? next : make(bytes, columns, row);
    if (last) last.next = found;
    last = found;
    return found.texts;
  };
}

function isAt(known: SeenTexts, bytes: Buffer, columns: readonly ColumnParts[], row: number): boolean {
  let place = 0;
  for (let i = 0; i < columns.length; i++) {
    const start = columns[i]!.at[row]!;
    const length = columns[i]!.length[row]!;
    if (length !== known.lengths[i]) return false;
    for (let k = 0; k < length; k++) if (bytes[start + k] !== known.bytes[place++]) return false;
  }
  return true;
}

function toForecastPage(rows: RowsOf<typeof LEDGER>, textsOf: ReturnType<typeof createPageTexts>): ForecastPage {
  const { count, numbers, parts, bytes } = rows;
  const texts: ForecastTexts[] = [];
  for (let row = 0; row < count; row++) texts.push(textsOf(rows, row));
  return {
    count,
    number: rows.keys,
    texts,
    originMs: numbers.origin_ms,
    targetMs: numbers.target_ms,
    issuedAtMs: numbers.issued_at_ms,
    lastPrice: numbers.last_price,
    pUp: numbers.p_up,
    sentimentShare: numbers.sentiment_share,
    quantiles: pricesIn(bytes, parts.quantiles, count),
    climatology: pricesIn(bytes, parts.climatology, count),
    hash: hashesIn(bytes, parts.hash, count),
  };
}

function scheduledOf(rows: RowsOf<typeof LEDGER>, textsOf: ReturnType<typeof createPageTexts>) {
  const found: { readonly symbol: string; readonly horizon: string; readonly originMs: number }[] = [];
  for (let row = 0; row < rows.count; row++) {
    const { cause, symbol, horizon } = textsOf(rows, row);
    if (cause === 'scheduled') found.push({ symbol, horizon, originMs: rows.numbers.origin_ms[row]! });
  }
  return found;
}

function pricesIn(bytes: Buffer, { at, length }: ColumnParts, count: number): PriceColumn {
  const column = { prices: new Float64Array(LEVELS * count), held: new Uint8Array(count) };
  for (let row = 0; row < count; row++) {
    const part = { at: at[row]!, count: length[row]! };
    if (part.count < 0) column.held[row] = NO_PRICES;
    else {
      const isRead = readPrices(bytes, column.prices, part, { at: LEVELS * row, count: LEVELS });
      column.held[row] = isRead ? PRICES : NO_SUCH_PRICES;
    }
  }
  return column;
}

function hashesIn(bytes: Buffer, { at, length }: ColumnParts, count: number): Uint8Array {
  const hashes = new Uint8Array(HASH_BYTES * count);
  for (let row = 0; row < count; row++) {
    if (length[row] !== HASH_BYTES) continue;
    const start = at[row]!;
    for (let i = 0; i < HASH_BYTES; i++) hashes[HASH_BYTES * row + i] = bytes[start + i]!;
  }
  return hashes;
}

function toOutcomePage({ count, keys, numbers, parts, bytes }: RowsOf<typeof OUTCOMES>): OutcomePage {
  const source: string[] = [];
  const { at, length } = parts.source;
  for (let row = 0; row < count; row++) {
    const before = source[row - 1];
    const isSame = before !== undefined && isText(bytes, at[row]!, length[row]!, before);
    source.push(isSame ? before : bytes.toString('utf8', at[row], at[row]! + length[row]!));
  }
  return {
    count,
    number: keys,
    sequence: numbers.sequence,
    revision: numbers.revision,
    source,
    scoredAtMs: numbers.scored_at_ms,
    directionHit: numbers.direction_hit,
    band: numbers.band,
    actualPrice: numbers.actual_price,
    logReturn: numbers.log_return,
    pinball: numbers.pinball,
    climatologyPinball: numbers.climatology_pinball,
    absoluteError: numbers.absolute_error,
    naiveScale: numbers.naive_scale,
    brier: numbers.brier,
    level: numbers.level,
    hash: hashesIn(bytes, parts.hash, count),
  };
}

/** Whether the bytes are those of a text of ASCII. */
function isText(bytes: Buffer, at: number, length: number, text: string): boolean {
  if (text.length !== length) return false;
  for (let i = 0; i < length; i++) {
    const byte = bytes[at + i]!;
    if (byte > 127 || byte !== text.charCodeAt(i)) return false;
  }
  return true;
}
