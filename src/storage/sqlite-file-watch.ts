import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';

const HEADER_BYTES = 100;
const MAGIC = 'SQLite format 3\0';

/** An error with a code. */
export const coded = (code: string, message: string) => Object.assign(new Error(message), { code });

/** A log of SQLite's usual length, a thousand pages, cannot leave the file shorter than by these. */
const MAX_SHORT_PAGES = 100_000;

interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
}

const isSame = (one: FileIdentity, other: FileIdentity) => one.dev === other.dev && one.ino === other.ino;

/** Watches a SQLite file for changes past SQLite. */
export interface FileWatch {
  /** Called when a connection was opened. */
  begin(): void;
  /**
   * Throws where the open file is not the one at its path any more, or was changed past SQLite, which notices neither: code `FILE_GONE`,
   * `FILE_REPLACED`, `FILE_EMPTIED`, `FILE_CUT`, `FILE_OVERWRITTEN` or `WAL_GONE`. Takes a hundredth of a millisecond.
   */
  check(): void;
  /** The part of `check` that does not read the file, which another process may be writing: `FILE_GONE`, `FILE_REPLACED`, `WAL_GONE`. */
  checkIdentity(): void;
  /** Called when the last connection was closed. */
  end(): void;
}

/**
 * Compares the file that SQLite has open with the one at the path. Its own descriptor stays open as long as any connection is: closing one
 * would release SQLite's locks on POSIX systems.
 */
export function createFileWatch(path: string): FileWatch {
  const header = Buffer.alloc(HEADER_BYTES);
  let file: number | null = null;
  let wal: FileIdentity | null = null;
  let filled = false;
  const identity = (of: string) => statSync(of, { bigint: true, throwIfNoEntry: false }) ?? null;

  function checkIdentity(descriptor: number): void {
    const open = fstatSync(descriptor, { bigint: true });
    const there = identity(path);
    if (there === null) throw coded('FILE_GONE', `There is no ${path} any more.`);
    if (!isSame(there, open)) throw coded('FILE_REPLACED', `${path} is another file now.`);
    const log = identity(`${path}-wal`);
    if (wal !== null && (log === null || !isSame(log, wal))) throw coded('WAL_GONE', `${path}-wal was removed.`);
    wal ??= log;
  }

  return {
    begin() {
      file ??= openSync(path, 'r');
    },

    check() {
      if (file === null) return;
      checkIdentity(file);
      const { size } = fstatSync(file);
      if (size === 0) {
        if (filled) throw coded('FILE_EMPTIED', `${path} has 0 bytes.`);
        return;
      }
      filled = true;
      readSync(file, header, 0, HEADER_BYTES, 0);
      if (size < HEADER_BYTES || header.toString('latin1', 0, MAGIC.length) !== MAGIC) {
        throw coded('FILE_OVERWRITTEN', `${path} does not begin as a SQLite file does.`);
      }
      const pages = pagesOf(header);
      const pageSize = pageSizeOf(header);
      if (pages !== null && size < pages * pageSize && !isInLog(path, pageSize, Math.floor(size / pageSize), pages)) {
        throw coded('FILE_CUT', `${path} has ${size} bytes and should have ${pages} pages.`);
      }
    },

    checkIdentity() {
      if (file !== null) checkIdentity(file);
    },

    end() {
      if (file !== null) closeSync(file);
      file = null;
      wal = null;
    },
  };
}

/** Bytes 16 and 17 of the header; 1 stands for 65,536 (https://www.sqlite.org/fileformat.html, section 1.3). */
function pageSizeOf(header: Buffer): number {
  const size = header.readUInt16BE(16);
  return size === 1 ? 65_536 : size;
}

/** Bytes of the log's header and of that of each frame (https://www.sqlite.org/fileformat.html, section 4.1). */
const LOG_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;

/**
 * Whether the log holds every page of the file past the first `have`, up to `pages`. A process that ends while pages are copied from the log into the file leaves
 * it short, with the new number of pages in its header; SQLite reads the missing ones from the log, and nothing is lost.
 */
function isInLog(path: string, pageSize: number, have: number, pages: number): boolean {
  let log: number;
  try {
    log = openSync(`${path}-wal`, 'r');
  } catch {
    return false;
  }
  try {
    const missing = new Set(
      Array.from({ length: Math.min(pages - have, MAX_SHORT_PAGES + 1) }, (_, i) => have + 1 + i),
    );
    if (missing.size > MAX_SHORT_PAGES) return false;
    const head = Buffer.alloc(LOG_HEADER_BYTES);
    if (readSync(log, head, 0, LOG_HEADER_BYTES, 0) < LOG_HEADER_BYTES) return false;
    const frame = Buffer.alloc(FRAME_HEADER_BYTES);
    for (let at = LOG_HEADER_BYTES; missing.size > 0; at += FRAME_HEADER_BYTES + pageSize) {
      if (readSync(log, frame, 0, FRAME_HEADER_BYTES, at) < FRAME_HEADER_BYTES) return false;
      // Frames of before the log began anew have other salts.
      if (frame.compare(head, 16, 24, 8, 16) !== 0) return false;
      missing.delete(frame.readUInt32BE(0));
    }
    return true;
  } finally {
    closeSync(log);
  }
}

/** The pages the file should have, or null where the header does not say: only when both its change counters agree. */
function pagesOf(header: Buffer): number | null {
  return header.readUInt32BE(24) === header.readUInt32BE(92) ? header.readUInt32BE(28) : null;
}
