import { type Kysely, sql, type Transaction } from 'kysely';
import type { Interval } from '../core/candle.ts';
import type { HorizonName } from '../core/horizon.ts';
import {
  isLive,
  isWithinWriteWindow,
  type LedgerCause,
  type LedgerEntry,
  NO_HASH,
  type ScheduledMark,
  type UnissuedForecast,
} from '../core/ledger.ts';
import type { ChainHead, RecordVerdict } from '../core/record.ts';
import type { Clock } from '../core/time.ts';
import { hexOf } from './bytes.ts';
import { type Guard, inChunks, runBatch } from './connection.ts';
import { entryHash, markHash, toEntry, toLedgerRow, toMarkRow } from './ledger-row-mapping.ts';
import { addModels, type ModelFacts } from './record-repository.ts';
import { settleScheduled } from './schedule-repository.ts';
import type { Database, DatabaseKind } from './schema.ts';
import { countIssued, firstOfHours, type IssuedCount, lockSums, refreshSums } from './score-sums-table.ts';
import { verifyRecord } from './verify-record.ts';

/** The ledger of issued forecasts: rows are only ever added, each chained to the one before, also by several processes at once. */
export interface LedgerRepository {
  /** Adds forecasts, and before them the models that they were made by and that are not recorded yet, in one transaction, dated with the clock; the result for each, in order. */
  append(
    forecasts: readonly UnissuedForecast[],
    cause: LedgerCause,
    models?: readonly ModelFacts[],
  ): Promise<readonly AppendState[]>;
  /** `SYMBOL horizon` of every scheduled forecast from an origin. */
  scheduledAt(interval: Interval, originMs: number): Promise<ReadonlySet<string>>;
  /** Rows without a score whose target lies after `sinceMs` and not after `untilMs`, by sequence from after `afterSequence`. */
  unscored(sinceMs: number, untilMs: number, limit: number, afterSequence?: number): Promise<readonly LedgerEntry[]>;
  entries(sequences: readonly number[]): Promise<readonly LedgerEntry[]>;
  /** The forecast from the newest close not after `untilMs` that was written by `issuedByMs`, of several the one written first; null when there is none. */
  newestFrom(symbol: string, horizon: HorizonName, untilMs: number, issuedByMs: number): Promise<LedgerEntry | null>;
  head(): Promise<ChainHead | null>;
  /** Verifies the whole record, a thousand rows in memory at a time. */
  verify(signal?: AbortSignal): Promise<RecordVerdict>;
}

/**
 * Result of adding one forecast. `marked`: it was issued on demand before, and now belongs to the
 * schedule. `already`: it is there. `late`: it may not be written any more, and is not.
 */
export type AppendState = 'appended' | 'marked' | 'already' | 'late';

/** The dependencies of the ledger's repository. */
export interface LedgerParts {
  readonly db: Kysely<Database>;
  readonly kind: DatabaseKind;
  readonly guard: Guard;
  readonly now: Clock;
}

/** Makes the repository of the ledger; see docs/ledger.md. */
export function createLedgerRepository({ db, kind, guard, now }: LedgerParts): LedgerRepository {
  return {
    append: (forecasts, cause, models = []) =>
      guard('write to the ledger in', () =>
        db.transaction().execute(async (transaction) => {
          // SQLite took the write lock at the beginning. Without one, two processes would chain to the same row.
          if (kind === 'postgres') await sql`lock table ledger in share row exclusive mode`.execute(transaction);
          await addModels(transaction, kind, models, now);
          return appendAll(transaction, kind, forecasts, cause, now);
        }),
      ),

    async scheduledAt(interval, originMs) {
      const rows = await guard('read the ledger in', () =>
        db
          .selectFrom('ledger as l')
          .leftJoin('ledger_marks as m', 'm.sequence', 'l.sequence')
          .select(['l.symbol', 'l.horizon'])
          .where('l.interval', '=', interval)
          .where('l.horizon', 'in', interval === '1h' ? ['1h', '4h', '24h'] : ['1d', '3d', '7d'])
          .where('l.origin_ms', '=', originMs)
          .where((where) => where.or([where('l.cause', '=', 'scheduled'), where('m.number', 'is not', null)]))
          .execute(),
      );
      return new Set(rows.map(({ symbol, horizon }) => `${symbol} ${horizon}`));
    },

    async unscored(sinceMs, untilMs, limit, afterSequence = 0) {
      const rows = await guard('read the ledger in', () =>
        db
          .selectFrom('ledger as l')
          .selectAll('l')
          .where('l.target_ms', '>', sinceMs)
          .where('l.target_ms', '<=', untilMs)
          .where('l.sequence', '>', afterSequence)
          .where((where) =>
            where.not(
              where.exists(
                where.selectFrom('outcomes as o').select('o.revision').whereRef('o.sequence', '=', 'l.sequence'),
              ),
            ),
          )
          .orderBy('l.sequence')
          .limit(limit)
          .execute(),
      );
      return rows.map(toEntry);
    },

    async entries(sequences) {
      const found: LedgerEntry[] = [];
      await inChunks(sequences, async (chunk) => {
        const rows = await guard('read the ledger in', () =>
          db.selectFrom('ledger').selectAll().where('sequence', 'in', chunk).orderBy('sequence').execute(),
        );
        found.push(...rows.map(toEntry));
        return rows.length;
      });
      return found;
    },

    async newestFrom(symbol, horizon, untilMs, issuedByMs) {
      const row = await guard('read the ledger in', () =>
        db
          .selectFrom('ledger')
          .selectAll()
          .where('symbol', '=', symbol)
          .where('horizon', '=', horizon)
          .where('origin_ms', '<=', untilMs)
          .where('issued_at_ms', '<=', issuedByMs)
          .where('cause', 'in', ['scheduled', 'on-demand'])
          .orderBy('origin_ms', 'desc')
          .orderBy('sequence')
          .limit(1)
          .executeTakeFirst(),
      );
      return row ? toEntry(row) : null;
    },

    async head() {
      const row = await guard('read the ledger in', () =>
        db.selectFrom('ledger').select(['sequence', 'hash']).orderBy('sequence', 'desc').limit(1).executeTakeFirst(),
      );
      return row ? { number: row.sequence, hash: hexOf(row.hash) } : null;
    },

    verify: (signal) => guard('read the ledger in', () => verifyRecord(db, { signal })),
  };
}

/** The stored forecasts of one coin, horizon, origin and kind: the row of each model, and whether one of them is scheduled. */
interface StoredForecasts {
  scheduled: boolean;
  readonly rows: Map<string, { readonly sequence: number; readonly hash: string }>;
}

/** Forecasts from closes are one kind, whoever caused them; those that were asked for are another, and so are those of posts. */
const forecastKey = (symbol: string, horizon: string, originMs: number, cause: LedgerCause) =>
  `${symbol} ${horizon} ${originMs} ${isLive(cause) ? cause : 'close'}`;

/** Prices of a distribution to seven digits, which is more than anybody is shown and half the bytes. */
function inSinglePrecision(forecast: UnissuedForecast): UnissuedForecast {
  const { quantiles, climatology } = forecast;
  return { ...forecast, quantiles: quantiles.map(Math.fround), climatology: climatology?.map(Math.fround) ?? null };
}

async function appendAll(
  db: Transaction<Database>,
  kind: DatabaseKind,
  forecasts: readonly UnissuedForecast[],
  cause: LedgerCause,
  now: Clock,
): Promise<AppendState[]> {
  const [ends, marksEnds] = await runBatch(db, [
    db.selectFrom('ledger').select(['sequence', 'hash']).orderBy('sequence', 'desc').limit(1),
    db.selectFrom('ledger_marks').select(['number', 'hash']).orderBy('number', 'desc').limit(1),
  ]);
  const [end, marksEnd] = [ends.rows[0], marksEnds.rows[0]];
  let last = { sequence: end?.sequence ?? 0, hash: end ? hexOf(end.hash) : NO_HASH };
  let lastMark = { number: marksEnd?.number ?? 0, hash: marksEnd ? hexOf(marksEnd.hash) : NO_HASH };
  const states: AppendState[] = [];

  await inChunks(forecasts, async (chunk) => {
    const storedByKey = await storedForecastsOf(db, chunk);
    const entries: LedgerEntry[] = [];
    const marks: ScheduledMark[] = [];
    const marked: UnissuedForecast[] = [];
    for (const forecast of chunk) {
      // The clock is read under the write lock, so that the recorded time is the time of the write.
      const nowMs = now();
      const key = forecastKey(forecast.symbol, forecast.horizon, forecast.originMs, cause);
      const stored: StoredForecasts = storedByKey.get(key) ?? { scheduled: false, rows: new Map() };
      storedByKey.set(key, stored);
      const sameModel = stored.rows.get(forecast.model);
      if (!isWithinWriteWindow(forecast, cause, nowMs)) states.push('late');
      else if (cause === 'scheduled' ? stored.scheduled : sameModel) states.push('already');
      else if (sameModel) {
        const body = {
          number: lastMark.number + 1,
          sequence: sameModel.sequence,
          rowHash: sameModel.hash,
          markedAtMs: nowMs,
        };
        const mark = { ...body, hash: markHash(body, lastMark.hash) };
        marks.push(mark);
        marked.push(forecast);
        lastMark = mark;
        stored.scheduled = true;
        states.push('marked');
      } else {
        const body = { ...inSinglePrecision(forecast), cause, issuedAtMs: nowMs, sequence: last.sequence + 1 };
        const entry = { ...body, hash: entryHash(body, last.hash) };
        entries.push(entry);
        last = entry;
        stored.rows.set(forecast.model, entry);
        if (cause === 'scheduled') stored.scheduled = true;
        states.push('appended');
      }
    }
    if (entries.length + marks.length === 0) return chunk.length;
    const { counts, displaced } = await firstOfHours(db, isLive(cause) ? entries : []);
    if (entries.length > 0) await db.insertInto('ledger').values(entries.map(toLedgerRow)).execute();
    if (marks.length > 0) await db.insertInto('ledger_marks').values(marks.map(toMarkRow)).execute();
    await lockSums(db, kind);
    await countIssued(db, [
      ...entries.map((entry) => counted(entry, cause, 1)),
      ...marked.flatMap((forecast) => [counted(forecast, 'on-demand', -1), counted(forecast, 'scheduled', 1)]),
      ...counts,
    ]);
    await refreshSums(db, [...marks.map(({ sequence }) => sequence), ...displaced]);
    if (cause === 'scheduled') await settleScheduled(db, [...entries, ...marked]);
    return chunk.length;
  });
  return states;
}

const counted = (
  { symbol, horizon, originMs, model }: UnissuedForecast,
  kind: LedgerCause,
  n: 1 | -1,
): IssuedCount => ({ kind, horizon, symbol, originMs, model, n });

async function storedForecastsOf(
  db: Transaction<Database>,
  forecasts: readonly UnissuedForecast[],
): Promise<Map<string, StoredForecasts>> {
  const origins = forecasts.map(({ originMs }) => originMs);
  const distinct = (values: readonly string[]) => [...new Set(values)];
  const rows = await db
    .selectFrom('ledger as l')
    .leftJoin('ledger_marks as m', 'm.sequence', 'l.sequence')
    .select(['l.sequence', 'l.hash', 'l.symbol', 'l.horizon', 'l.origin_ms', 'l.model', 'l.cause', 'm.number'])
    .where('l.horizon', 'in', distinct(forecasts.map(({ horizon }) => horizon)))
    .where('l.symbol', 'in', distinct(forecasts.map(({ symbol }) => symbol)))
    .where('l.origin_ms', '>=', Math.min(...origins))
    .where('l.origin_ms', '<=', Math.max(...origins))
    .execute();
  const storedByKey = new Map<string, StoredForecasts>();
  for (const row of rows) {
    const key = forecastKey(row.symbol, row.horizon, row.origin_ms, row.cause as LedgerCause);
    const stored: StoredForecasts = storedByKey.get(key) ?? { scheduled: false, rows: new Map() };
    storedByKey.set(key, stored);
    stored.rows.set(row.model, { sequence: row.sequence, hash: hexOf(row.hash) });
    if (row.cause === 'scheduled' || row.number !== null) stored.scheduled = true;
  }
  return storedByKey;
}
