import { type Compilable, type Kysely, sql } from 'kysely';
import type { HorizonName } from '../core/horizon.ts';
import type { LedgerEntry, Outcome } from '../core/ledger.ts';
import type { OddsDay, OddsSource } from '../core/odds-record.ts';
import { DAY_MS } from '../core/time.ts';
import { chunksOf, type Guard, runBatch } from './connection.ts';
import { toEntry } from './ledger-row-mapping.ts';
import { type Packed, textOf, totalOf, unpacked } from './odds-sums-column.ts';
import type { OddsTables } from './personal-schema.ts';
import type { Database, DatabaseKind } from './schema.ts';
import { dayOf } from './score-sums.ts';
import { ALL_COINS, rowsOfKind } from './score-sums-table.ts';

type OddsSumsRow = OddsTables['odds_sums'];

/** The odds of a coin and horizon on one UTC day of origins. */
export interface OddsDayKey {
  readonly symbol: string;
  readonly horizon: HorizonName;
  readonly dayMs: number;
}

/** Days with outcomes that are not in the sums, from after one outcome up to another. */
export interface UncountedDays {
  readonly days: readonly OddsDayKey[];
  readonly after: number;
  readonly upTo: number;
}

/** The sums of a day by one model. */
export interface OddsDaySums extends OddsDayKey, Pick<OddsDay, 'end' | 'touch'> {
  readonly model: string;
}

/** A scheduled forecast that came due and what came of it. */
export type ScoredForecast = Pick<
  LedgerEntry,
  'interval' | 'originMs' | 'targetMs' | 'lastPrice' | 'quantiles' | 'climatology' | 'model'
> &
  Pick<Outcome, 'actualPrice'>;

/** Which sums are read. Null: every coin, horizon and model. */
export interface OddsSumsFilter {
  readonly source: OddsSource;
  readonly symbol: string | null;
  readonly horizons: readonly HorizonName[] | null;
  readonly model: string | null;
  readonly fromMs: number;
}

/**
 * Sums of odds by day, so that no report reads the odds themselves. They follow from rows of the record and from candles, and a day is always counted
 * whole: counting it again changes nothing, whatever ended the process before. Methods throw `CC_DATABASE`.
 */
export interface OddsSumsRepository {
  /** Reads the next outcomes that are not in the sums, some thousand at most. */
  uncounted(source: OddsSource): Promise<UncountedDays>;
  /** Scored scheduled forecasts of each day, by their newest outcomes. */
  forecasts(days: readonly OddsDayKey[]): Promise<readonly (readonly ScoredForecast[])[]>;
  /**
   * Puts the sums of these days in the place of those that are stored, and remembers up to which outcome they are counted; false where another process
   * has counted in the meantime, and nothing is stored.
   */
  store(source: OddsSource, counted: UncountedDays, sums: readonly OddsDaySums[]): Promise<boolean>;
  /** Sums by day, in any order; of one day there may be several. */
  read(filter: OddsSumsFilter): Promise<readonly OddsDay[]>;
}

/** Stands for every horizon and model together: of five years that is a sixth of the rows. */
const EVERY_HORIZON = '';

/** Outcomes that are counted together. */
const AT_ONCE = 5_000;

/** Makes the repository. */
export function createOddsSumsRepository(db: Kysely<Database>, kind: DatabaseKind, guard: Guard): OddsSumsRepository {
  const countedUpTo = async (source: OddsSource, from: Kysely<Database> = db) => {
    const row = await from
      .selectFrom('odds_counted')
      .select('number')
      .where('source', '=', source)
      .$if(from !== db && kind === 'postgres', (query) => query.forUpdate())
      .executeTakeFirst();
    return row?.number ?? 0;
  };

  return {
    uncounted: (source) =>
      guard('read odds from', async () => {
        const after = await countedUpTo(source);
        const rows =
          source === 'fixed'
            ? await db
                .selectFrom('outcomes as o')
                .innerJoin('ledger as l', 'l.sequence', 'o.sequence')
                .select(['o.number', 'l.symbol', 'l.horizon', 'l.origin_ms'])
                .where('o.number', '>', after)
                .where('l.cause', 'in', ['scheduled', 'on-demand'])
                .orderBy('o.number')
                .limit(AT_ONCE)
                .execute()
            : await db
                .selectFrom('odds_events as e')
                .innerJoin('odds_events as q', 'q.number', 'e.odds_number')
                .select(['e.number', 'q.symbol', 'q.origin_ms', 'q.body'])
                .where('e.number', '>', after)
                .where('e.kind', '<>', 'odds')
                .orderBy('e.number')
                .limit(AT_ONCE)
                .execute();
        const days = new Map<string, OddsDayKey>();
        for (const row of rows) {
          const horizon = ('horizon' in row ? row.horizon : JSON.parse(row.body).odds.horizon) as HorizonName;
          const key = { symbol: row.symbol, horizon, dayMs: dayOf(row.origin_ms) };
          days.set(`${key.symbol} ${horizon} ${key.dayMs}`, key);
        }
        return { days: [...days.values()], after, upTo: rows.at(-1)?.number ?? after };
      }),

    forecasts: (days) =>
      guard('read odds from', async () => {
        const queries = days.map(({ symbol, horizon, dayMs }) =>
          rowsOfKind(db, 'scheduled', { horizon, fromMs: dayMs, toMs: dayMs + DAY_MS - 1 })
            .innerJoin('outcomes as o', 'o.sequence', 'l.sequence')
            .where(sql<boolean>`o.revision = (select max(n.revision) from outcomes as n where n.sequence = o.sequence)`)
            .where('l.symbol', '=', symbol)
            .selectAll('l')
            .select('o.actual_price'),
        );
        const results = await runBatch(db, queries);
        return results.map(({ rows }) =>
          rows.map(({ actual_price: actualPrice, ...row }) => ({ ...toEntry(row), actualPrice })),
        );
      }),

    store: (source, { days, after, upTo }, sums) =>
      guard('store odds in', () =>
        db.transaction().execute(async (transaction) => {
          if (kind === 'postgres') await sql`lock table odds_counted in share row exclusive mode`.execute(transaction);
          if ((await countedUpTo(source, transaction)) !== after) return false;
          const inserts = (rows: readonly OddsSumsRow[]) =>
            chunksOf(rows).map((chunk) => transaction.insertInto('odds_sums').values(chunk));
          const readings = (of: readonly OddsRowsOf[]) =>
            of.map((one) =>
              transaction
                .selectFrom('odds_sums')
                .selectAll()
                .where('source', '=', source)
                .where((where) => where.and(one))
                .where('horizon', '<>', EVERY_HORIZON)
                .orderBy('symbol')
                .orderBy('horizon'),
            );
          const deletions = days.map(({ symbol, horizon, dayMs }) =>
            transaction
              .deleteFrom('odds_sums')
              .where('source', '=', source)
              .where('symbol', 'in', [symbol, ALL_COINS])
              .where('day_ms', '=', dayMs)
              .where('horizon', 'in', [horizon, EVERY_HORIZON]),
          );
          const own = sums.map(({ symbol, dayMs, horizon, model, end, touch }) => {
            return { source, symbol, day_ms: dayMs, horizon, model, sums: textOf({ end, touch }) };
          });
          const ofHorizons = unique(days.map(({ horizon, dayMs }) => ({ horizon, day_ms: dayMs })));
          const inHorizons = await changeAndRead(transaction, [...deletions, ...inserts(own)], readings(ofHorizons));
          const whole = ofHorizons.flatMap((of, i) => {
            const rows = inHorizons[i]!;
            return unique(rows.map(({ model }) => model)).map((model) => {
              return {
                source,
                symbol: ALL_COINS,
                ...of,
                model,
                sums: totalOf(rows.filter((row) => row.model === model)),
              };
            });
          });
          const ofCoins = unique(
            days.flatMap(({ symbol, dayMs }) => [
              { symbol, day_ms: dayMs },
              { symbol: ALL_COINS, day_ms: dayMs },
            ]),
          );
          const inCoins = await changeAndRead(transaction, inserts(whole), readings(ofCoins));
          const totals = ofCoins.flatMap((of, i) => {
            const rows = inCoins[i]!;
            return rows.length === 0 ? [] : [{ source, ...of, horizon: EVERY_HORIZON, model: '', sums: totalOf(rows) }];
          });
          const counted = transaction
            .insertInto('odds_counted')
            .values({ source, number: upTo })
            .onConflict((conflict) => conflict.column('source').doUpdateSet({ number: upTo }));
          await runBatch(transaction, [...inserts(totals), counted]);
          return true;
        }),
      ),

    read: ({ source, symbol, horizons, model, fromMs }) =>
      guard('read odds from', async () => {
        const rows = db
          .selectFrom('odds_sums')
          .select(['day_ms', 'sums'])
          .where('source', '=', source)
          .where('symbol', '=', symbol ?? ALL_COINS)
          .where('day_ms', '>=', fromMs)
          .$if(horizons !== null, (query) => query.where('horizon', 'in', horizons!))
          .$if(horizons === null, (query) => query.where('horizon', model === null ? '=' : '<>', EVERY_HORIZON))
          .$if(model !== null, (query) => query.where('model', '=', model!));
        // In one row: thousands of them would take several times as long to come from the database's thread.
        const text = sql`'[' || day_ms || ',' || sums || ']'`;
        const joined = kind === 'postgres' ? sql`string_agg(${text}, ',')` : sql`group_concat(${text}, ',')`;
        const found = await sql<{ all: string | null }>`select ${joined} as "all" from ${rows.as('rows')}`.execute(db);
        const parsed = JSON.parse(`[${found.rows[0]?.all ?? ''}]`) as [number, Packed][];
        return parsed.map(([dayMs, packed]) => ({ dayMs, ...unpacked(packed) }));
      }),
  };
}

/** Which rows make up a total: those of a horizon and day, or of a coin and day. */
type OddsRowsOf = Partial<Pick<OddsSumsRow, 'symbol' | 'horizon'>> & { readonly day_ms: number };

/** Runs changes and then readings, all of one message to the database; gives the rows of each reading. */
async function changeAndRead<Row>(
  db: Kysely<Database>,
  changes: readonly Compilable<unknown>[],
  readings: readonly Compilable<Row>[],
): Promise<readonly (readonly Row[])[]> {
  const results = await runBatch(db, [...changes, ...readings]);
  return results.slice(changes.length).map(({ rows }) => rows as readonly Row[]);
}

const unique = <T>(values: readonly T[]): T[] => [
  ...new Map(values.map((value) => [JSON.stringify(value), value])).values(),
];
