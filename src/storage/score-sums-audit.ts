import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Kysely, sql } from 'kysely';
import { mapLimited } from '../core/concurrency.ts';
import { HORIZON_NAMES, HORIZONS } from '../core/horizon.ts';
import { DAY_MS } from '../core/time.ts';
import { hexOf } from './bytes.ts';
import { inChunks } from './connection.ts';
import type { Database, ScoreSumsRow } from './schema.ts';
import { dayOf, sumsToBytes } from './score-sums.ts';
import { ALL_COINS, type Part, type Range, recount, rowsOfKind, sumsIn, sumsOfAll } from './score-sums-table.ts';

/** Days counted again at once: as many rows of thirty coins as a worker passes on in a moment. */
const DAYS_AT_ONCE = { '1h': 3, '1d': 60 } as const;

/** Yields the days of each horizon that hold forecasts, some days at a time. */
async function* rangesOf(db: Kysely<Database>, signal?: AbortSignal): AsyncGenerator<Range> {
  for (const horizon of HORIZON_NAMES) {
    const spanMs = DAYS_AT_ONCE[HORIZONS[horizon].interval] * DAY_MS;
    for (let fromMs = 0; ; ) {
      signal?.throwIfAborted();
      const first = await db
        .selectFrom('ledger')
        .select('origin_ms')
        .where('horizon', '=', horizon)
        .where('origin_ms', '>=', fromMs)
        .orderBy('origin_ms')
        .limit(1)
        .executeTakeFirst();
      if (!first) break;
      const range = { horizon, fromMs: dayOf(first.origin_ms), toMs: dayOf(first.origin_ms) + spanMs - 1 };
      yield range;
      fromMs = range.toMs + 1;
    }
  }
}

/** The rows that the table should hold for a range, from the ledger and the outcomes. */
async function rowsIn(db: Kysely<Database>, range: Range): Promise<ScoreSumsRow[]> {
  const { horizon } = range;
  const rows: ScoreSumsRow[] = [];
  for (const kind of ['scheduled', 'live'] as const) {
    const parts = await recount(db, kind, range, null);
    for (const dayMs of new Set(parts.map((part) => part.dayMs))) {
      const ofDay = parts.filter((part) => part.dayMs === dayMs);
      const scored = sumsIn(ofDay);
      const sums = new Map([...scored, ...sumsOfAll(scored, dayMs)].map((part) => [keyOf(part), part.sums]));
      for (const part of withAll(ofDay)) {
        const own = sums.get(keyOf(part));
        const counts = { issued: part.issued, scored: own?.n ?? 0, sums: own ? sumsToBytes(own) : null };
        rows.push({ kind, horizon, day_ms: dayMs, symbol: part.symbol, model: part.model, ...counts });
      }
    }
  }
  for (const kind of ['on-demand', 'asked', 'posted'] as const) {
    const day = sql<number>`l.origin_ms - l.origin_ms % ${sql.lit(DAY_MS)}`;
    const parts = await rowsOfKind(db, kind, range)
      .select(['l.symbol', 'l.model', day.as('dayMs'), ({ fn }) => fn.countAll<number>().as('issued')])
      .groupBy(['l.symbol', 'l.model', day])
      .execute();
    for (const dayMs of new Set(parts.map((part) => part.dayMs))) {
      for (const { symbol, model, issued } of withAll(parts.filter((part) => part.dayMs === dayMs))) {
        rows.push({ kind, horizon, symbol, day_ms: dayMs, model, issued, scored: 0, sums: null });
      }
    }
  }
  return rows;
}

const keyOf = ({ symbol, model }: Part) => `${symbol} ${model}`;

/** Counts of coins on one day, and after them those of all coins by model. */
function withAll(parts: readonly (Part & { readonly issued: number })[]): (Part & { readonly issued: number })[] {
  const all = new Map<string, number>();
  for (const { model, issued } of parts) all.set(model, (all.get(model) ?? 0) + issued);
  return [...parts, ...[...all].map(([model, issued]) => ({ symbol: ALL_COINS, model, issued }))];
}

/** Fills the table anew from the ledger and the outcomes; inside a transaction, with a few days in memory at a time. */
export async function rebuildSums(db: Kysely<Database>): Promise<void> {
  await db.deleteFrom('score_sums').execute();
  for await (const range of rangesOf(db)) {
    await inChunks(await rowsIn(db, range), async (chunk) => {
      await db.insertInto('score_sums').values(chunk).execute();
      return chunk.length;
    });
    await nextTurn();
  }
}

/** What came of comparing the sums of a range: how many rows there should be, and the first difference in words; null where there is none. */
export interface ComparedSums {
  readonly rows: number;
  readonly problem: string | null;
}

/** How the sums of ranges are compared: by `compareSums`, where nothing else is said one after the other. */
export interface SumsComparison {
  readonly compare: (range: Range) => Promise<ComparedSums>;
  readonly atOnce: number;
}

/** The first difference between the table and the rows it is made from, in words; null where there is none. Throws the signal's reason. */
export async function sumsProblem(
  db: Kysely<Database>,
  signal?: AbortSignal,
  { compare, atOnce }: SumsComparison = { compare: (range) => compareSums(db, range), atOnce: 1 },
): Promise<string | null> {
  const ranges: Range[] = [];
  for await (const range of rangesOf(db, signal)) ranges.push(range);
  let expected = 0;
  const problems: (string | null)[] = [];
  await mapLimited([...ranges.entries()], atOnce, async ([i, range]) => {
    signal?.throwIfAborted();
    if (problems.some((problem) => problem)) return;
    const { rows, problem } = await compare(range);
    expected += rows;
    problems[i] = problem;
    await nextTurn();
  });
  const first = problems.find((problem) => problem);
  if (first) return first;
  const { n } = await db
    .selectFrom('score_sums')
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .where((where) => where.or([where('issued', '<>', 0), where('scored', '<>', 0)]))
    .executeTakeFirstOrThrow();
  return Number(n) === expected ? null : 'There are sums of days without forecasts.';
}

/** Compares the stored sums of a range with its forecasts and outcomes. */
export async function compareSums(db: Kysely<Database>, range: Range): Promise<ComparedSums> {
  const rows = await rowsIn(db, range);
  const stored = new Map<string, string>();
  await inChunks([...new Set(rows.map(({ symbol }) => symbol))], async (symbols) => {
    const found = await db
      .selectFrom('score_sums')
      .selectAll()
      .where('kind', 'in', [...new Set(rows.map(({ kind }) => kind))])
      .where('horizon', '=', range.horizon)
      .where('symbol', 'in', symbols)
      .where('day_ms', '>=', range.fromMs)
      .where('day_ms', '<=', range.toMs)
      .execute();
    for (const row of found) stored.set(nameOf(row), textOf(row));
    return found.length;
  });
  for (const row of rows) {
    const text = stored.get(nameOf(row));
    if (text === textOf(row)) continue;
    const problem = `The sums of ${nameOf(row)} ${text === undefined ? 'are missing' : 'are not those of its forecasts and outcomes'}.`;
    return { rows: rows.length, problem };
  }
  return { rows: rows.length, problem: null };
}

const nameOf = (row: Pick<ScoreSumsRow, 'kind' | 'horizon' | 'symbol' | 'day_ms' | 'model'>) =>
  `${row.kind} ${row.horizon} forecasts of ${row.symbol || 'all coins'} by ${row.model} on ${new Date(row.day_ms).toISOString().slice(0, 10)}`;
const textOf = ({ issued, scored, sums }: Pick<ScoreSumsRow, 'issued' | 'scored' | 'sums'>) =>
  `${issued} ${scored} ${sums ? hexOf(sums) : ''}`;
