import { type CompiledQuery, type Kysely, type Selectable, sql } from 'kysely';
import type { CandleFlag, Interval, SourcedCandle } from '../core/candle.ts';
import { CandlecastError } from '../core/errors.ts';
import type { MarketKind } from '../core/sources.ts';
import { HOUR_MS } from '../core/time.ts';
import { type Guard, inChunks, ROWS_PER_STATEMENT } from './connection.ts';
import type { CandleRow, Database } from './schema.ts';

/** Candles kept. A candle is replaced only by a newer fetch with the same open time. */
export interface CandleRepository {
  /** Inserts or replaces by (symbol, interval, open time), all or nothing; returns how many rows changed. */
  upsert(symbol: string, interval: Interval, candles: readonly SourcedCandle[]): Promise<number>;
  /** Open times from `fromMs` to `toMs`, both included, ascending. */
  range(symbol: string, interval: Interval, fromMs: number, toMs: number): Promise<readonly SourcedCandle[]>;
  /** Open time of the oldest and the newest candle kept, or null. */
  span(symbol: string, interval: Interval): Promise<{ readonly fromMs: number; readonly toMs: number } | null>;
  count(): Promise<number>;
  /** Removes every candle of a coin that came from a source, in both intervals; returns how many. */
  removeSource(symbol: string, source: string): Promise<number>;
}

/** Makes the repository for one kind of market; it throws `CC_CONFIG_INVALID` when given a candle of another kind. */
export function createCandleRepository(db: Kysely<Database>, guard: Guard, market: MarketKind): CandleRepository {
  /** The statement of a whole chunk; to compile it takes most of the time of storing a long history. */
  let wholeChunk: CompiledQuery | null = null;

  async function write(connection: Kysely<Database>, rows: readonly CandleRow[]): Promise<number> {
    if (rows.length < ROWS_PER_STATEMENT)
      return Number((await upsertOf(connection, rows).executeTakeFirst()).numInsertedOrUpdatedRows ?? 0n);
    wholeChunk ??= upsertOf(connection, rows).compile();
    const own = rows.flatMap((row) => COLUMNS.map((column) => row[column]));
    const parameters = [...own, ...wholeChunk.parameters.slice(own.length)];
    const { numAffectedRows } = await connection.executeQuery({ ...wholeChunk, parameters });
    return Number(numAffectedRows ?? 0n);
  }

  return {
    async upsert(symbol, interval, candles) {
      const rows = newestPerOpenTime(symbol, interval, candles, market);
      if (rows.length === 0) return 0;
      // One statement is a transaction by itself.
      if (rows.length <= ROWS_PER_STATEMENT) return guard('store candles in', () => write(db, rows));
      return guard('store candles in', () =>
        db.transaction().execute((transaction) => inChunks(rows, (chunk) => write(transaction, chunk))),
      );
    },

    async range(symbol, interval, fromMs, toMs) {
      const rows = await guard('read candles from', () =>
        db
          .selectFrom('candles')
          .selectAll()
          .where('symbol', '=', symbol)
          .where('interval', '=', interval)
          .where('open_time_ms', '>=', fromMs)
          .where('open_time_ms', '<=', toMs)
          .orderBy('open_time_ms')
          .execute(),
      );
      return rows.map(toCandle);
    },

    async span(symbol, interval) {
      // Two lookups at the ends of the index; min() and max() in one statement would read the whole series in SQLite.
      const end = (direction: 'asc' | 'desc') =>
        db
          .selectFrom('candles')
          .select('open_time_ms')
          .where('symbol', '=', symbol)
          .where('interval', '=', interval)
          .orderBy('open_time_ms', direction)
          .limit(1)
          .executeTakeFirst();
      const first = await guard('read candles from', () => end('asc'));
      const last = await guard('read candles from', () => end('desc'));
      return first && last ? { fromMs: first.open_time_ms, toMs: last.open_time_ms } : null;
    },

    async count() {
      const row = await guard('count candles in', () =>
        db
          .selectFrom('candles')
          .select((select) => select.fn.countAll<number>().as('n'))
          .executeTakeFirstOrThrow(),
      );
      return Number(row.n);
    },

    async removeSource(symbol, source) {
      const result = await guard('remove candles from', () =>
        db.deleteFrom('candles').where('symbol', '=', symbol).where('source', '=', source).executeTakeFirst(),
      );
      return Number(result.numDeletedRows);
    },
  };
}

/** In the order of a row's values in the statement, which is that of the keys of `toRow`. */
const COLUMNS = [
  'symbol',
  'interval',
  'open_time_ms',
  'open',
  'high',
  'low',
  'close',
  'volume',
  'source',
  'fetched_at_ms',
  'flag',
] as const satisfies readonly (keyof CandleRow)[];

/** The statement that stores rows; its parameters are their values, one row after the other, and then those of the condition. */
function upsertOf(db: Kysely<Database>, rows: readonly CandleRow[]) {
  return db
    .insertInto('candles')
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .columns(['symbol', 'interval', 'open_time_ms'])
        .doUpdateSet((update) => ({
          open: update.ref('excluded.open'),
          high: update.ref('excluded.high'),
          low: update.ref('excluded.low'),
          close: update.ref('excluded.close'),
          volume: update.ref('excluded.volume'),
          source: update.ref('excluded.source'),
          fetched_at_ms: update.ref('excluded.fetched_at_ms'),
          flag: update.ref('excluded.flag'),
        }))
        // No answer is an hour late, so a candle fetched an hour later than the new one was dated by a clock that was ahead.
        .where(
          sql<boolean>`excluded.fetched_at_ms > candles.fetched_at_ms or candles.fetched_at_ms > excluded.fetched_at_ms + ${HOUR_MS}`,
        ),
    );
}

/** One row an open time: PostgreSQL refuses to change a row twice in one statement. */
function newestPerOpenTime(
  symbol: string,
  interval: Interval,
  candles: readonly SourcedCandle[],
  market: MarketKind,
): CandleRow[] {
  const rows = new Map<number, CandleRow>();
  for (const candle of candles) {
    if (!belongsTo(market, candle.source)) {
      throw new CandlecastError(
        'CC_CONFIG_INVALID',
        `Candles of "${candle.source}" cannot be kept with those of the ${market} market.`,
        { remedy: 'Name csv:DIR or simulated alone in MARKET_SOURCES, not together with live sources.' },
      );
    }
    const held = rows.get(candle.openTimeMs);
    if (!held || held.fetched_at_ms < candle.fetchedAtMs) rows.set(candle.openTimeMs, toRow(symbol, interval, candle));
  }
  return [...rows.values()];
}

function toRow(symbol: string, interval: Interval, candle: SourcedCandle): CandleRow {
  return {
    symbol,
    interval,
    open_time_ms: candle.openTimeMs,
    open: candle.open,
    high: candle.high,
    low: candle.low,
    close: candle.close,
    volume: candle.volume,
    source: candle.source,
    fetched_at_ms: candle.fetchedAtMs,
    flag: candle.flag,
  };
}

function toCandle(row: Selectable<CandleRow>): SourcedCandle {
  return {
    openTimeMs: row.open_time_ms,
    open: row.open,
    high: row.high,
    low: row.low,
    close: row.close,
    volume: row.volume,
    source: row.source,
    fetchedAtMs: row.fetched_at_ms,
    flag: row.flag as CandleFlag | null,
  };
}

/**
 * Whether candles of that source may be stored with those of that market. The simulation may use any source's name,
 * because it serves the providers' formats; its candles are kept in memory only and so stay separate.
 */
function belongsTo(market: MarketKind, source: string): boolean {
  if (market === 'simulated') return true;
  const kind = source.split(':', 1)[0];
  return market === 'csv' ? kind === 'csv' : kind !== 'csv' && kind !== 'simulated';
}
