import { z } from 'zod';
import { CandlecastError } from '../core/errors.ts';
import { labelOf, scoreOf } from '../sentiment/score.ts';
import { columnName, csvRecords, headerText } from './csv-table.ts';
import { commandOptions, filled, option } from './options.ts';
import { openStagedFile } from './output-files.ts';

/** The options of `npm run sentiment`. */
export const OPTIONS = commandOptions('sentiment', {
  csv: option('IN.csv', 'file to score', filled),
  out: option(
    'OUT.csv|-',
    'where the scores go',
    z.string().min(1, 'takes the name of a file, or - for standard output.').default('-'),
  ),
});

/** Columns that hold what is scored, in the order they are searched. */
const TEXT_COLUMNS = ['text', 'title'];
const ADDED_COLUMNS = ['score', 'label'];
const MAX_ROW_BYTES = 1024 * 1024;
/** Characters that are written at once. */
const CHUNK = 65_536;

/** What `npm run sentiment` is started with. */
export interface SentimentCommand {
  readonly args: readonly string[];
  /** Where rows go without `--out`, such as standard output. */
  readonly out: NodeJS.WritableStream;
}

/**
 * Scores the column `text` (or `title`) of a CSV file row by row and writes all its columns with `score` in [−1, 1] and `label`
 * (−1, 0, 1) behind them; columns of the file that have those names already become `input_score` and `input_label`. Throws
 * `CC_USAGE` for wrong options, `CC_FILE` saying which line is wrong; a file named by `--out` appears only when it is whole.
 */
export async function runSentiment({ args, out }: SentimentCommand): Promise<void> {
  const { csv, out: target } = OPTIONS.read(args).values;
  const rows = scoredRows(csv);
  if (target === '-') return writeTo(out, rows);
  // The first rows are read before the output is opened, so that an unreadable file leaves no trace.
  const first = await rows.next();
  const staged = await openStagedFile(target);
  try {
    if (!first.done) await staged.write(first.value);
    for await (const text of rows) await staged.write(text);
    await staged.commit();
  } catch (error) {
    await staged.discard();
    throw error;
  }
}

/** The lines of the result, many at a time. */
async function* scoredRows(path: string): AsyncGenerator<string, void> {
  let at = -1;
  let chunk = '';
  const records = csvRecords<readonly string[]>(path, {
    max_record_size: MAX_ROW_BYTES,
    remedy:
      'Every row must have as many cells as the first, in double quotes where they hold commas, and at most 1 MiB.',
  });
  for await (const row of records) {
    if (at < 0) {
      at = textColumn(path, row);
      chunk = csvLine([...row.map(keptName), ...ADDED_COLUMNS]);
      continue;
    }
    const score = scoreOf(row[at] ?? '');
    chunk += csvLine([...row, scoreText(score), String(labelOf(score))]);
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = '';
  }
  if (at < 0)
    throw new CandlecastError('CC_FILE', `${path} is empty; its first line must name a column text or title.`);
  if (chunk !== '') yield chunk;
}

const keptName = (name: string) => (ADDED_COLUMNS.includes(columnName(name)) ? `input_${columnName(name)}` : name);

function textColumn(path: string, header: readonly string[]): number {
  const names = header.map(columnName);
  for (const column of TEXT_COLUMNS) if (names.includes(column)) return names.indexOf(column);
  throw new CandlecastError('CC_FILE', `${path} has no column text or title ${headerText(names)}.`, {
    remedy: 'Give the column with the headlines one of those names.',
  });
}

/** Six decimals at most, and never −0. */
const scoreText = (score: number) => String(Math.round(score * 1e6) / 1e6 || 0);

/** One line as RFC 4180 has it: quotes where a cell needs them. */
const csvLine = (cells: readonly string[]) =>
  `${cells.map((cell) => (/[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')}\n`;

async function writeTo(out: NodeJS.WritableStream, rows: AsyncIterable<string>): Promise<void> {
  let failed: (error: Error) => void = () => {};
  const onError = (error: Error) => failed(error);
  // A closed pipe emits `error` besides calling back; without a listener that would end the process.
  out.on('error', onError);
  try {
    for await (const text of rows) {
      await new Promise<void>((resolve, reject) => {
        failed = reject;
        out.write(text, (error) => (error ? reject(error) : resolve()));
      });
    }
  } catch (cause) {
    if (cause instanceof CandlecastError) throw cause;
    throw new CandlecastError('CC_FILE', 'Standard output was closed before everything was written.', {
      cause,
      remedy: 'Write to a file with --out.',
    });
  }
}
