import { CompiledQuery } from 'kysely';
import Sqlite from 'libsql';
import { silentLogger } from '../core/logger.ts';
import type { AuditReader, CandleRange, StoredForecast, StoredOutcome } from '../core/record-audit.ts';
import { createGuard, parseDatabaseUrl, secretsOf } from './connection.ts';
import { LONG_POSTGRES_LIMITS, openPostgres } from './postgres.ts';

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
  const joined = (columns: readonly string[]) =>
    columns.map((column) => `coalesce(cast(${column} as text), '-')`).join(` || '${SEPARATOR}' || `);
  const bytes = (column: string) => `lower(${raw.hex(column)})`;

  const forecasts = `select ${joined([
    'sequence',
    'cause',
    'symbol',
    'interval',
    'horizon',
    'origin_ms',
    'target_ms',
    'issued_at_ms',
    'model',
    'source',
    bytes('quantiles'),
    bytes('climatology'),
    bytes('hash'),
  ])} as c0, last_price as c1, p_up as c2, sentiment_share as c3
    from ledger where sequence >= $1 and sequence <= $2 order by sequence`;
  const outcomes = `select ${joined([
    'o.number',
    'o.sequence',
    'o.revision',
    'o.source',
    'o.scored_at_ms',
    'o.direction_hit',
    'o.band',
    bytes('o.hash'),
    'l.cause',
    'l.symbol',
    'l.interval',
    'l.horizon',
    'l.origin_ms',
    'l.target_ms',
    bytes('l.quantiles'),
    bytes('l.climatology'),
  ])} as c0, o.actual_price as c1, o.log_return as c2, o.pinball as c3, o.climatology_pinball as c4, o.absolute_error as c5,
    o.naive_scale as c6, o.brier as c7, o.level as c8, l.last_price as c9, l.p_up as c10
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

/** A row whose fields cannot be told apart: its number alone is known. */
function fieldsOf(text: unknown, count: number): readonly string[] {
  const fields = String(text).split(SEPARATOR);
  return fields.length === count ? fields : [fields[0]!, ...Array<string>(count - 1).fill('')];
}

function toForecast(row: readonly unknown[]): StoredForecast {
  const [
    number,
    cause,
    symbol,
    interval,
    horizon,
    originMs,
    targetMs,
    issuedAtMs,
    model,
    source,
    quantiles,
    climatology,
    hash,
  ] = fieldsOf(row[0], 13);
  return {
    number: Number(number),
    cause: cause!,
    symbol: symbol!,
    interval: interval!,
    horizon: horizon!,
    originMs: Number(originMs),
    targetMs: Number(targetMs),
    issuedAtMs: Number(issuedAtMs),
    model: model!,
    source: source!,
    quantiles: quantiles!,
    climatology: climatology === '-' ? null : climatology!,
    hash: hash!,
    lastPrice: Number(row[1]),
    pUp: Number(row[2]),
    sentimentShare: nullable(row[3]),
  };
}

function toOutcome(row: readonly unknown[]): StoredOutcome {
  const [number, sequence, revision, source, scoredAtMs, directionHit, band, hash, ...forecast] = fieldsOf(row[0], 16);
  const [cause, symbol, interval, horizon, originMs, targetMs, quantiles, climatology] = forecast;
  return {
    number: Number(number),
    hash: hash!,
    sequence: Number(sequence),
    revision: Number(revision),
    actualPrice: Number(row[1]),
    source: source!,
    scoredAtMs: Number(scoredAtMs),
    logReturn: Number(row[2]),
    pinball: Number(row[3]),
    climatologyPinball: nullable(row[4]),
    absoluteError: Number(row[5]),
    naiveScale: nullable(row[6]),
    directionHit: directionHit === '1',
    brier: Number(row[7]),
    band: band === '-' ? null : (Number(band) as StoredOutcome['band']),
    level: Number(row[8]),
    forecast:
      cause === '-' || cause === ''
        ? null
        : {
            cause: cause!,
            symbol: symbol!,
            interval: interval!,
            horizon: horizon!,
            originMs: Number(originMs),
            targetMs: Number(targetMs),
            quantiles: quantiles!,
            climatology: climatology === '-' ? null : climatology!,
            lastPrice: Number(row[9]),
            pUp: Number(row[10]),
          },
  };
}
