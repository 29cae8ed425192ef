import type { z } from 'zod';
import type { OddRowCount } from '../core/market.ts';
import { SourceError } from './source-error.ts';

/** Called once for each answer that is used although odd rows of it were dropped. */
export type OddRowSink = (dropped: readonly OddRowCount[]) => void;

/** Rows of which this share may be odd before the whole answer is refused; one odd row never is too many. */
const MAX_ODD_SHARE = 1 / 5;

const MAX_REASONS_NAMED = 3;

/** The time of each row of a list in its order, null where a row has no time that can be believed. */
type RowTimes = readonly (number | null)[];

/** Checks the rows of one answer: odd ones are dropped and counted, and too many of them refuse the answer. */
export interface RowCheck {
  /** The rows that match the schema; the others are dropped as odd. `timeOf` reads the time of a raw row in ms. */
  parse<T>(rows: readonly unknown[], schema: z.ZodType<T>, timeOf?: (row: unknown) => number | null): T[];
  /** Notes that the row at `index` of a list is odd; `where` names it in the error. */
  odd(reason: string, index: number, times: RowTimes, where?: string): void;
  /** Notes a row that is left out without being a fault, such as one that came twice with the same content. */
  leaveOut(reason: string, rows?: number): void;
  /**
   * Ends the check. Throws `CC_SOURCE_BAD_DATA` when more than a fifth of the rows (and more than one) are odd or when one is newer
   * than every sound row; otherwise reports what was dropped.
   *
   * @param sound how many rows are used
   * @param newestSoundMs the newest time among them; null when there is none, infinite where rows have no time
   */
  finish(sound: number, newestSoundMs: number | null): void;
}

/** Starts the check of one answer of a source. */
export function checkRows(source: string, report?: OddRowSink): RowCheck {
  const dropped = new Map<string, number>();
  const examples = new Map<string, string>();
  let rowCount = 0;
  let oddCount = 0;
  let newestOddMs = Number.NEGATIVE_INFINITY;
  let leftOut = 0;
  const count = (reason: string, rows = 1) => dropped.set(reason, (dropped.get(reason) ?? 0) + rows);

  function odd(reason: string, index: number, times: RowTimes, where = `row ${index}`): void {
    oddCount++;
    count(reason);
    if (!examples.has(reason)) examples.set(reason, where);
    newestOddMs = Math.max(newestOddMs, times[index] ?? timeByPosition(index, times));
  }

  return {
    odd,
    leaveOut(reason, rows = 1) {
      leftOut += rows;
      count(reason, rows);
    },
    parse(rows, schema, timeOf = () => null) {
      rowCount += rows.length;
      const results = rows.map((row) => schema.safeParse(row));
      const times = rows.map(timeOf);
      return results.flatMap((result, index) => {
        if (result.success) return [result.data];
        const [issue] = result.error.issues;
        const place = [index, ...(issue?.path ?? [])].map((part) => String(part).slice(0, 20)).join('.');
        odd('of another form than documented', index, times, `at ${place}: ${formOf(issue?.message)}`);
        return [];
      });
    },
    finish(sound, newestSoundMs) {
      const total = Math.max(rowCount - leftOut, sound + oddCount);
      const tooMany = oddCount > Math.max(1, total * MAX_ODD_SHARE);
      const newestIsOdd = oddCount > 0 && newestOddMs > (newestSoundMs ?? Number.NEGATIVE_INFINITY);
      if (tooMany || newestIsOdd || (oddCount > 0 && sound === 0)) {
        const reasons = [...examples].slice(0, MAX_REASONS_NAMED).map(([reason, where]) => `${reason} (${where})`);
        const why = tooMany ? `${oddCount} odd rows of ${total}` : 'an odd newest row';
        throw new SourceError(source, 'CC_SOURCE_BAD_DATA', `sent ${why}: ${reasons.join('; ')}.`, {
          context: { rows: total, odd: oddCount, reasons: [...examples.keys()] },
          // One odd row asked for again and again, as the gap it leaves is, must not open the circuit.
          countsAgainstHealth: tooMany,
        });
      }
      if (dropped.size > 0) report?.([...dropped].map(([reason, rows]) => ({ reason, rows })));
    },
  };
}

/** "3 odd rows dropped (2 of another form than documented, 1 that occurs twice)". */
export function oddRowsText(dropped: readonly OddRowCount[]): string {
  const total = dropped.reduce((sum, { rows }) => sum + rows, 0);
  const reasons = dropped.map(({ reason, rows }) => `${rows} ${reason}`).join(', ');
  return `${total} odd row${total === 1 ? '' : 's'} dropped (${reasons})`;
}

/** The time in the first column of a raw row, in ms; null where there is none. */
export function rowTime(row: unknown, unitMs: number): number | null {
  const time: unknown = Array.isArray(row) ? row[0] : null;
  return typeof time === 'number' && Number.isFinite(time) ? time * unitMs : null;
}

/** A row without a believable time is the newest of its list when it stands at the end where the newest rows stand. */
function timeByPosition(index: number, times: RowTimes): number {
  const known = times.filter((time) => time !== null);
  const descending = known.length > 1 && known[0]! > known.at(-1)!;
  if (index !== (descending ? 0 : times.length - 1)) return Number.NEGATIVE_INFINITY;
  return known.reduce((newest, time) => Math.max(newest, time), Number.NEGATIVE_INFINITY) + 1;
}

function formOf(message: string | undefined): string {
  return message?.replace(/\s+/g, ' ').slice(0, 100) ?? 'unknown';
}
