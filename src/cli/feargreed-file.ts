import { CandlecastError } from '../core/errors.ts';
import type { FearGreedDay } from '../core/headline.ts';
import { DAY_MS } from '../core/time.ts';
import { parseTimestamp } from '../sources/market/timestamp.ts';
import { type ColumnNames, cell, readTable } from './csv-table.ts';

const TIME: ColumnNames = ['timestamp', 'date', 'time', 'datetime', 'day'];
const VALUE: ColumnNames = ['value', 'index', 'fng', 'feargreed', 'fear_greed', 'fng_value'];

/**
 * Reads a CSV of the Fear & Greed index, by header name: a time (`timestamp` or `date`) and a `value` from 0 to 100. Ascending, one a
 * day. A value stamped later than midnight counts from the next midnight on, so that it is never known too early. Throws `CC_FILE`,
 * naming the line.
 */
export async function readFearGreedFile(path: string): Promise<readonly FearGreedDay[]> {
  const days = new Map<number, number>();
  for await (const row of readTable(path, [TIME, VALUE])) {
    const bad = (what: string) => new CandlecastError('CC_FILE', `${path}, line ${row.line}: ${what}.`);
    const stampedMs = parseTimestamp(cell(row, TIME));
    if (stampedMs === null) throw bad(`"${cell(row, TIME).slice(0, 40)}" is no time in UTC`);
    const text = cell(row, VALUE);
    const value = text === '' ? Number.NaN : Number(text);
    if (!(value >= 0 && value <= 100)) throw bad(`"${text.slice(0, 40)}" is no value from 0 to 100`);
    const timeMs = Math.ceil(stampedMs / DAY_MS) * DAY_MS;
    const before = days.get(timeMs);
    if (before !== undefined && before !== value) throw bad('the same day has two different values');
    days.set(timeMs, value);
  }
  if (days.size === 0) throw new CandlecastError('CC_FILE', `${path} holds no value.`);
  return [...days].map(([timeMs, value]) => ({ timeMs, value })).sort((a, b) => a.timeMs - b.timeMs);
}
