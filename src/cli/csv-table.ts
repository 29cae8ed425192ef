import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { parse } from 'csv-parse';
import { CandlecastError } from '../core/errors.ts';

const LARGEST_BYTES = 1024 * 1024 * 1024;
const MOST_ROWS = 2_000_000;
const LONGEST_ROW = 65_536;

/** One row of a table: its cells by lower-case column name, and the line it ends on. */
export interface TableRow {
  readonly cells: Readonly<Record<string, string>>;
  readonly line: number;
}

/** Names a column may go by, the one looked for first in front. */
export type ColumnNames = readonly [string, ...string[]];

/**
 * Reads a CSV file with a header row by row. `needed` are columns without which it is refused, each by any of its names.
 * Throws `CC_FILE` saying what is wrong and on which line; a file past 1 GiB or two million rows is refused too.
 */
export async function* readTable(path: string, needed: readonly ColumnNames[]): AsyncGenerator<TableRow> {
  const bad = (what: string) => new CandlecastError('CC_FILE', `${path} ${what}.`);
  const info = await stat(path).catch((cause: unknown) => {
    throw new CandlecastError('CC_FILE', `${path} cannot be read.`, { cause });
  });
  if (info.isDirectory()) throw bad('is a folder');
  if (info.size > LARGEST_BYTES) throw bad('is larger than 1 GiB');
  const stream = createReadStream(path);
  const parser = parse({
    bom: true,
    columns: (header: string[]) => {
      const names = header.map((name) => name.trim().toLowerCase());
      const missing = needed.find((ways) => !ways.some((name) => names.includes(name)));
      if (missing)
        throw bad(
          `has no column ${missing.join(' or ')} (its first line names ${names.slice(0, 10).join(', ').slice(0, 200)})`,
        );
      return names;
    },
    info: true,
    trim: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: LONGEST_ROW,
  });
  stream.on('error', (error) => parser.destroy(error));
  let rows = 0;
  try {
    for await (const { record, info: at } of stream.pipe(parser) as AsyncIterable<{
      record: Record<string, string>;
      info: { lines: number };
    }>) {
      if (++rows > MOST_ROWS) throw bad(`has more than ${MOST_ROWS} rows`);
      yield { cells: record, line: at.lines };
    }
  } catch (cause) {
    if (cause instanceof CandlecastError) throw cause;
    const line = cause instanceof Error && 'lines' in cause ? `, line ${Number(cause.lines)}` : '';
    throw new CandlecastError('CC_FILE', `${path} cannot be read as CSV${line}.`, { cause });
  } finally {
    stream.destroy();
  }
}

/** The first of the columns that a row has something in, or an empty text. */
export function cell(row: TableRow, names: readonly string[]): string {
  for (const name of names) {
    const text = row.cells[name];
    if (text) return text;
  }
  return '';
}
