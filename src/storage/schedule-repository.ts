import { type Compilable, type Kysely, sql, type Transaction } from 'kysely';
import type { Interval } from '../core/candle.ts';
import { HORIZONS } from '../core/horizon.ts';
import {
  closesDue,
  type LedgerFilter,
  type LedgerForecast,
  lastDueMs,
  type MissedForecast,
  type MissReason,
  type TrackedTime,
  type UnissuedForecast,
} from '../core/ledger.ts';
import { type Guard, inChunks, runBatch } from './connection.ts';
import type { Database, DatabaseKind } from './schema.ts';
import { rowsOfKind } from './score-sums-table.ts';
import { countOf, splitAtDays } from './score-totals.ts';

/** Which forecasts the schedule should have written, and why some of them are missing. Methods throw `CC_DATABASE`. */
export interface ScheduleRepository {
  /** Says which coins are tracked from a close on; the others are tracked no more. Writes where that has changed. */
  track(interval: Interval, symbols: readonly string[], fromMs: number): Promise<void>;
  /** Notes why forecasts were not written; the newest reason counts, and none of a forecast that was written after all. */
  miss(misses: readonly MissedForecast[]): Promise<void>;
  /** Which coins were tracked when. */
  tracked(): Promise<readonly TrackedCoin[]>;
  /** The scheduled forecasts that were due, over all models: every close of every coin while it was tracked, as far as it is too late for them by now. */
  missing(filter: LedgerFilter, nowMs: number): Promise<MissingForecasts>;
}

/** When a coin was tracked for the forecasts of an interval. */
export interface TrackedCoin extends TrackedTime {
  readonly symbol: string;
  readonly interval: Interval;
}

/** How many forecasts were due and how many of them were never written. */
export interface MissingForecasts {
  readonly expected: number;
  readonly missing: number;
  readonly missedFor: Readonly<Partial<Record<MissReason, number>>>;
}

/** The dependencies of the repository. */
export interface ScheduleParts {
  readonly db: Kysely<Database>;
  readonly kind: DatabaseKind;
  readonly guard: Guard;
}

/** Makes the repository; see docs/ledger.md. */
export function createScheduleRepository({ db, kind, guard }: ScheduleParts): ScheduleRepository {
  const openOf = (from: Kysely<Database>, interval: Interval) =>
    from
      .selectFrom('tracked_coins')
      .select(['symbol', 'from_ms'])
      .where('interval', '=', interval)
      .where('until_ms', 'is', null)
      .execute();

  return {
    track: (interval, symbols, fromMs) =>
      guard('write to the record in', async () => {
        const isTracked = (open: Awaited<ReturnType<typeof openOf>>) =>
          open.length === symbols.length && open.every(({ symbol }) => symbols.includes(symbol));
        if (isTracked(await openOf(db, interval))) return;
        await db.transaction().execute(async (transaction) => {
          if (kind === 'postgres') {
            await sql`lock table tracked_coins in share row exclusive mode`.execute(transaction);
          }
          const open = await openOf(transaction, interval);
          for (const { symbol, from_ms } of open.filter((coin) => !symbols.includes(coin.symbol))) {
            // Of a coin that was tracked for no close there is nothing to keep.
            await transaction
              .deleteFrom('tracked_coins')
              .where('interval', '=', interval)
              .where('symbol', '=', symbol)
              .where('from_ms', '=', from_ms)
              .where('from_ms', '>=', fromMs)
              .execute();
            await transaction
              .updateTable('tracked_coins')
              .set({ until_ms: fromMs })
              .where('interval', '=', interval)
              .where('symbol', '=', symbol)
              .where('from_ms', '=', from_ms)
              .execute();
          }
          const known = new Set(open.map(({ symbol }) => symbol));
          const added = symbols.filter((symbol) => !known.has(symbol));
          await beginTracking(transaction, interval, new Map(added.map((symbol) => [symbol, fromMs])));
        });
      }),

    async miss(misses) {
      if (misses.length === 0) return;
      await guard('write to the record in', () =>
        db.transaction().execute(async (transaction) => {
          for (const { horizon, originMs, symbol, reason } of misses) {
            const written = await rowsOfKind(transaction, 'scheduled', { horizon, fromMs: originMs, toMs: originMs })
              .select('l.sequence')
              .where('l.symbol', '=', symbol)
              .executeTakeFirst();
            if (written) continue;
            await transaction
              .insertInto('missed_forecasts')
              .values({ horizon, origin_ms: originMs, symbol, reason })
              .onConflict((conflict) => conflict.columns(['horizon', 'origin_ms', 'symbol']).doUpdateSet({ reason }))
              .execute();
          }
        }),
      );
    },

    tracked: () => guard('read the ledger in', () => trackedIn(db)),

    missing: (filter, nowMs) =>
      guard('read the ledger in', async () => {
        const { horizon, symbol, fromMs } = filter;
        const { interval } = HORIZONS[horizon];
        // Of the newest close a forecast may still be written.
        const toMs = Math.min(filter.toMs, lastDueMs(interval, nowMs));
        const expected = (await trackedIn(db))
          .filter((coin) => coin.interval === interval && (symbol === null || coin.symbol === symbol))
          .reduce((sum, coin) => sum + closesDue(coin, interval, fromMs, toMs, nowMs), 0);
        const range = { ...filter, model: null, toMs };
        const issued = toMs < fromMs ? 0 : await countOf(db, 'scheduled', range, await splitAtDays(db, range));
        const known = await db
          .selectFrom('missed_forecasts')
          .select(['reason', ({ fn }) => fn.countAll<number>().as('n')])
          .where('horizon', '=', horizon)
          .where('origin_ms', '>=', fromMs)
          .where('origin_ms', '<=', toMs)
          .$if(symbol !== null, (query) => query.where('symbol', '=', symbol!))
          .groupBy('reason')
          .execute();
        const missedFor = Object.fromEntries(known.map(({ reason, n }) => [reason, Number(n)]));
        return { expected, missing: Math.max(0, expected - issued), missedFor };
      }),
  };
}

async function trackedIn(db: Kysely<Database>): Promise<TrackedCoin[]> {
  const rows = await db.selectFrom('tracked_coins').selectAll().execute();
  return rows.map(({ symbol, interval, from_ms, until_ms }) => ({
    symbol,
    interval: interval as Interval,
    fromMs: from_ms,
    untilMs: until_ms,
  }));
}

/** Begins to track coins, each from its close on. */
async function beginTracking(
  db: Transaction<Database>,
  interval: Interval,
  fromMs: ReadonlyMap<string, number>,
): Promise<void> {
  await inChunks([...fromMs], async (chunk) => {
    await db
      .insertInto('tracked_coins')
      .values(chunk.map(([symbol, from_ms]) => ({ interval, symbol, from_ms, until_ms: null })))
      .onConflict((conflict) => conflict.columns(['interval', 'symbol', 'from_ms']).doUpdateSet({ until_ms: null }))
      .execute();
    return chunk.length;
  });
}

/** What scheduled forecasts settle in the transaction that writes them: they are not missed, and their coins are tracked at their origins. */
export async function settleScheduled(
  db: Transaction<Database>,
  forecasts: readonly Pick<UnissuedForecast, 'symbol' | 'interval' | 'horizon' | 'originMs'>[],
): Promise<void> {
  const groups = new Map<string, (typeof forecasts)[number][]>();
  for (const forecast of forecasts) {
    const key = `${forecast.horizon} ${forecast.originMs}`;
    groups.set(key, [...(groups.get(key) ?? []), forecast]);
  }
  const first = new Map<Interval, Map<string, number>>();
  const written: Compilable<unknown>[] = [];
  for (const group of groups.values()) {
    const { interval, horizon, originMs } = group[0]!;
    const symbols = group.map(({ symbol }) => symbol);
    written.push(
      db
        .deleteFrom('missed_forecasts')
        .where('horizon', '=', horizon)
        .where('origin_ms', '=', originMs)
        .where('symbol', 'in', symbols),
    );
    const ofInterval = first.get(interval) ?? new Map<string, number>();
    first.set(interval, ofInterval);
    for (const symbol of symbols) ofInterval.set(symbol, Math.min(originMs, ofInterval.get(symbol) ?? originMs));
  }
  await runBatch(db, written);
  for (const [interval, origins] of first) await trackSince(db, interval, origins);
}

async function trackSince(
  db: Transaction<Database>,
  interval: LedgerForecast['interval'],
  origins: ReadonlyMap<string, number>,
): Promise<void> {
  const periods = await db
    .selectFrom('tracked_coins')
    .selectAll()
    .where('interval', '=', interval)
    .where('symbol', 'in', [...origins.keys()])
    .execute();
  const untracked = new Map<string, number>();
  for (const [symbol, originMs] of origins) {
    const own = periods.filter((period) => period.symbol === symbol);
    if (own.some(({ from_ms, until_ms }) => from_ms <= originMs && (until_ms === null || originMs < until_ms)))
      continue;
    const later = own.find(({ from_ms, until_ms }) => until_ms === null && from_ms > originMs);
    if (!later) untracked.set(symbol, originMs);
    else {
      await db
        .updateTable('tracked_coins')
        .set({ from_ms: originMs })
        .where('interval', '=', interval)
        .where('symbol', '=', symbol)
        .where('from_ms', '=', later.from_ms)
        .execute();
    }
  }
  await beginTracking(db, interval, untracked);
}
