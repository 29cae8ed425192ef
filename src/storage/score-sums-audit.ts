import { setImmediate as nextTurn } from 'node:timers/promises';
import { type ExpressionBuilder, type Kysely, sql } from 'kysely';
import { mapLimited } from '../core/concurrency.ts';
import { HORIZON_NAMES, HORIZONS, type HorizonName } from '../core/horizon.ts';
import { DAY_MS } from '../core/time.ts';
import { hexOf } from './bytes.ts';
import { inChunks } from './connection.ts';
import type { Database, ScoreSumsRow } from './schema.ts';
import { dayOf, sumsToBytes } from './score-sums.ts';
import type { RangeSums, RecountedDay, SumsPiece } from './score-sums-proof.ts';
import {
  ALL_COINS,
  type KindGroup,
  type Part,
  type Range,
  recount,
  rowsOfKind,
  sumsIn,
  sumsOfAll,
} from './score-sums-table.ts';

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

/** Kinds of each group, those with scores first. */
const GROUPS = {
  schedule: { scored: ['scheduled'], counted: ['on-demand'] },
  live: { scored: ['live'], counted: ['asked', 'posted'] },
} as const;
const GROUP_NAMES: readonly KindGroup[] = ['schedule', 'live'];

/** The rows that the table should hold for a range, from the ledger and the outcomes. */
async function rowsIn(
  db: Kysely<Database>,
  range: Range,
  groups: readonly KindGroup[] = GROUP_NAMES,
): Promise<ScoreSumsRow[]> {
  const { horizon } = range;
  const rows: ScoreSumsRow[] = [];
  for (const kind of groups.flatMap((group) => GROUPS[group].scored)) {
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
  for (const kind of groups.flatMap((group) => GROUPS[group].counted)) {
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

/** Origins of one horizon whose sums are compared: of all kinds, or of one group of them. */
export type ComparedRange = Range & { readonly group?: KindGroup };

/** What came of comparing the sums of a range: how many rows there should be, and the first difference in words; null where there is none. */
export interface ComparedSums {
  readonly rows: number;
  readonly problem: string | null;
}

/** How sums are compared once all rows have been read and added up: what is proven so is not counted again. */
export interface SumsComparison {
  readonly added: readonly RangeSums[];
  /** As `unprovenDays`, off this thread. */
  readonly unproven: (horizon: HorizonName, pieces: readonly SumsPiece[]) => Promise<readonly number[]>;
  /** As `compareSums`, off this thread. */
  readonly compare: (range: ComparedRange) => Promise<ComparedSums>;
  readonly atOnce: number;
}

const EXTRA = 'There are sums of days without forecasts.';
const isCounting = (where: ExpressionBuilder<Database, 'score_sums'>) =>
  where.or([where('issued', '<>', 0), where('scored', '<>', 0)]);

/** The first difference between the table and the rows it is made from, in words; null where there is none. Throws the signal's reason. */
export async function sumsProblem(
  db: Kysely<Database>,
  signal?: AbortSignal,
  comparison?: SumsComparison,
): Promise<string | null> {
  if (comparison) return problemOfUnproven(db, comparison, signal);
  let expected = 0;
  for await (const range of rangesOf(db, signal)) {
    const { rows, problem } = await compareSums(db, range);
    if (problem) return problem;
    expected += rows;
    await nextTurn();
  }
  const { n } = await db
    .selectFrom('score_sums')
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .where(isCounting)
    .executeTakeFirstOrThrow();
  return Number(n) === expected ? null : EXTRA;
}

/** The same of all days that are not proven by what was added up; what was written in the meantime is no difference. */
async function problemOfUnproven(
  db: Kysely<Database>,
  { added, unproven, compare, atOnce }: SumsComparison,
  signal?: AbortSignal,
): Promise<string | null> {
  // Read before the rows are counted again, which may have become more by then.
  const stored = await db
    .selectFrom('score_sums')
    .select(['kind', 'horizon', 'day_ms', ({ fn }) => fn.countAll<number>().as('n')])
    .where(isCounting)
    .groupBy(['kind', 'horizon', 'day_ms'])
    .execute();
  const days = createDays();
  for (const day of added.flatMap(({ recounted }) => recounted)) days.add(day);
  for (const { kind, horizon, day_ms: dayMs } of stored) {
    if (kind !== 'scheduled') days.add({ group: groupOf(kind), horizon: horizon as HorizonName, dayMs });
  }
  await mapLimited(HORIZON_NAMES, atOnce, async (horizon) => {
    signal?.throwIfAborted();
    const pieces = added.flatMap((range) => range.pieces.filter((piece) => piece.horizon === horizon));
    for (const dayMs of await unproven(horizon, pieces)) days.add({ group: 'schedule', horizon, dayMs });
  });
  const counts = new Map<string, number>();
  for (const { kind, horizon, day_ms: dayMs, n } of stored) {
    const key = `${groupOf(kind)} ${horizon} ${dayMs}`;
    counts.set(key, (counts.get(key) ?? 0) + Number(n));
  }
  const problems: (string | null)[] = [];
  await mapLimited([...days.ranges().entries()], atOnce, async ([i, range]) => {
    signal?.throwIfAborted();
    if (problems.some((problem) => problem)) return;
    const { rows, problem } = await compare(range);
    let n = 0;
    for (let dayMs = range.fromMs; dayMs < range.toMs; dayMs += DAY_MS) {
      n += counts.get(`${range.group} ${range.horizon} ${dayMs}`) ?? 0;
    }
    problems[i] = problem ?? (n > rows ? EXTRA : null);
  });
  return problems.find((problem) => problem) ?? null;
}

const groupOf = (kind: string): KindGroup => (kind === 'scheduled' || kind === 'on-demand' ? 'schedule' : 'live');

/** Collects days, and joins those that follow each other to ranges, in the order in which differences are named. */
function createDays(): { add(day: RecountedDay): void; ranges(): (ComparedRange & { readonly group: KindGroup })[] } {
  const days = new Map<string, RecountedDay>();
  return {
    add: (day) => void days.set(`${day.group} ${day.horizon} ${day.dayMs}`, day),
    ranges() {
      const ranges: (ComparedRange & { readonly group: KindGroup; toMs: number })[] = [];
      const sorted = [...days.values()].sort(
        (a, b) =>
          HORIZON_NAMES.indexOf(a.horizon) - HORIZON_NAMES.indexOf(b.horizon) ||
          GROUP_NAMES.indexOf(a.group) - GROUP_NAMES.indexOf(b.group) ||
          a.dayMs - b.dayMs,
      );
      for (const { group, horizon, dayMs } of sorted) {
        const last = ranges.at(-1);
        const isNext = last?.group === group && last.horizon === horizon && last.toMs + 1 === dayMs;
        const mostMs = DAYS_AT_ONCE[HORIZONS[horizon].interval] * DAY_MS;
        if (isNext && dayMs - last.fromMs < mostMs) last.toMs = dayMs + DAY_MS - 1;
        else ranges.push({ group, horizon, fromMs: dayMs, toMs: dayMs + DAY_MS - 1 });
      }
      return ranges;
    },
  };
}

/** Compares the stored sums of a range with its forecasts and outcomes. */
export async function compareSums(db: Kysely<Database>, range: ComparedRange): Promise<ComparedSums> {
  const rows = await rowsIn(db, range, range.group && [range.group]);
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
