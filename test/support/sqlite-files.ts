import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'libsql';

/** A SQLite file that does not exist yet. */
export interface SqliteFile {
  /** As `openStorage` takes it. */
  readonly url: string;
  /** Runs one statement past the program. */
  run(statement: string): Promise<void>;
  /** Takes the triggers away that keep the rows of append-only tables as they are. */
  disarm(tables: readonly string[]): Promise<void>;
}

/** A folder for SQLite files of one test file; whoever asked for it removes it. */
export function sqliteFolder(): { next(): SqliteFile; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'candlecast-sqlite-'));
  let files = 0;
  return {
    next() {
      const path = join(folder, `${++files}.db`);
      const run = async (statement: string) => {
        const database = new Sqlite(path, { timeout: 30_000 });
        try {
          database.exec(statement);
        } finally {
          database.close();
        }
      };
      return {
        url: `sqlite:${path}`,
        run,
        async disarm(tables) {
          for (const table of tables) {
            for (const what of ['update', 'delete', 'replace']) await run(`drop trigger ${table}_no_${what}`);
          }
        },
      };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
