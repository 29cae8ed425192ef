import { CompiledQuery } from 'kysely';
import Sqlite from 'libsql';
import { silentLogger } from '../core/logger.ts';
import type { AuditReader, CandleRange, StoredForecast, StoredOutcome } from '../core/record-audit.ts';
import { createGuard, parseDatabaseUrl, secretsOf } from './connection.ts';
import { LONG_POSTGRES_LIMITS, openPostgres } from './postgres.ts';
import { compareSums, type SumsComparison } from './score-sums-audit.ts';
import { unprovenDays } from './score-sums-prove.ts';
import { openSqliteHere } from './sqlite.ts';

/** Separates the fields of a row that are read as one text; no field holds it. */
const SEPARATOR = '\x1f';

/** Rows as arrays, in the order of their columns. */
interface RawDatabase {
  query(text: string, parameters: readonly (string | number)[]): Promise<readonly (readonly unknown[])[]>;
  /** A column of bytes as hexadecimal digits. */
  hex(column: string): string;
  close(): Promise<void>;
}

/**
 * Opens the record of a database for reading alone, on this thread: made for a worker that reads millions of rows. What is text, whole numbers and
 * bytes in a row comes as one text, since each value that crosses from the driver costs about as much as reading the row. Methods throw `CC_DATABASE`.
 */
export function openAuditReader(databaseUrl: string): AuditReader {
  const target = parseDatabaseUrl(databaseUrl);
  const guard = createGuard(target.label, target.kind === 'postgres' ? secretsOf(target) : []);
  const raw = target.kind === 'postgres' ? postgres(target.url, target.label) : sqlite(target.path);
  const read = (text: string, parameters: readonly (string | number)[]) =>
    guard('read the record in', () => raw.query(text, parameters));
  const joined = (columns: readonly string[]) => columns.join(` || '${SEPARATOR}' || `);
  const bytes = (column: string) => raw.hex(column);
  const bytesOrNone = (column: string) => `case when ${column} is null then '-' else ${bytes(column)} end`;

  // Of what may be null alone the database asks whether it is: at every other column that costs as much as the column.
  const forecasts = `select ${joined([
    'cause',
    'symbol',
    '"interval"',
    'horizon',
    'origin_ms',
    'target_ms',
    'issued_at_ms',
    'model',
    'source',
    bytes('quantiles'),
    bytesOrNone('climatology'),
    `lower(${bytes('hash')})`,
  ])} as c0, last_price as c1, p_up as c2, sentiment_share as c3, sequence as c4
    from ledger where sequence >= $1 and sequence <= $2 order by sequence`;
  const outcomes = `select ${joined([
    'o.sequence',
    'o.revision',
    'o.source',
    'o.scored_at_ms',
    'o.direction_hit',
    `coalesce(cast(o.band as text), '-')`,
    `lower(${bytes('o.hash')})`,
  ])} as c0, ${joined([
    'l.cause',
    'l.symbol',
    'l."interval"',
    'l.horizon',
    'l.origin_ms',
    'l.target_ms',
    bytes('l.quantiles'),
    bytesOrNone('l.climatology'),
    'l.model',
  ])} as c1, o.actual_price as c2, o.log_return as c3, o.pinball as c4, o.climatology_pinball as c5, o.absolute_error as c6,
    o.naive_scale as c7, o.brier as c8, o.level as c9, l.last_price as c10, l.p_up as c11, o.number as c12
    from outcomes o left join ledger l on l.sequence = o.sequence
    where o.number >= $1 and o.number <= $2 order by o.number`;
  const candles = `select open_time_ms as c0, high as c1, low as c2, close as c3, source as c4, fetched_at_ms as c5
    from candles where symbol = $1 and "interval" = $2 and open_time_ms >= $3 and open_time_ms <= $4`;
  const firstCandle = `select open_time_ms as c0 from candles where symbol = $1 and "interval" = $2 order by open_time_ms limit 1`;
  const scheduled = `select symbol || ' ' || horizon || ' ' || cast(origin_ms as text) as c0 from ledger
    where sequence >= $1 and sequence <= $2 and cause = 'scheduled'`;
  const revision = `select number as c0 from outcomes where sequence = $1 and revision = $2`;
  const scoredBy = `select o.number as c0 from ledger l join outcomes o on o.sequence = l.sequence
    where l.target_ms = $1 and l.symbol = $2 and l."interval" = $3 and o.actual_price = $4 limit 1`;

  return {
    forecasts: async (from, to) => (await read(forecasts, [from, to])).map(toForecast),
    outcomes: async (from, to) => (await read(outcomes, [from, to])).map(toOutcome),
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
    scheduled: async (from, to) => (await read(scheduled, [from, to])).map(([key]) => String(key)),
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
    hex: (column) => `hex(${column})`,
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

function postgres(url: string, label: string): RawDatabase {
  const { db } = openPostgres(url, label, silentLogger, LONG_POSTGRES_LIMITS);
  return {
    hex: (column) => `encode(${column}, 'hex')`,
    async query(text, parameters) {
      const { rows } = await db.executeQuery<Record<string, unknown>>(CompiledQuery.raw(text, [...parameters]));
      return rows.map((row) => Object.values(row));
    },
    close: () => db.destroy(),
  };
}

const nullable = (value: unknown) => (value === null ? null : Number(value));

/** Fields of a row that cannot be told apart are empty: its number alone is known. */
function fieldsOf(text: unknown, count: number): readonly string[] {
  const fields = String(text).split(SEPARATOR);
  return fields.length === count ? fields : Array<string>(count).fill('');
}

function toForecast(row: readonly unknown[]): StoredForecast {
  const fields = fieldsOf(row[0], 12);
  const climatology = fields[10]!;
  return {
    number: Number(row[4]),
    cause: fields[0]!,
    symbol: fields[1]!,
    interval: fields[2]!,
    horizon: fields[3]!,
    originMs: Number(fields[4]),
    targetMs: Number(fields[5]),
    issuedAtMs: Number(fields[6]),
    model: fields[7]!,
    source: fields[8]!,
    quantiles: fields[9]!,
    climatology: climatology === '-' ? null : climatology,
    hash: fields[11]!,
    lastPrice: Number(row[1]),
    pUp: Number(row[2]),
    sentimentShare: nullable(row[3]),
  };
}

function toOutcome(row: readonly unknown[]): StoredOutcome {
  const fields = fieldsOf(row[0], 7);
  const band = fields[5]!;
  return {
    number: Number(row[12]),
    hash: fields[6]!,
    sequence: Number(fields[0]),
    revision: Number(fields[1]),
    actualPrice: Number(row[2]),
    source: fields[2]!,
    scoredAtMs: Number(fields[3]),
    logReturn: Number(row[3]),
    pinball: Number(row[4]),
    climatologyPinball: nullable(row[5]),
    absoluteError: Number(row[6]),
    naiveScale: nullable(row[7]),
    directionHit: fields[4] === '1',
    brier: Number(row[8]),
    band: band === '-' ? null : (Number(band) as StoredOutcome['band']),
    level: Number(row[9]),
    forecast: row[1] === null ? null : toScoredForecast(row),
  };
}

function toScoredForecast(row: readonly unknown[]): StoredOutcome['forecast'] {
  const fields = fieldsOf(row[1], 9);
  const climatology = fields[7]!;
  return {
    cause: fields[0]!,
    symbol: fields[1]!,
    interval: fields[2]!,
    horizon: fields[3]!,
    originMs: Number(fields[4]),
    targetMs: Number(fields[5]),
    quantiles: fields[6]!,
    climatology: climatology === '-' ? null : climatology,
    model: fields[8]!,
    lastPrice: Number(row[10]),
    pUp: Number(row[11]),
  };
}
