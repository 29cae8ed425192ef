import type Sqlite from 'libsql';
import { type Bytes, bufferOf } from './bytes.ts';

/** Which columns of a table are read: its key, a whole number by which the rows are ordered, numbers, and values that are bytes. */
export interface TableColumns<Numbers extends string, Parts extends string> {
  readonly table: string;
  readonly key: string;
  readonly numbers: readonly Numbers[];
  readonly texts: readonly Parts[];
  readonly blobs: readonly Parts[];
}

/** Where the values of a column of texts or bytes stand, by row. */
export interface ColumnParts {
  readonly at: Int32Array;
  /** −1 where it is null. */
  readonly length: Int32Array;
}

/** Rows by columns, in the order of their keys. A number that is null is NaN. */
export interface PageRows<Numbers extends string, Parts extends string> {
  readonly count: number;
  readonly keys: Float64Array;
  readonly numbers: Readonly<Record<Numbers, Float64Array>>;
  readonly parts: Readonly<Record<Parts, ColumnParts>>;
  /** What the parts are in. */
  readonly bytes: Buffer;
}

/** Reads the rows of a table from one key to another, both included; null where its pages hold something unusual, so that SQL has to read them. */
export type PageReader<Numbers extends string, Parts extends string> = (
  from: number,
  to: number,
) => PageRows<Numbers, Parts> | null;

/** Kinds of pages: docs of SQLite, "Database File Format", 1.6. */
const INTERIOR_PAGE = 5;
const LEAF_PAGE = 13;
const DEEPEST = 8;
/** The header of a page before its cells, and how much less than a page a row takes that has no part on another page. */
const LEAF_HEADER = 8;
const INTERIOR_HEADER = 12;
const NOT_FOR_ROWS = 300;
/** Serial types of a value (2.1): what a record says of it before its bytes. Beyond these there are bytes, even ones, and texts, odd ones. */
const NULL = 0;
const DOUBLE = 7;
const ZERO = 8;
const ONE = 9;
const FIRST_BYTES = 12;
const CONTENT_BYTES = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0];

/** What a place in a record is read as: not at all, a number, a text or bytes. */
const SKIPPED = 0;
const NUMBER = 1;
const TEXT = 2;
const BLOB = 3;

/** A table as the schema of a version describes it. */
interface TableTree {
  readonly version: number;
  /** The page at the top. */
  readonly root: number;
  /** By place in a record. */
  readonly kinds: readonly number[];
  readonly names: readonly string[];
}

/**
 * Makes a reader of a table's rows from the pages of the file: made for a worker that reads millions of rows, most of whose time SQL takes to pass each
 * value on by itself. Pages come from the database itself (`sqlite_dbpage`), in one transaction, so that they are of one moment and the log beside the file counts.
 */
export function createPageReader<Numbers extends string, Parts extends string>(
  database: Sqlite.Database,
  { table, key, numbers, texts, blobs }: TableColumns<Numbers, Parts>,
): PageReader<Numbers, Parts> {
  const begin = database.prepare('begin');
  const commit = database.prepare('commit');
  const schemaVersion = database.prepare('select schema_version from pragma_schema_version').raw();
  const schema = database.prepare('select rootpage from sqlite_schema where type = ? and name = ?').raw();
  const tableInfo = database.prepare('select name, type, pk from pragma_table_info(?) order by cid').raw();
  const pagesOf = database
    .prepare(
      `select cast(group_concat(p.data, '') as blob) from json_each(?) as n cross join sqlite_dbpage as p on p.pgno = n.value`,
    )
    .raw();
  const [[pageSize]] = database.prepare('select page_size from pragma_page_size').raw().all([]) as [[number]];
  let known: TableTree | null = null;

  /** Where the table's tree begins, and what stands at each place of a record; null where the key does not order the rows, or a column is not there. */
  function treeOf(): TableTree | null {
    const [[version]] = schemaVersion.all([]) as [[number]];
    if (known?.version === version) return known;
    const [root] = schema.all(['table', table]) as [number][];
    if (!root) return null;
    const columns = tableInfo.all([table]) as [string, string, number][];
    const names = columns.map(([name]) => name);
    const isKey = columns.every(([name, type, pk]) =>
      name === key && type.toLowerCase() === 'integer' ? pk === 1 : pk === 0,
    );
    if (!isKey || ![key, ...numbers, ...texts, ...blobs].every((name) => names.includes(name))) return null;
    const has = (list: readonly string[], name: string) => list.includes(name);
    const kinds = names.map((name) =>
      has(numbers, name) ? NUMBER : has(texts, name) ? TEXT : has(blobs, name) ? BLOB : SKIPPED,
    );
    known = { version, root: root[0], kinds, names };
    return known;
  }

  function pages(wanted: readonly number[]): Buffer | null {
    const [row] = pagesOf.all([JSON.stringify(wanted)]) as [Bytes | null][];
    const bytes = row?.[0] ? bufferOf(row[0]) : null;
    return bytes?.length === wanted.length * pageSize ? bytes : null;
  }

  /** The pages that hold the rows, read from the root of the tree down; null where the tree is none. */
  function leaves(root: number, from: number, to: number): Buffer | null {
    let level = [root];
    for (let depth = 0; depth < DEEPEST; depth++) {
      const bytes = pages(level);
      if (!bytes || bytes[0] === LEAF_PAGE) return bytes;
      const below: number[] = [];
      for (let page = 0; page < bytes.length; page += pageSize) {
        if (!addChildren(bytes, page, { from, to }, below)) return null;
      }
      if (below.length === 0) return null;
      level = below;
    }
    return null;
  }

  function read(from: number, to: number): PageRows<Numbers, Parts> | null {
    const tree = treeOf();
    const bytes = tree && leaves(tree.root, from, to);
    if (!bytes) return null;
    const size = Math.max(0, to - from + 1);
    const columns = {} as Record<Numbers, Float64Array>;
    for (const name of numbers) columns[name] = new Float64Array(size);
    const parts = {} as Record<Parts, ColumnParts>;
    for (const name of [...texts, ...blobs]) parts[name] = { at: new Int32Array(size), length: new Int32Array(size) };
    const intoNumbers = tree.names.map((name) => columns[name as Numbers] ?? null);
    const intoParts = tree.names.map((name) => parts[name as Parts] ?? null);
    const keys = new Float64Array(size);
    const record = { kinds: tree.kinds, numbers: intoNumbers, parts: intoParts };
    let count = 0;
    for (let page = 0; page < bytes.length; page += pageSize) {
      if (bytes[page] !== LEAF_PAGE) return null;
      const cells = bytes.readUInt16BE(page + 3);
      if (LEAF_HEADER + 2 * cells > pageSize) return null;
      for (let cell = 0; cell < cells; cell++) {
        at = page + bytes.readUInt16BE(page + LEAF_HEADER + 2 * cell);
        const length = varint(bytes);
        const rowid = varint(bytes);
        if (rowid < from) continue;
        if (rowid > to) break;
        const isNext = count < size && (count === 0 || rowid > keys[count - 1]!);
        const isHere = length <= pageSize - NOT_FOR_ROWS && at + length <= page + pageSize;
        if (!isNext || !isHere || !readRecord(bytes, at + length, record, count)) return null;
        keys[count++] = rowid;
      }
    }
    return { count, keys, numbers: columns, parts, bytes };
  }

  return (from, to) => {
    begin.run([]);
    try {
      return read(from, to);
    } catch (error) {
      // A place that lies outside of the pages: SQL says what is wrong with them.
      if (error instanceof RangeError) return null;
      throw error;
    } finally {
      commit.run([]);
    }
  };
}

/** Adds the pages below an interior page that may hold keys of a range; false where it is no such page. */
function addChildren(bytes: Buffer, page: number, { from, to }: { from: number; to: number }, into: number[]): boolean {
  const cells = bytes.readUInt16BE(page + 3);
  if (bytes[page] !== INTERIOR_PAGE) return false;
  let before = Number.NEGATIVE_INFINITY;
  for (let cell = 0; cell < cells && before < to; cell++) {
    at = page + bytes.readUInt16BE(page + INTERIOR_HEADER + 2 * cell);
    const child = bytes.readUInt32BE(at);
    at += 4;
    const last = varint(bytes);
    if (!(last > before)) return false;
    if (last >= from) into.push(child);
    before = last;
  }
  if (before < to) into.push(bytes.readUInt32BE(page + 8));
  return true;
}

/** How the places of a record are read, and into which columns. */
interface RecordPlaces {
  readonly kinds: readonly number[];
  readonly numbers: readonly (Float64Array | null)[];
  readonly parts: readonly (ColumnParts | null)[];
}

/** Reads the record at `at` into a row of the columns; false where it is another one than the program writes. */
function readRecord(bytes: Buffer, end: number, { kinds, numbers, parts }: RecordPlaces, row: number): boolean {
  const header = at;
  let content = header + varint(bytes);
  const contentAt = content;
  for (let place = 0; place < kinds.length; place++) {
    const type = varint(bytes);
    const kind = kinds[place];
    if (type >= FIRST_BYTES) {
      const length = (type - FIRST_BYTES) >>> 1;
      if (kind === NUMBER || (kind === TEXT && type % 2 === 0) || (kind === BLOB && type % 2 === 1)) return false;
      const part = parts[place];
      if (part) {
        part.at[row] = content;
        part.length[row] = length;
      }
      content += length;
    } else if (type <= ONE) {
      if (kind === NUMBER) numbers[place]![row] = numberAt(bytes, content, type);
      else if (kind !== SKIPPED) {
        if (type !== NULL) return false;
        parts[place]!.length[row] = -1;
      }
      content += CONTENT_BYTES[type]!;
    } else return false;
  }
  return at === contentAt && content === end;
}

function numberAt(bytes: Buffer, place: number, type: number): number {
  if (type === DOUBLE) {
    // The machine writes the least significant byte first, SQLite the most significant one.
    for (let i = 0; i < 8; i++) eight[7 - i] = bytes[place + i]!;
    return double[0]!;
  }
  if (type === NULL) return Number.NaN;
  if (type >= ZERO) return type - ZERO;
  if (type === 6) return Number(bytes.readBigInt64BE(place));
  return bytes.readIntBE(place, CONTENT_BYTES[type]!);
}

const double = new Float64Array(1);
const eight = new Uint8Array(double.buffer);

/** Where the next number of variable length stands. */
let at = 0;

/** Reads a number of up to eight bytes of seven bits each; one of nine, which no row of the record needs, is not finite. */
function varint(bytes: Buffer): number {
  let value = 0;
  for (let i = 0; i < 8; i++) {
    const byte = bytes[at++]!;
    value = value * 128 + (byte & 127);
    if (byte < 128) return value;
  }
  return Number.POSITIVE_INFINITY;
}
