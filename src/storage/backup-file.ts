import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { z } from 'zod';
import { CandlecastError, isFileMissing } from '../core/errors.ts';

/**
 * The format of a backup, gzipped JSON Lines, the same for every database: a header, then for each table a line that names it with its columns
 * and a line for each row, then a line with the number of rows and the SHA-256 of all bytes before it. Parents come before the tables that refer to them.
 */
const FORMAT = 1;
const TEXT_AT_ONCE = 256 * 1024;
/** The longest line there can be: a subscription's post with its text is a few kB. */
const MAX_LINE = 16 * 1024 * 1024;

const headerSchema = z.object({
  candlecast: z.literal('backup'),
  format: z.int().positive(),
  version: z.string(),
  atMs: z.number(),
  database: z.enum(['sqlite', 'postgres']),
  /** Names of the migrations that had run. */
  migrations: z.array(z.string()).min(1).max(10_000),
});
const nameSchema = z.string().regex(/^[a-z][a-z0-9_]*$/);
const tableSchema = z.object({ table: nameSchema, columns: z.array(nameSchema).min(1).max(200) });
const verdictSchema = z.object({ rows: z.int(), head: z.string().nullable(), problem: z.string().nullable() });
const endSchema = z.object({
  end: z.literal(true),
  rows: z.record(nameSchema, z.int().nonnegative()),
  /** The ledger when the backup was made; null where there was no such table yet. */
  ledger: verdictSchema.nullable(),
  sha256: z.string(),
});

/** When, by what and of what a backup was made. */
export type BackupHeader = Omit<z.infer<typeof headerSchema>, 'candlecast' | 'format'>;
/** What a backup says it holds. */
export type BackupEnd = Omit<z.infer<typeof endSchema>, 'end' | 'sha256'>;
/** What a cell holds in either database. */
export type Cell = string | number | null | { readonly base64: string };

/** A table's columns, or some of its rows with the cells in the order of the columns. */
export type BackupPart =
  | { readonly table: string; readonly columns: readonly string[] }
  | { readonly rows: readonly (readonly Cell[])[] };

const unreadable = (path: string, why: string, cause?: unknown) =>
  new CandlecastError('CC_BACKUP', `${path} ${why}.`, {
    cause,
    remedy: 'It cannot be restored: name another backup. Nothing was changed.',
  });

/**
 * Writes a backup that only its owner can read, under its name only once it is complete. `makeParts` yields the tables and returns the end. Throws
 * `CC_FILE` where there is such a file already or it cannot be written, and what `makeParts` throws.
 */
export async function writeBackup(
  path: string,
  header: BackupHeader,
  makeParts: () => AsyncGenerator<BackupPart, BackupEnd>,
): Promise<BackupEnd> {
  const staged = `${path}.part`;
  let end: BackupEnd | null = null;
  let notOfFile: unknown;
  const hash = createHash('sha256');

  async function* text(): AsyncGenerator<string> {
    let pending = `${JSON.stringify({ candlecast: 'backup', format: FORMAT, ...header })}\n`;
    const parts = makeParts();
    for (;;) {
      const next = await parts.next().catch((error: unknown) => {
        notOfFile = error;
        throw error;
      });
      if (next.done) {
        end = next.value;
        break;
      }
      const part = next.value;
      if ('table' in part) pending += `${JSON.stringify(part)}\n`;
      else for (const row of part.rows) pending += `${JSON.stringify(row)}\n`;
      if (pending.length < TEXT_AT_ONCE) continue;
      hash.update(pending);
      yield pending;
      pending = '';
    }
    hash.update(pending);
    yield `${pending}${JSON.stringify({ end: true, ...end, sha256: hash.digest('hex') })}\n`;
  }

  if (await isThere(path)) {
    throw new CandlecastError('CC_FILE', `${path} is there already.`, { remedy: 'Give the backup another name.' });
  }
  try {
    const file = await open(staged, 'wx', 0o600);
    await pipeline(Readable.from(text()), createGzip(), file.createWriteStream({ flush: true }));
    await rename(staged, path);
  } catch (cause) {
    if (isAlreadyThere(cause)) {
      throw new CandlecastError('CC_FILE', `${staged} is there: another backup is under way, or was cut off.`, {
        remedy: 'Wait for the other one; where there is none, delete that file.',
        cause,
      });
    }
    await rm(staged, { force: true });
    if (notOfFile !== undefined) throw notOfFile;
    const full = cause instanceof Error && 'code' in cause && cause.code === 'ENOSPC';
    throw new CandlecastError('CC_FILE', `${path} cannot be written${full ? ': the disk is full' : ''}.`, { cause });
  }
  return end!;
}

async function isThere(path: string): Promise<boolean> {
  try {
    await (await open(path, 'r')).close();
    return true;
  } catch (cause) {
    if (isFileMissing(cause)) return false;
    throw new CandlecastError('CC_FILE', `${path} cannot be written.`, { cause });
  }
}

/** The staged file of another run, which may be under way. */
const isAlreadyThere = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'EEXIST';

/** Reads a backup: its header first, then `parts` with at most `rowsAtOnce` rows each. Throws `CC_FILE`, or `CC_BACKUP` where it is not whole. */
export async function readBackup(
  path: string,
  rowsAtOnce = 1_000,
): Promise<{ readonly header: BackupHeader; parts(): AsyncGenerator<BackupPart, BackupEnd> }> {
  const hash = createHash('sha256');
  const lines = readLines(path);
  const first = await lines.next();
  const parsed = headerSchema.safeParse(first.done ? null : json(path, first.value));
  if (!parsed.success) throw unreadable(path, 'is no backup of Candlecast');
  const { candlecast: _, format, ...header } = parsed.data;
  if (format > FORMAT) {
    throw new CandlecastError('CC_BACKUP', `A newer version of Candlecast wrote ${path}.`, {
      remedy: 'Update this copy of Candlecast. Nothing was changed.',
    });
  }
  hash.update(`${first.value}\n`);

  async function* parts(): AsyncGenerator<BackupPart, BackupEnd> {
    const counted: Record<string, number> = {};
    let table: z.infer<typeof tableSchema> | null = null;
    let rows: Cell[][] = [];
    for await (const line of lines) {
      const value = json(path, line);
      if (Array.isArray(value)) {
        if (!table || !isRow(value, table.columns.length)) throw unreadable(path, 'is damaged: a row does not fit');
        rows.push(value);
        counted[table.table]!++;
        if (rows.length >= rowsAtOnce) {
          yield { rows };
          rows = [];
        }
      } else {
        if (rows.length > 0) yield { rows };
        rows = [];
        const ending = endSchema.safeParse(value);
        if (ending.success) {
          const { end: _end, sha256, ...end } = ending.data;
          const whole = hash.digest('hex') === sha256 && sameCounts(end.rows, counted);
          if (!whole || !(await lines.next()).done)
            throw unreadable(path, 'is damaged: it was changed after it was made');
          return end;
        }
        const next = tableSchema.safeParse(value);
        if (!next.success || next.data.table in counted) throw unreadable(path, 'is damaged');
        table = next.data;
        counted[table.table] = 0;
        yield table;
      }
      hash.update(`${line}\n`);
    }
    throw unreadable(path, 'is cut short');
  }
  return { header, parts };
}

/** The lines of the unzipped file, without their ends. */
async function* readLines(path: string): AsyncGenerator<string> {
  const gunzip = createGunzip();
  const file = createReadStream(path);
  file.on('error', (error) => gunzip.destroy(error));
  file.pipe(gunzip);
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let pending = '';
  try {
    for await (const bytes of gunzip) {
      pending += decoder.decode(bytes as Buffer, { stream: true });
      const lines = pending.split('\n');
      pending = lines.pop()!;
      if (pending.length > MAX_LINE) throw unreadable(path, 'is no backup of Candlecast');
      yield* lines;
    }
  } catch (error) {
    if (error instanceof CandlecastError) throw error;
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'Z_BUF_ERROR') throw unreadable(path, 'is cut short', error);
    if (typeof code === 'string' && code.startsWith('Z_'))
      throw unreadable(path, 'is damaged or no backup of Candlecast', error);
    if (error instanceof TypeError) throw unreadable(path, 'is damaged', error);
    throw new CandlecastError('CC_FILE', `${path} cannot be read.`, { cause: error });
  } finally {
    file.destroy();
    gunzip.destroy();
  }
  if (pending !== '') throw unreadable(path, 'is cut short');
}

function json(path: string, line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw unreadable(path, 'is damaged or no backup of Candlecast', cause);
  }
}

const isRow = (value: readonly unknown[], length: number): value is Cell[] =>
  value.length === length &&
  value.every(
    (cell) =>
      cell === null ||
      typeof cell === 'string' ||
      (typeof cell === 'number' && Number.isFinite(cell)) ||
      (typeof cell === 'object' && 'base64' in cell && typeof cell.base64 === 'string'),
  );

function sameCounts(one: Readonly<Record<string, number>>, other: Readonly<Record<string, number>>): boolean {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}
