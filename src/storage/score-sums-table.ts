import { type Compilable, type Kysely, sql } from 'kysely';
import type { HorizonName } from '../core/horizon.ts';
import { type LedgerCause, type LedgerEntry, type LedgerFilter, LIVE_CAUSES } from '../core/ledger.ts';
import { DAY_MS, HOUR_MS } from '../core/time.ts';
import { chunksOf, inChunks, runBatch } from './connection.ts';
import type { Database, DatabaseKind } from './schema.ts';
import {
  addRow,
  addSums,
  closed,
  type DaySums,
  dayOf,
  emptyDay,
  type OpenSums,
  sumsOf,
  sumsToBytes,
} from './score-sums.ts';

/**
 * Which forecasts a row of `score_sums` counts: those of the schedule; of those that were asked for and posted the first of each coin and hour
 * (`live`), and all by cause; those from closes that only somebody asked for. The first two have scores.
 */
export type SumsKind = 'scheduled' | 'live' | Exclude<LedgerCause, 'scheduled'>;
/** The kinds with scores. */
export type ScoredKind = 'scheduled' | 'live';

/** Kinds that the same rows are of: a mark makes one from a close scheduled, and of those that count from a moment some are `live`. */
export type KindGroup = 'schedule' | 'live';

/** The symbol of the rows that count all coins. */
export const ALL_COINS = '';

/** A row's key but for its horizon and day. */
export interface Part {
  readonly symbol: string;
  readonly model: string;
}

/** Locks the table where the database does not lock all of itself: sums of all coins are read and written by everybody who adds to the record. */
export async function lockSums(db: Kysely<Database>, kind: DatabaseKind): Promise<void> {
  if (kind === 'postgres') await sql`lock table score_sums in share row exclusive mode`.execute(db);
}

/** A number of forecasts to be counted as issued; negative where they belong elsewhere from now on. */
export interface IssuedCount extends Part {
  readonly kind: SumsKind;
  readonly horizon: HorizonName;
  readonly originMs: number;
  readonly n: number;
}

/** Counts forecasts as issued, each for its coin and for all; in the transaction that writes them, after `lockSums`. */
export async function countIssued(db: Kysely<Database>, counts: readonly IssuedCount[]): Promise<void> {
  const added = new Map<string, Omit<IssuedCount, 'originMs' | 'n'> & { readonly day_ms: number; issued: number }>();
  for (const { n, originMs, ...count } of counts) {
    for (const symbol of [count.symbol, ALL_COINS]) {
      const day_ms = dayOf(originMs);
      const key = JSON.stringify([count.kind, count.horizon, symbol, day_ms, count.model]);
      const known = added.get(key);
      if (known) known.issued += n;
      else added.set(key, { ...count, symbol, day_ms, issued: n });
    }
  }
  await inChunks([...added.values()], async (rows) => {
    await db
      .insertInto('score_sums')
      .values(rows.map((row) => ({ ...row, scored: 0, sums: null })))
      .onConflict((conflict) =>
        conflict
          .columns(['kind', 'horizon', 'symbol', 'day_ms', 'model'])
          .doUpdateSet({ issued: sql`score_sums.issued + excluded.issued` }),
      )
      .execute();
    return rows.length;
  });
}

/**
 * What forecasts that were asked for or posted change in the counts of the first of each coin, horizon and hour; before they are written. A forecast
 * may be written after one from a later moment of the same hour, whose number is returned then: its score counts no more.
 */
export async function firstOfHours(
  db: Kysely<Database>,
  entries: readonly Pick<LedgerEntry, 'symbol' | 'horizon' | 'originMs' | 'model' | 'sequence'>[],
): Promise<{ readonly counts: readonly IssuedCount[]; readonly displaced: readonly number[] }> {
  const hours = new Map<string, typeof entries>();
  for (const entry of entries) {
    const key = `${entry.symbol} ${entry.horizon} ${Math.floor(entry.originMs / HOUR_MS)}`;
    hours.set(key, [...(hours.get(key) ?? []), entry]);
  }
  const counts: IssuedCount[] = [];
  const displaced: number[] = [];
  for (const added of hours.values()) {
    const { symbol, horizon, originMs } = added[0]!;
    const fromMs = originMs - (originMs % HOUR_MS);
    const before = await db
      .selectFrom('ledger')
      .select(['model', 'origin_ms as originMs', 'sequence'])
      .where(sql<boolean>`cause in ${LIVE}`)
      .where('horizon', '=', horizon)
      .where('symbol', '=', symbol)
      .where('origin_ms', '>=', fromMs)
      .where('origin_ms', '<', fromMs + HOUR_MS)
      .orderBy('origin_ms')
      .orderBy('sequence')
      .limit(1)
      .executeTakeFirst();
    const [first] = [...(before ? [before] : []), ...added].sort(
      (a, b) => a.originMs - b.originMs || a.sequence - b.sequence,
    );
    if (first === before) continue;
    const count = { kind: 'live', horizon, symbol, originMs } as const;
    counts.push({ ...count, model: first!.model, n: 1 });
    if (!before) continue;
    counts.push({ ...count, model: before.model, n: -1 });
    displaced.push(before.sequence);
  }
  return { counts, displaced };
}

/** Adds up the scores of the days again on which forecasts were scored; in the transaction that writes the scores, after `lockSums`. */
export async function refreshSums(db: Kysely<Database>, sequences: readonly number[]): Promise<void> {
  const touched = new Map<string, TouchedDay>();
  await inChunks(sequences, async (chunk) => {
    const rows = await db
      .selectFrom('ledger as l')
      .leftJoin('ledger_marks as m', 'm.sequence', 'l.sequence')
      .select(['l.horizon', 'l.symbol', 'l.origin_ms', 'l.cause', 'm.number'])
      .where('l.sequence', 'in', chunk)
      .execute();
    for (const row of rows) {
      if (row.cause === 'on-demand' && row.number === null) continue;
      const kind = row.cause === 'scheduled' || row.cause === 'on-demand' ? 'scheduled' : 'live';
      const horizon = row.horizon as HorizonName;
      const dayMs = dayOf(row.origin_ms);
      const key = `${kind} ${horizon} ${dayMs}`;
      const known = touched.get(key) ?? { kind, horizon, dayMs, symbols: new Set<string>() };
      known.symbols.add(row.symbol);
      touched.set(key, known);
    }
    return rows.length;
  });
  const days = [...touched.values()];
  for (let start = 0; start < days.length; start += DAYS_AT_ONCE) {
    await refreshDays(db, days.slice(start, start + DAYS_AT_ONCE));
  }
}

/** A day, kind and horizon on which forecasts of these coins were scored. */
interface TouchedDay {
  readonly kind: ScoredKind;
  readonly horizon: HorizonName;
  readonly dayMs: number;
  readonly symbols: Set<string>;
}

/** Days whose sums are read and written together; of each all forecasts of the coins that were scored are read. */
const DAYS_AT_ONCE = 6;

async function refreshDays(db: Kysely<Database>, days: readonly TouchedDay[]): Promise<void> {
  const counting = days.map(({ kind, horizon, dayMs, symbols }) =>
    countedRows(db, kind, { horizon, fromMs: dayMs, toMs: dayMs + DAY_MS - 1 }, [...symbols]),
  );
  const counted = await runBatch(db, counting);
  const storing = days.flatMap((day, i) => {
    const symbols = [...day.symbols];
    return storedSums(db, day, symbols, sumsIn(countRows(counted[i]!.rows, symbols)));
  });
  await runBatch(db, storing);
  const ofCoins = await runBatch(
    db,
    days.map((day) => sumsOfCoins(db, day)),
  );
  const ofAll = days.flatMap((day, i) => {
    const { dayMs } = day;
    const parts = ofCoins[i]!.rows.map(({ symbol, model, sums }) => ({ symbol, model, sums: sumsOf(sums!, dayMs) }));
    return storedSums(db, day, [ALL_COINS], sumsOfAll(parts, dayMs));
  });
  await runBatch(db, ofAll);
}

/** Sums of one coin, or of all, by one model on one day. */
export interface PartSums extends Part {
  readonly sums: DaySums;
}

/** The sums of those with a score. */
export const sumsIn = (parts: readonly CountedPart[]): PartSums[] =>
  parts.flatMap(({ symbol, model, sums }) => (sums.n > 0 ? [{ symbol, model, sums: closed(sums) }] : []));

/** The statements that put the sums of some coins on one day in the place of those that are stored. */
function storedSums(
  db: Kysely<Database>,
  { kind, horizon, dayMs }: TouchedDay,
  symbols: readonly string[],
  parts: readonly PartSums[],
): Compilable<unknown>[] {
  const rows = parts.map(({ symbol, model, sums }) => {
    const key = { kind, horizon, symbol, day_ms: dayMs, model };
    return { ...key, issued: 0, scored: sums.n, sums: sumsToBytes(sums) };
  });
  return [
    ...chunksOf(symbols).map((chunk) =>
      db
        .updateTable('score_sums')
        .set({ scored: 0, sums: null })
        .where('kind', '=', kind)
        .where('horizon', '=', horizon)
        .where('day_ms', '=', dayMs)
        .where('symbol', 'in', chunk)
        .where('scored', '>', 0),
    ),
    ...chunksOf(rows).map((chunk) =>
      db
        .insertInto('score_sums')
        .values(chunk)
        .onConflict((conflict) =>
          conflict
            .columns(['kind', 'horizon', 'symbol', 'day_ms', 'model'])
            .doUpdateSet({ scored: sql`excluded.scored`, sums: sql`excluded.sums` }),
        ),
    ),
  ];
}

/** Selects the stored sums of every coin on one day. */
function sumsOfCoins(db: Kysely<Database>, { kind, horizon, dayMs }: TouchedDay) {
  return (
    db
      .selectFrom('score_sums')
      .select(['symbol', 'model', 'sums'])
      .where('kind', '=', kind)
      .where('horizon', '=', horizon)
      .where('day_ms', '=', dayMs)
      // The table is in the order of its coins, so that those of the day are found one by one.
      .where('symbol', 'in', (from) =>
        from
          .selectFrom('ledger')
          .select('symbol')
          .where('horizon', '=', horizon)
          .where('origin_ms', '>=', dayMs)
          .where('origin_ms', '<', dayMs + DAY_MS),
      )
      .where('scored', '>', 0)
  );
}

/** Adds the sums of coins up, in one order whatever the database, by model. */
export function sumsOfAll(parts: readonly PartSums[], dayMs: number): PartSums[] {
  const all = new Map<string, OpenSums>();
  for (const { model, sums } of [...parts].sort(byPart)) {
    const day = all.get(model) ?? emptyDay(dayMs);
    all.set(model, day);
    addSums(day, sums);
  }
  return [...all].map(([model, sums]) => ({ symbol: ALL_COINS, model, sums: closed(sums) }));
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
const byPart = (a: Part, b: Part) => compare(a.symbol, b.symbol) || compare(a.model, b.model);

/** Counts of one coin and model on one day, from the rows of the ledger. */
export interface CountedPart extends Part {
  readonly dayMs: number;
  issued: number;
  readonly sums: OpenSums;
}

/** A horizon, and origins from one to another, both included. */
export type Range = Pick<LedgerFilter, 'horizon' | 'fromMs' | 'toMs'>;

/** Coins that one statement names; more are read with all others. */
const MAX_NAMED = 500;
const isNewest = sql<boolean>`o.revision = (select max(n.revision) from outcomes as n where n.sequence = o.sequence)`;
const hour = sql.raw(`origin_ms - origin_ms % ${HOUR_MS}`);
/** Written as the index `ledger_live` has it; with variables the database would not use it. */
const LIVE = sql.raw(`(${LIVE_CAUSES.map((cause) => `'${cause}'`).join(', ')})`);

/** Rows of the ledger of one kind between two origins, each once. */
export function rowsOfKind(db: Kysely<Database>, kind: SumsKind, { horizon, fromMs, toMs }: Range) {
  const rows = db
    .selectFrom('ledger as l')
    .where('l.horizon', '=', horizon)
    .where('l.origin_ms', '>=', fromMs)
    .where('l.origin_ms', '<=', toMs);
  const isMarked = sql<boolean>`exists (select 1 from ledger_marks as m where m.sequence = l.sequence)`;
  if (kind === 'scheduled') {
    return rows.where(sql<boolean>`(l.cause = 'scheduled' or (l.cause = 'on-demand' and ${isMarked}))`);
  }
  if (kind === 'on-demand') return rows.where(sql<boolean>`l.cause = 'on-demand' and not ${isMarked}`);
  if (kind === 'asked' || kind === 'posted') {
    return rows.where(sql<boolean>`l.cause in ${LIVE}`).where('l.cause', '=', kind);
  }
  // The first of its coin and hour, also among those before the range.
  const first = sql<number>`(select f.sequence from (
    select sequence, row_number() over (partition by symbol, ${hour} order by origin_ms, sequence) as place from ledger
    where cause in ${LIVE} and horizon = ${horizon} and origin_ms >= ${fromMs - (fromMs % HOUR_MS)} and origin_ms <= ${toMs}) as f
    where f.place = 1)`;
  return rows.where(sql<boolean>`l.cause in ${LIVE}`).where(sql<boolean>`l.sequence in ${first}`);
}

/** Counts and adds up the rows of a range, by coin, model and day; all coins or some, one model or all. */
export async function recount(
  db: Kysely<Database>,
  kind: ScoredKind,
  range: Range,
  symbols: readonly string[] | null,
  model: string | null = null,
): Promise<CountedPart[]> {
  return countRows(await countedRows(db, kind, range, symbols, model).execute(), symbols);
}

/** Selects what {@link countRows} counts; rows of other coins may be among them. */
function countedRows(
  db: Kysely<Database>,
  kind: ScoredKind,
  range: Range,
  symbols: readonly string[] | null,
  model: string | null = null,
) {
  return rowsOfKind(db, kind, range)
    .leftJoin('outcomes as o', (join) => join.onRef('o.sequence', '=', 'l.sequence').on(isNewest))
    .select(['l.sequence', 'l.symbol', 'l.model', 'l.origin_ms', 'l.p_up', 'o.revision', 'o.log_return', 'o.pinball'])
    .select(['o.climatology_pinball', 'o.absolute_error', 'o.naive_scale', 'o.direction_hit', 'o.brier', 'o.band'])
    .$if(symbols !== null && symbols.length <= MAX_NAMED, (query) => query.where('l.symbol', 'in', symbols!))
    .$if(model !== null, (query) => query.where('l.model', '=', model!))
    .orderBy('l.origin_ms')
    .orderBy('l.sequence');
}

type CountedRow = Awaited<ReturnType<ReturnType<typeof countedRows>['execute']>>[number];

function countRows(rows: readonly CountedRow[], symbols: readonly string[] | null): CountedPart[] {
  const named = symbols === null ? null : new Set(symbols);
  const parts = new Map<string, CountedPart>();
  for (const { symbol, model: by, ...row } of rows) {
    if (named && !named.has(symbol)) continue;
    const dayMs = dayOf(row.origin_ms);
    const key = `${dayMs} ${symbol} ${by}`;
    const part = parts.get(key) ?? { symbol, model: by, dayMs, issued: 0, sums: emptyDay(dayMs) };
    parts.set(key, part);
    part.issued++;
    // All columns of an outcome are there, or none is.
    if (row.revision !== null) addRow(part.sums, row as Parameters<typeof addRow>[1]);
  }
  return [...parts.values()];
}
