import { type Kysely, sql } from 'kysely';
import { INTERVAL_MS } from '../core/candle.ts';
import { HORIZONS } from '../core/horizon.ts';
import type { LedgerFilter } from '../core/ledger.ts';
import { DAY_MS } from '../core/time.ts';
import { type Bytes, bufferOf } from './bytes.ts';
import type { Connection } from './connection.ts';
import type { Database } from './schema.ts';
import { type DaySums, dayOf, sumsOf } from './score-sums.ts';
import {
  ALL_COINS,
  type Range,
  recount,
  rowsOfKind,
  type ScoredKind,
  type SumsKind,
  sumsIn,
  sumsOfAll,
} from './score-sums-table.ts';

/** Counts of forecasts of one kind between two origins, and their sums by day. */
export interface Tally {
  readonly issued: number;
  readonly scored: number;
  /** Ascending by day; one for each model. */
  readonly days: readonly DaySums[];
  /** Coins with a score. */
  readonly coins: ReadonlySet<string>;
}

/**
 * What was issued and scored between two origins: from the stored sums of whole days, and from the rows of days at either end that are not asked for
 * whole.
 */
export async function tally(
  database: Pick<Connection, 'db' | 'kind'>,
  kind: ScoredKind,
  filter: LedgerFilter,
  { whole, edges }: SplitRange,
): Promise<Tally> {
  const { db } = database;
  const { horizon, symbol, model } = filter;
  let [issued, scored] = [0, 0];
  const days: DaySums[] = [];
  const coins = new Set<string>();
  if (whole) {
    const stored = await joinedRows(database, kind, { ...filter, ...whole });
    issued += stored.issued;
    scored += stored.scored;
    days.push(...stored.days);
    if (symbol === null && scored > 0) for (const coin of await scoredCoins(db, kind, filter, whole)) coins.add(coin);
  }
  for (const edge of edges) {
    const parts = await recount(db, kind, { horizon, ...edge }, symbol === null ? null : [symbol], model);
    const found = sumsIn(parts);
    issued += parts.reduce((sum, part) => sum + part.issued, 0);
    scored += found.reduce((sum, { sums }) => sum + sums.n, 0);
    days.push(...sumsOfAll(found, dayOf(edge.fromMs)).map(({ sums }) => sums));
    for (const part of found) coins.add(part.symbol);
  }
  if (symbol !== null && scored > 0) coins.add(symbol);
  days.sort((a, b) => a.dayMs - b.dayMs);
  return { issued, scored, days, coins };
}

/**
 * The stored sums of whole days in one row: thousands of rows, each with bytes of its own, would take several times as long to come from the
 * database's thread.
 */
async function joinedRows(
  { db, kind: database }: Pick<Connection, 'db' | 'kind'>,
  kind: SumsKind,
  filter: LedgerFilter,
) {
  const rows = storedRows(db, kind, filter).select(['day_ms', 'model', 'issued', 'scored', 'sums']);
  const day = sql`case when sums is not null then day_ms end`;
  const joined =
    database === 'postgres'
      ? sql`string_agg((${day})::text, ',' order by day_ms, model) as days,
          string_agg(octet_length(sums)::text, ',' order by day_ms, model) as lengths,
          string_agg(sums, ''::bytea order by day_ms, model) as sums from ${rows.as('rows')}`
      : sql`group_concat(${day}) as days, group_concat(octet_length(sums)) as lengths, cast(group_concat(sums, '') as blob) as sums
          from ${rows.orderBy('day_ms').orderBy('model').as('rows')}`;
  const found = await sql<{
    issued: number | string | null;
    scored: number | string | null;
    days: string | null;
    lengths: string | null;
    sums: Bytes | null;
  }>`select sum(issued) as issued, sum(scored) as scored, ${joined}`.execute(db);
  const row = found.rows[0]!;
  const bytes = row.sums && bufferOf(row.sums);
  const lengths = row.lengths?.split(',') ?? [];
  let at = 0;
  const days = (bytes ? (row.days?.split(',') ?? []) : []).map((dayMs, i) => {
    const start = at;
    at += Number(lengths[i]);
    return sumsOf(bytes!.subarray(start, at), Number(dayMs));
  });
  return { issued: Number(row.issued ?? 0), scored: Number(row.scored ?? 0), days };
}

/** How many forecasts of a kind were issued between two origins. */
export async function countOf(
  db: Kysely<Database>,
  kind: SumsKind,
  filter: LedgerFilter,
  { whole, edges }: SplitRange,
): Promise<number> {
  let count = 0;
  if (whole) {
    const { n } = await storedRows(db, kind, { ...filter, ...whole })
      .select(({ fn }) => fn.sum<number | string | null>('issued').as('n'))
      .executeTakeFirstOrThrow();
    count += Number(n ?? 0);
  }
  for (const edge of edges) {
    const { n } = await rowsOfKind(db, kind, { ...filter, ...edge })
      .select(({ fn }) => fn.countAll<number>().as('n'))
      .$if(filter.symbol !== null, (query) => query.where('l.symbol', '=', filter.symbol!))
      .$if(filter.model !== null, (query) => query.where('l.model', '=', filter.model!))
      .executeTakeFirstOrThrow();
    count += Number(n);
  }
  return count;
}

const storedRows = (db: Kysely<Database>, kind: SumsKind, { horizon, symbol, model, fromMs, toMs }: LedgerFilter) =>
  db
    .selectFrom('score_sums')
    .where('kind', '=', kind)
    .where('horizon', '=', horizon)
    .where('symbol', '=', symbol ?? ALL_COINS)
    .where('day_ms', '>=', fromMs)
    .where('day_ms', '<=', toMs)
    .$if(model !== null, (query) => query.where('model', '=', model!));

/** The whole days of a range of origins, by their midnights, and what is left at either end. */
export interface SplitRange {
  readonly whole: Pick<Range, 'fromMs' | 'toMs'> | null;
  readonly edges: readonly Pick<Range, 'fromMs' | 'toMs'>[];
}

/** Splits a range; an end after the newest origin is that of a whole day. */
export async function splitAtDays(db: Kysely<Database>, { horizon, fromMs, toMs }: Range): Promise<SplitRange> {
  const newest = await db
    .selectFrom('ledger')
    .select('origin_ms')
    .where('horizon', '=', horizon)
    .orderBy('origin_ms', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (!newest || newest.origin_ms < fromMs) return { whole: null, edges: [] };
  const untilMs = newest.origin_ms <= toMs ? dayOf(newest.origin_ms) + DAY_MS : toMs + 1;
  const firstMs = Math.ceil(fromMs / DAY_MS) * DAY_MS;
  const lastMs = dayOf(untilMs);
  if (firstMs > lastMs) return { whole: null, edges: [{ fromMs, toMs: untilMs - 1 }] };
  return {
    whole: firstMs < lastMs ? { fromMs: firstMs, toMs: lastMs - DAY_MS } : null,
    edges: [
      ...(fromMs < firstMs ? [{ fromMs, toMs: firstMs - 1 }] : []),
      ...(lastMs < untilMs ? [{ fromMs: lastMs, toMs: untilMs - 1 }] : []),
    ],
  };
}

/** Coins with a score in a range of whole days: each coin is looked for once, so that a long range costs no more than a short one. */
async function scoredCoins(
  db: Kysely<Database>,
  kind: ScoredKind,
  { horizon, model }: LedgerFilter,
  { fromMs, toMs }: Pick<Range, 'fromMs' | 'toMs'>,
): Promise<string[]> {
  const next = (after: ReturnType<typeof sql>) =>
    sql`(select min(s.symbol) from score_sums as s where s.kind = ${kind} and s.horizon = ${horizon} and s.symbol > ${after})`;
  const ofModel = model === null ? sql`` : sql`and s.model = ${model}`;
  const { rows } = await sql<{ symbol: string }>`
    with recursive coins (symbol) as (
      select ${next(sql`''`)} union all select ${next(sql`coins.symbol`)} from coins where coins.symbol is not null)
    select coins.symbol as symbol from coins where coins.symbol is not null and exists (
      select 1 from score_sums as s where s.kind = ${kind} and s.horizon = ${horizon} and s.symbol = coins.symbol
      and s.day_ms >= ${fromMs} and s.day_ms <= ${toMs} and s.scored > 0 ${ofModel})`.execute(db);
  return rows.map(({ symbol }) => symbol);
}

/** The end of the newest day of a filter on which a scheduled forecast has a score, or the end of the filter where that is earlier; null without one. */
export async function newestScoredMs(db: Kysely<Database>, filter: LedgerFilter): Promise<number | null> {
  const row = await storedRows(db, 'scheduled', { ...filter, fromMs: dayOf(filter.fromMs) })
    .select('day_ms')
    .where('scored', '>', 0)
    .orderBy('day_ms', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row ? Math.min(filter.toMs, row.day_ms + DAY_MS - 1) : null;
}

/** Forecasts of a filter without a score whose target lies after a moment. */
export async function waitingOf(
  db: Kysely<Database>,
  kind: ScoredKind,
  filter: LedgerFilter,
  afterMs: number,
): Promise<number> {
  const { interval, steps } = HORIZONS[filter.horizon];
  // Targets lie one horizon after their origins.
  const fromMs = Math.max(filter.fromMs, afterMs - steps * INTERVAL_MS[interval]);
  const { n } = await rowsOfKind(db, kind, { ...filter, fromMs })
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .where('l.target_ms', '>', afterMs)
    .where(sql<boolean>`not exists (select 1 from outcomes as o where o.sequence = l.sequence)`)
    .$if(filter.symbol !== null, (query) => query.where('l.symbol', '=', filter.symbol!))
    .$if(filter.model !== null, (query) => query.where('l.model', '=', filter.model!))
    .executeTakeFirstOrThrow();
  return Number(n);
}
