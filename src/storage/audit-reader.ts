import { CompiledQuery } from 'kysely';
import Sqlite from 'libsql';
import { silentLogger } from '../core/logger.ts';
import { QUANTILE_LEVELS } from '../core/quantiles.ts';
import {
  type AuditReader,
  type CandleRange,
  type ForecastPage,
  type ForecastTexts,
  NO_PRICES,
  NO_SUCH_PRICES,
  type OutcomePage,
  PRICES,
  type PriceColumn,
} from '../core/record-audit.ts';
import { type AuditPages, createAuditPages, createTexts, SEPARATOR } from './audit-pages.ts';
import { type Bytes, bufferOf, readPrices } from './bytes.ts';
import { createGuard, parseDatabaseUrl, secretsOf } from './connection.ts';
import { LONG_POSTGRES_LIMITS, openPostgres } from './postgres.ts';
import { compareSums, type SumsComparison } from './score-sums-audit.ts';
import { unprovenDays } from './score-sums-proof.ts';
import { openSqliteHere } from './sqlite.ts';

const HASH_BYTES = 32;
const LEVELS = QUANTILE_LEVELS.length;

/** Rows as arrays, in the order of their columns. */
interface RawDatabase {
  query(text: string, parameters: readonly (string | number)[]): Promise<readonly (readonly unknown[])[]>;
  /** An aggregate: the bytes of a column of `rows`, in the order of their numbers, one after the other. */
  joined(column: string, rows: { readonly table: string; readonly where: string; readonly order: string }): string;
  /** Bytes of which there are none. */
  readonly noBytes: string;
  /** The numbers in a JSON array. */
  numbersIn(parameter: string): string;
  /** Reads rows past SQL, where there are pages to read. */
  readonly pages: AuditPages | null;
  close(): Promise<void>;
}

/**
 * Opens the record of a database for reading alone, on this thread: made for a worker that reads millions of rows. Each value that crosses from the
 * driver costs about as much as reading the row, so ranges of rows of an SQLite file come as its pages; by SQL the texts of a row come as one, and the
 * bytes of a whole page. Methods throw `CC_DATABASE`.
 */
export function openAuditReader(databaseUrl: string): AuditReader {
  const target = parseDatabaseUrl(databaseUrl);
  const guard = createGuard(target.label, target.kind === 'postgres' ? secretsOf(target) : []);
  const raw = target.kind === 'postgres' ? postgres(target.url, target.label) : sqlite(target.path);
  const read = (text: string, parameters: readonly (string | number)[]) =>
    guard('read the record in', () => raw.query(text, parameters));
  const textsOf = createTexts();

  const forecasts = (where: string) => ({
    rows: `select cause || '${SEPARATOR}' || symbol || '${SEPARATOR}' || "interval" || '${SEPARATOR}' || horizon || '${SEPARATOR}' || model || '${SEPARATOR}' || source as c0,
      sequence as c1, origin_ms as c2, target_ms as c3, issued_at_ms as c4, last_price as c5, p_up as c6, sentiment_share as c7,
      octet_length(quantiles) as c8, octet_length(climatology) as c9 from ledger where ${where} order by sequence`,
    bytes: raw.joined(`hash || quantiles || coalesce(climatology, ${raw.noBytes})`, {
      table: 'ledger',
      where,
      order: 'sequence',
    }),
  });
  const inRange = forecasts('sequence >= $1 and sequence <= $2');
  const byNumber = forecasts(`sequence in (${raw.numbersIn('$1')})`);
  const outcomes = {
    rows: `select source as c0, number as c1, sequence as c2, revision as c3, scored_at_ms as c4, direction_hit as c5, band as c6, actual_price as c7,
      log_return as c8, pinball as c9, climatology_pinball as c10, absolute_error as c11, naive_scale as c12, brier as c13, level as c14
      from outcomes where number >= $1 and number <= $2 order by number`,
    bytes: raw.joined('hash', { table: 'outcomes', where: 'number >= $1 and number <= $2', order: 'number' }),
  };
  const candles = `select open_time_ms as c0, high as c1, low as c2, close as c3, source as c4, fetched_at_ms as c5
    from candles where symbol = $1 and "interval" = $2 and open_time_ms >= $3 and open_time_ms <= $4`;
  const firstCandle = `select open_time_ms as c0 from candles where symbol = $1 and "interval" = $2 order by open_time_ms limit 1`;
  const scheduled = `select symbol as c0, horizon as c1, origin_ms as c2 from ledger
    where sequence >= $1 and sequence <= $2 and cause = 'scheduled'`;
  const revision = `select number as c0 from outcomes where sequence = $1 and revision = $2`;
  const scoredBy = `select o.number as c0 from ledger l join outcomes o on o.sequence = l.sequence
    where l.target_ms = $1 and l.symbol = $2 and l."interval" = $3 and o.actual_price = $4 limit 1`;

  async function forecastPage({ rows, bytes }: typeof inRange, parameters: readonly (string | number)[]) {
    const found = await read(rows, parameters);
    return toForecasts(found, bytesOf(await read(bytes, parameters)), textsOf);
  }

  const byPages = <T>(step: (pages: AuditPages) => T | null): Promise<T | null> =>
    guard('read the record in', async () => raw.pages && step(raw.pages));

  return {
    async forecasts(from, to) {
      return (await byPages((pages) => pages.forecasts(from, to))) ?? forecastPage(inRange, [from, to]);
    },
    forecastsOf: (numbers) => forecastPage(byNumber, [JSON.stringify(numbers)]),
    async outcomes(from, to) {
      const found = await byPages((pages) => pages.outcomes(from, to));
      if (found) return found;
      const rows = await read(outcomes.rows, [from, to]);
      return toOutcomes(rows, bytesOf(await read(outcomes.bytes, [from, to])));
    },
    async candles({ symbol, interval, fromMs, toMs }: CandleRange) {
      return (await read(candles, [symbol, interval, fromMs, toMs])).map((row) => ({
        openTimeMs: Number(row[0]),
        high: Number(row[1]),
        low: Number(row[2]),
        close: Number(row[3]),
        source: String(row[4]),
        fetchedAtMs: Number(row[5]),
      }));
    },
    async firstCandleMs(symbol, interval) {
      const [row] = await read(firstCandle, [symbol, interval]);
      return row ? Number(row[0]) : null;
    },
    async outcomeNumber(sequence, number) {
      const [row] = await read(revision, [sequence, number]);
      return row ? Number(row[0]) : null;
    },
    async scheduled(from, to) {
      const found = await byPages((pages) => pages.scheduled(from, to));
      if (found) return found;
      return (await read(scheduled, [from, to])).map((row) => ({
        symbol: String(row[0]),
        horizon: String(row[1]),
        originMs: Number(row[2]),
      }));
    },
    async wasScoredBy({ symbol, interval, targetMs, price }) {
      return (await read(scoredBy, [targetMs, symbol, interval, price])).length > 0;
    },
    close: () => raw.close(),
  };
}

/** Opens a database as the function above does, to compare the sums of scores. */
export function openSumsReader(databaseUrl: string): Pick<SumsComparison, 'unproven' | 'compare'> {
  const target = parseDatabaseUrl(databaseUrl);
  const guard = createGuard(target.label, target.kind === 'postgres' ? secretsOf(target) : []);
  const { db } =
    target.kind === 'postgres'
      ? openPostgres(target.url, target.label, silentLogger, LONG_POSTGRES_LIMITS)
      : openSqliteHere(target.path, target.label);
  return {
    unproven: (horizon, pieces) => guard('read the ledger in', () => unprovenDays(db, horizon, pieces)),
    compare: (range) => guard('read the ledger in', () => compareSums(db, range)),
  };
}

function sqlite(path: string): RawDatabase {
  const database = new Sqlite(path, { readonly: true });
  const statements = new Map<string, Sqlite.Statement>();
  return {
    joined: (column, { table, where, order }) =>
      `select cast(group_concat(c, '') as blob) as c0 from (select ${column} as c from ${table} where ${where} order by ${order})`,
    noBytes: `x''`,
    numbersIn: (parameter) => `select value from json_each(${parameter})`,
    pages: pagesOf(database),
    async query(text, parameters) {
      let statement = statements.get(text);
      if (!statement) {
        statement = database.prepare(text.replaceAll(/\$(\d+)/g, '?$1')).raw();
        statements.set(text, statement);
      }
      return statement.all([...parameters]) as unknown[][];
    },
    close: async () => void database.close(),
  };
}

function pagesOf(database: Sqlite.Database): AuditPages | null {
  try {
    return createAuditPages(database);
  } catch {
    // A build of SQLite that does not give its pages: rows are read by SQL, which takes longer.
    return null;
  }
}

function postgres(url: string, label: string): RawDatabase {
  const { db } = openPostgres(url, label, silentLogger, LONG_POSTGRES_LIMITS);
  return {
    joined: (column, { table, where, order }) =>
      `select string_agg(${column}, ''::bytea order by ${order}) as c0 from ${table} where ${where}`,
    noBytes: `''::bytea`,
    pages: null,
    numbersIn: (parameter) =>
      `select value::bigint from json_array_elements_text(${parameter}::json) as numbers(value)`,
    async query(text, parameters) {
      const { rows } = await db.executeQuery<Record<string, unknown>>(CompiledQuery.raw(text, [...parameters]));
      return rows.map((row) => Object.values(row));
    },
    close: () => db.destroy(),
  };
}

/** The bytes of a page; none where it has no rows. */
function bytesOf([row]: readonly (readonly unknown[])[]): Buffer {
  const bytes = row?.[0];
  return bytes instanceof ArrayBuffer || bytes instanceof Uint8Array
    ? bufferOf(bytes satisfies Bytes)
    : Buffer.alloc(0);
}

const column = (rows: readonly (readonly unknown[])[], place: number) => {
  const values = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) values[i] = rows[i]![place] as number;
  return values;
};

/** A column that may be null, which is NaN; a number that is none, which PostgreSQL can hold, is another one. */
const nullable = (rows: readonly (readonly unknown[])[], place: number) => {
  const values = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    const value = rows[i]![place];
    values[i] =
      value === null ? Number.NaN : Number.isNaN(Number(value)) ? Number.POSITIVE_INFINITY : (value as number);
  }
  return values;
};

function toForecasts(
  rows: readonly (readonly unknown[])[],
  bytes: Buffer,
  textsOf: (joined: unknown) => ForecastTexts,
): ForecastPage {
  const count = rows.length;
  const prices = (): PriceColumn => ({ prices: new Float64Array(LEVELS * count), held: new Uint8Array(count) });
  const [quantiles, climatology] = [prices(), prices()];
  const texts: ForecastTexts[] = [];
  const hash = new Uint8Array(HASH_BYTES * count);
  let at = 0;
  /** Reads the next bytes into a row of a column. */
  const take = ({ prices: into, held }: PriceColumn, row: number, length: unknown) => {
    if (length === null) held[row] = NO_PRICES;
    else {
      const part = { at, count: Number(length) };
      held[row] = readPrices(bytes, into, part, { at: LEVELS * row, count: LEVELS }) ? PRICES : NO_SUCH_PRICES;
      at += part.count;
    }
  };
  for (let i = 0; i < count; i++) {
    const row = rows[i]!;
    texts.push(textsOf(row[0]));
    hash.set(bytes.subarray(at, at + HASH_BYTES), HASH_BYTES * i);
    at += HASH_BYTES;
    take(quantiles, i, row[8]);
    take(climatology, i, row[9]);
  }
  return {
    count,
    number: column(rows, 1),
    texts,
    originMs: column(rows, 2),
    targetMs: column(rows, 3),
    issuedAtMs: column(rows, 4),
    lastPrice: column(rows, 5),
    pUp: column(rows, 6),
    sentimentShare: nullable(rows, 7),
    quantiles,
    climatology,
    hash,
  };
}

function toOutcomes(rows: readonly (readonly unknown[])[], bytes: Buffer): OutcomePage {
  return {
    count: rows.length,
    number: column(rows, 1),
    sequence: column(rows, 2),
    revision: column(rows, 3),
    source: rows.map((row) => String(row[0])),
    scoredAtMs: column(rows, 4),
    directionHit: column(rows, 5),
    band: nullable(rows, 6),
    actualPrice: column(rows, 7),
    logReturn: column(rows, 8),
    pinball: column(rows, 9),
    climatologyPinball: nullable(rows, 10),
    absoluteError: column(rows, 11),
    naiveScale: nullable(rows, 12),
    brier: column(rows, 13),
    level: column(rows, 14),
    hash: Uint8Array.from(bytes),
  };
}
