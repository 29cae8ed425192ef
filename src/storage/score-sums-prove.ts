import type { Kysely } from 'kysely';
import type { HorizonName } from '../core/horizon.ts';
import { hexOf } from './bytes.ts';
import type { Database } from './schema.ts';
import {
  addSums,
  closed,
  type DaySums,
  emptyDay,
  isSameSums,
  type OpenSums,
  sumsOf,
  sumsToBytes,
} from './score-sums.ts';
import type { SumsPiece } from './score-sums-pieces.ts';
import { ALL_COINS } from './score-sums-table.ts';

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
