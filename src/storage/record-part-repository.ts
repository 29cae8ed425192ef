import type { Kysely } from 'kysely';
import { HORIZON_NAMES, type HorizonName } from '../core/horizon.ts';
import { NO_HASH } from '../core/ledger.ts';
import { canonicalCheckpoint, canonicalEntry, canonicalMark, canonicalOutcome, lineOf } from '../core/record.ts';
import { type Bytes, hexOf } from './bytes.ts';
import { hashesAt } from './chain-ends.ts';
import { type Guard, inChunks } from './connection.ts';
import { toCheckpoint, toEntry, toMark, toRecordedOutcome } from './ledger-row-mapping.ts';
import type { Database } from './schema.ts';

/** Which forecasts: of these coins, with origins from after `fromMs` to `toMs`. */
export interface PartFilter {
  readonly symbols: readonly string[];
  readonly horizons?: readonly HorizonName[];
  readonly model?: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** A row as an export writes it, with its number in its chain. */
export interface NumberedLine {
  readonly number: number;
  readonly line: string;
}

/** One forecast as it was recorded, with its mark and its outcomes, where it has any. */
export interface RecordedForecast extends NumberedLine {
  readonly originMs: number;
  readonly marks: readonly NumberedLine[];
  readonly outcomes: readonly NumberedLine[];
}

/** Reads parts of the record, line by line as exports write it. Methods throw `CC_DATABASE`. */
export interface RecordPartRepository {
  /** The forecasts of a filter, by number; meant for a day at a time. */
  forecasts(filter: PartFilter): Promise<readonly RecordedForecast[]>;
  /** The newest checkpoint; null where there is none. */
  newestCheckpoint(): Promise<NumberedLine | null>;
}

const hashBefore = (hash: Bytes | null) => (hash === null ? NO_HASH : hexOf(hash));

/** Makes the repository. */
export function createRecordPartRepository(db: Kysely<Database>, guard: Guard): RecordPartRepository {
  const read = <T>(step: () => Promise<T>) => guard('read the record in', step);

  async function marksOf(sequences: readonly number[]) {
    const rows = await db
      .selectFrom('ledger_marks as m')
      .leftJoin('ledger_marks as p', (join) => join.on((on) => on('p.number', '=', on('m.number', '-', 1))))
      .selectAll('m')
      .select('p.hash as hash_before')
      .where('m.sequence', 'in', sequences)
      .orderBy('m.number')
      .execute();
    return rows.map(({ hash_before, ...row }) => {
      const { hash, ...mark } = toMark(row);
      return {
        sequence: mark.sequence,
        number: mark.number,
        line: lineOf(canonicalMark(mark, hashBefore(hash_before)), hash),
      };
    });
  }

  async function outcomesOf(sequences: readonly number[]) {
    const rows = await db
      .selectFrom('outcomes as o')
      .leftJoin('outcomes as p', (join) => join.on((on) => on('p.number', '=', on('o.number', '-', 1))))
      .selectAll('o')
      .select('p.hash as hash_before')
      .where('o.sequence', 'in', sequences)
      .orderBy('o.number')
      .execute();
    return rows.map(({ hash_before, ...row }) => {
      const { hash, ...outcome } = toRecordedOutcome(row);
      return {
        sequence: outcome.sequence,
        number: outcome.number,
        line: lineOf(canonicalOutcome(outcome, hashBefore(hash_before)), hash),
      };
    });
  }

  return {
    forecasts: ({ symbols, horizons = HORIZON_NAMES, model, fromMs, toMs }) =>
      read(async () => {
        const rows = await db
          .selectFrom('ledger as l')
          .leftJoin('ledger as p', (join) => join.on((on) => on('p.sequence', '=', on('l.sequence', '-', 1))))
          .selectAll('l')
          .select('p.hash as hash_before')
          // The index of the ledger is by horizon and origin.
          .where('l.horizon', 'in', horizons)
          .where('l.origin_ms', '>', fromMs)
          .where('l.origin_ms', '<=', toMs)
          .where('l.symbol', 'in', symbols)
          .$if(model !== undefined, (query) => query.where('l.model', '=', model!))
          .orderBy('l.sequence')
          .execute();
        const [marks, outcomes] = [new Map<number, NumberedLine[]>(), new Map<number, NumberedLine[]>()];
        const add = (to: typeof marks, { sequence, ...line }: NumberedLine & { readonly sequence: number }) =>
          to.set(sequence, [...(to.get(sequence) ?? []), line]);
        const found: RecordedForecast[] = [];
        await inChunks(rows, async (chunk) => {
          const sequences = chunk.map(({ sequence }) => sequence);
          for (const mark of await marksOf(sequences)) add(marks, mark);
          for (const outcome of await outcomesOf(sequences)) add(outcomes, outcome);
          for (const { hash_before, ...row } of chunk) {
            const { hash, ...entry } = toEntry(row);
            found.push({
              number: entry.sequence,
              line: lineOf(canonicalEntry(entry, hashBefore(hash_before)), hash),
              originMs: entry.originMs,
              marks: marks.get(entry.sequence) ?? [],
              outcomes: outcomes.get(entry.sequence) ?? [],
            });
          }
          return chunk.length;
        });
        return found;
      }),

    newestCheckpoint: () =>
      read(async () => {
        const [newest, before] = await db
          .selectFrom('checkpoints')
          .selectAll()
          .orderBy('number', 'desc')
          .limit(2)
          .execute();
        if (!newest) return null;
        const { hash, ...checkpoint } = toCheckpoint(newest);
        const hashes = await hashesAt(db, checkpoint);
        if (hashes === null) return null;
        const text = canonicalCheckpoint(checkpoint, hashes, hashBefore(before?.hash ?? null));
        return { number: checkpoint.number, line: lineOf(text, hash) };
      }),
  };
}
