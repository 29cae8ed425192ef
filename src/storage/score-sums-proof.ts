import type { Kysely } from 'kysely';
import { HORIZON_NAMES, type HorizonName } from '../core/horizon.ts';
import type { ForecastPage, ForecastTexts, OutcomePage } from '../core/record-audit.ts';
import { hexOf } from './bytes.ts';
import type { Database } from './schema.ts';
import {
  addRow,
  addSums,
  closed,
  type DaySums,
  dayOf,
  emptyDay,
  isSameSums,
  type OpenSums,
  sumsOf,
  sumsToBytes,
} from './score-sums.ts';
import { ALL_COINS, type KindGroup } from './score-sums-table.ts';

/** What some rows of the record add to the sums of scheduled forecasts of one coin and horizon; plain data, and as many entries in each array. */
export interface SumsPiece {
  readonly horizon: HorizonName;
  readonly symbol: string;
  readonly days: readonly number[];
  readonly models: readonly string[];
  /** Forecasts. */
  readonly issued: readonly number[];
  /** Where the sums of each entry end in `bytes`; of an entry without outcomes where the ones before end. */
  readonly ends: readonly number[];
  readonly bytes: Uint8Array;
}

/** A day of origins that is counted again from its rows: those alone do not say what they add. */
export interface RecountedDay {
  readonly group: KindGroup;
  readonly horizon: HorizonName;
  readonly dayMs: number;
}

/** What a range of rows adds to the sums. */
export interface RangeSums {
  readonly pieces: readonly SumsPiece[];
  readonly recounted: readonly RecountedDay[];
}

/** Adds rows of a range up while they are verified. */
export interface RangeAdder {
  forecast(texts: Pick<ForecastTexts, 'cause' | 'symbol' | 'horizon' | 'model'>, originMs: number): void;
  /** An outcome with its forecast. */
  outcome(page: OutcomePage, row: number, of: { readonly page: ForecastPage; readonly row: number }): void;
  /** Everything that was added; to be read once. */
  all(): RangeSums;
}

interface OpenPart {
  readonly dayMs: number;
  readonly model: string;
  issued: number;
  readonly sums: OpenSums;
}

/** The parts of one coin and horizon. Rows come in the order of time, so the last part is mostly that of the next row. */
interface OpenPiece {
  readonly parts: Map<string, OpenPart>;
  last: OpenPart;
}

/**
 * Makes an adder. Rows that a mark or a later revision may change, and those of which only the first in an hour counts, have their days counted again
 * instead. The order in which numbers are added is that of the rows, not that of the table: see `isSameSum`.
 */
export function createRangeAdder(): RangeAdder {
  const pieces = new Map<HorizonName, Map<string, OpenPiece>>(HORIZON_NAMES.map((horizon) => [horizon, new Map()]));
  const recounted = new Map<string, RecountedDay>();
  const recount = (day: RecountedDay) => recounted.set(`${day.group} ${day.horizon} ${day.dayMs}`, day);

  function partOf(horizon: HorizonName, symbol: string, originMs: number, model: string): OpenPart {
    const dayMs = dayOf(originMs);
    const piece = pieces.get(horizon)!.get(symbol);
    if (piece && piece.last.dayMs === dayMs && piece.last.model === model) return piece.last;
    const key = `${dayMs} ${model}`;
    const part = piece?.parts.get(key) ?? { dayMs, model, issued: 0, sums: emptyDay(dayMs) };
    if (piece) {
      piece.parts.set(key, part);
      piece.last = part;
    } else pieces.get(horizon)!.set(symbol, { parts: new Map([[key, part]]), last: part });
    return part;
  }

  return {
    forecast({ cause, symbol, horizon: name, model }, originMs) {
      const horizon = name as HorizonName;
      if (!pieces.has(horizon)) return;
      if (cause === 'scheduled') partOf(horizon, symbol, originMs, model).issued++;
      else recount({ group: cause === 'on-demand' ? 'schedule' : 'live', horizon, dayMs: dayOf(originMs) });
    },
    outcome(page, row, { page: forecasts, row: at }) {
      const { cause, symbol, horizon: name, model } = forecasts.texts[at]!;
      const horizon = name as HorizonName;
      if (cause !== 'scheduled' || !pieces.has(horizon)) return;
      const originMs = forecasts.originMs[at]!;
      const revision = page.revision[row]!;
      if (revision > 0) {
        recount({ group: 'schedule', horizon, dayMs: dayOf(originMs) });
        return;
      }
      const orNull = (value: number) => (Number.isNaN(value) ? null : value);
      addRow(partOf(horizon, symbol, originMs, model).sums, {
        sequence: page.sequence[row]!,
        revision,
        origin_ms: originMs,
        p_up: forecasts.pUp[at]!,
        log_return: page.logReturn[row]!,
        pinball: page.pinball[row]!,
        climatology_pinball: orNull(page.climatologyPinball[row]!),
        absolute_error: page.absoluteError[row]!,
        naive_scale: orNull(page.naiveScale[row]!),
        direction_hit: page.directionHit[row] === 1 ? 1 : 0,
        brier: page.brier[row]!,
        band: orNull(page.band[row]!) as 50 | 80 | 95 | null,
      });
    },
    all: () => ({
      pieces: [...pieces].flatMap(([horizon, bySymbol]) =>
        [...bySymbol].map(([symbol, { parts }]) => pieceOf(horizon, symbol, [...parts.values()])),
      ),
      recounted: [...recounted.values()],
    }),
  };
}

const NO_BYTES = new Uint8Array();

function pieceOf(horizon: HorizonName, symbol: string, parts: readonly OpenPart[]): SumsPiece {
  const sums = parts.map((part) => (part.sums.n > 0 ? sumsToBytes(closed(part.sums)) : NO_BYTES));
  const ends: number[] = [];
  for (const own of sums) ends.push((ends.at(-1) ?? 0) + own.length);
  const bytes = Uint8Array.from(Buffer.concat(sums));
  const [days, models] = [parts.map(({ dayMs }) => dayMs), parts.map(({ model }) => model)];
  return { horizon, symbol, days, models, issued: parts.map(({ issued }) => issued), ends, bytes };
}

/** A day's counts of one model, added up from pieces or, of all coins, from the table. */
interface Proof {
  readonly dayMs: number;
  issued: number;
  readonly sums: OpenSums;
}

/**
 * Compares the stored sums of scheduled forecasts at one horizon with what was added up from all rows, and those of all coins with the stored ones of
 * each coin. Returns the days of which something differs, is missing or is too much.
 */
export async function unprovenDays(
  db: Kysely<Database>,
  horizon: HorizonName,
  pieces: readonly SumsPiece[],
): Promise<number[]> {
  const unproven = new Set<number>();
  const bySymbol = new Map<string, SumsPiece[]>();
  for (const piece of pieces) {
    const known = bySymbol.get(piece.symbol);
    if (known) known.push(piece);
    else bySymbol.set(piece.symbol, [piece]);
  }
  const stored = await db
    .selectFrom('score_sums')
    .select('symbol')
    .distinct()
    .where('kind', '=', 'scheduled')
    .where('horizon', '=', horizon)
    .execute();
  // The sums of all coins were added up in this order.
  const symbols = [...new Set([...bySymbol.keys(), ...stored.map(({ symbol }) => symbol)])].sort();
  const all = new Map<string, Proof>();
  for (const symbol of symbols.filter((name) => name !== ALL_COINS)) {
    const expected = merged(bySymbol.get(symbol) ?? []);
    for (const row of await storedRows(db, horizon, symbol)) {
      const key = `${row.day_ms} ${row.model}`;
      const proof = expected.get(key);
      expected.delete(key);
      const sums = row.sums && sumsOf(row.sums, row.day_ms);
      const isRight = proof && proof.issued === row.issued && proof.sums.n === row.scored && isSame(sums, proof.sums);
      if (!isRight) unproven.add(row.day_ms);
      const total = all.get(key) ?? { dayMs: row.day_ms, issued: 0, sums: emptyDay(row.day_ms) };
      all.set(key, total);
      total.issued += row.issued;
      if (sums && row.scored > 0) addSums(total.sums, sums);
    }
    for (const { dayMs } of expected.values()) unproven.add(dayMs);
  }
  for (const row of await storedRows(db, horizon, ALL_COINS)) {
    const key = `${row.day_ms} ${row.model}`;
    const total = all.get(key);
    all.delete(key);
    const bytes = total && total.sums.n > 0 ? hexOf(sumsToBytes(closed(total.sums))) : null;
    const isRight =
      total && total.issued === row.issued && total.sums.n === row.scored && bytes === (row.sums && hexOf(row.sums));
    if (!isRight) unproven.add(row.day_ms);
  }
  for (const { dayMs } of all.values()) unproven.add(dayMs);
  return [...unproven];
}

const isSame = (stored: DaySums | null, added: OpenSums) =>
  stored === null ? added.n === 0 : isSameSums(stored, closed(added));

/** Rows that count nothing are not read: they are left behind where a forecast came to belong elsewhere. */
const storedRows = (db: Kysely<Database>, horizon: HorizonName, symbol: string) =>
  db
    .selectFrom('score_sums')
    .select(['day_ms', 'model', 'issued', 'scored', 'sums'])
    .where('kind', '=', 'scheduled')
    .where('horizon', '=', horizon)
    .where('symbol', '=', symbol)
    .where((where) => where.or([where('issued', '<>', 0), where('scored', '<>', 0)]))
    .execute();

/** Pieces of one coin and horizon together, by day and model. */
function merged(pieces: readonly SumsPiece[]): Map<string, Proof> {
  const proofs = new Map<string, Proof>();
  for (const { days, models, issued, ends, bytes } of pieces) {
    for (const [i, dayMs] of days.entries()) {
      const key = `${dayMs} ${models[i]!}`;
      const proof = proofs.get(key) ?? { dayMs, issued: 0, sums: emptyDay(dayMs) };
      proofs.set(key, proof);
      proof.issued += issued[i]!;
      const start = i === 0 ? 0 : ends[i - 1]!;
      if (ends[i]! > start) addSums(proof.sums, sumsOf(bytes.subarray(start, ends[i]), dayMs));
    }
  }
  return proofs;
}
