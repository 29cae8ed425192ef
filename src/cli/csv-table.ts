import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { CsvError, type Options, parse } from 'csv-parse';
import { CandlecastError } from '../core/errors.ts';

const MAX_BYTES = 2 ** 30;
const MAX_ROWS = 2_000_000;
const MAX_ROW_BYTES = 65_536;

/** One row of a table: its cells by lower-case column name, and the line it ends on. */
export interface TableRow {
  readonly cells: Readonly<Record<string, string>>;
  readonly line: number;
}

/** Names a column may go by, in the order they are searched. */
export type ColumnNames = readonly [string, ...string[]];

/**
 * Reads a CSV file with a header row by row. `needed` are columns without which it is refused, each by any of its names.
 * Throws `CC_FILE` saying what is wrong and on which line; a file past 1 GiB or two million rows is refused too.
 */
export async function* readTable(path: string, needed: readonly ColumnNames[]): AsyncGenerator<TableRow> {
  const bad = (what: string) => new CandlecastError('CC_FILE', `${path} ${what}.`);
  const records = csvRecords<{ record: Record<string, string>; info: { lines: number } }>(path, {
    columns: (header: string[]) => {
      const names = header.map(columnName);
      const missing = needed.find((ways) => !ways.some((name) => names.includes(name)));
      if (missing) throw bad(`has no column ${missing.join(' or ')} ${headerText(names)}`);
      return names;
    },
    info: true,
    trim: true,
    relax_column_count: true,
    max_record_size: MAX_ROW_BYTES,
    largestBytes: MAX_BYTES,
  });
  let rows = 0;
  for await (const { record, info } of records) {
    if (++rows > MAX_ROWS) throw bad(`has more than ${MAX_ROWS} rows`);
    yield { cells: record, line: info.lines };
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

/** A column's name as it is compared: without case and spaces around. */
export const columnName = (cell: string): string => cell.trim().toLowerCase();

/** The columns that a file names, shortened, for an error. */
export const headerText = (names: readonly string[]): string =>
  `(its first line names ${names.slice(0, 10).join(', ').slice(0, 200)})`;

/**
 * Reads a CSV file record by record, as csv-parse gives them with those options; empty lines are skipped. Throws `CC_FILE`, with the line
 * where the file is no CSV, and with `remedy` if there is one.
 */
export async function* csvRecords<Row>(
  path: string,
  { largestBytes = Number.POSITIVE_INFINITY, remedy, ...options }: Options & { largestBytes?: number; remedy?: string },
): AsyncGenerator<Row> {
  const info = await stat(path).catch((cause: unknown) => {
    throw new CandlecastError('CC_FILE', `${path} cannot be read.`, { cause });
  });
  if (info.isDirectory()) throw new CandlecastError('CC_FILE', `${path} is a folder.`);
  if (info.size > largestBytes)
    throw new CandlecastError('CC_FILE', `${path} is larger than ${largestBytes / 2 ** 30} GiB.`);
  const stream = createReadStream(path);
  const parser = parse({ bom: true, skip_empty_lines: true, ...options });
  stream.on('error', (error) => parser.destroy(error));
  try {
    yield* stream.pipe(parser) as AsyncIterable<Row>;
  } catch (cause) {
    if (cause instanceof CandlecastError) throw cause;
    const where = cause instanceof CsvError ? `, line ${Number(cause['lines'])} (${cause.code})` : '';
    throw new CandlecastError('CC_FILE', `${path} cannot be read as CSV${where}.`, {
      cause,
      ...(remedy === undefined ? {} : { remedy }),
    });
  } finally {
    stream.destroy();
  }
}
