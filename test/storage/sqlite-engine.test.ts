import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'libsql';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createSqliteEngine, type SqliteEngine, type SqliteScope } from '../../src/storage/sqlite-engine.ts';

let folder: string;
let engine: SqliteEngine;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'candlecast-engine-'));
  engine = createSqliteEngine(join(folder, 'engine.db'));
  run('create table t (x integer primary key, y integer)');
});
afterEach(() => {
  vi.restoreAllMocks();
  engine.close();
  rmSync(folder, { recursive: true, force: true });
});

function run(text: string, parameters: readonly unknown[] = [], scope: SqliteScope = 'none') {
  return engine.execute({ handle: 'writer', scope, text, parameters });
}

describe('a statement that is run again', () => {
  it('is not prepared again, whatever its variables', () => {
    run('insert into t values (?, ?)', [1, 1], 'alone');
    const prepare = vi.spyOn(Sqlite.prototype, 'prepare');
    for (let x = 2; x <= 20; x++)
      expect(run('insert into t values (?, ?)', [x, x], 'alone')).toMatchObject({ changes: 1 });
    expect(prepare).not.toHaveBeenCalled();
    expect(run('select count(*) as n from t')).toMatchObject({ rows: [{ n: 20 }] });
  });

  it('reads the columns that another program has added meanwhile', () => {
    run('insert into t values (?, ?)', [1, 2], 'alone');
    expect(run('select * from t')).toMatchObject({ rows: [{ x: 1, y: 2 }] });
    const other = new Sqlite(join(folder, 'engine.db'));
    other.exec('alter table t add column z integer default 7');
    other.close();
    expect(run('select * from t')).toMatchObject({ rows: [{ x: 1, y: 2, z: 7 }] });
  });

  it('works after it has failed, in a transaction that can be committed', () => {
    const insert = 'insert into t values (?, ?) returning x';
    expect(run(insert, [1, 1], 'begin')).toMatchObject({ rows: [{ x: 1 }] });
    expect(run(insert, [1, 1], 'inside')).toMatchObject({ error: { code: 'SQLITE_CONSTRAINT_PRIMARYKEY' } });
    expect(run(insert, [2, 2], 'inside')).toMatchObject({ rows: [{ x: 2 }] });
    expect(run('commit', [], 'inside')).not.toHaveProperty('error');
    expect(run('select x from t order by x')).toMatchObject({ rows: [{ x: 1 }, { x: 2 }] });
  });

  it('leaves nothing open that keeps the log from being cleared', () => {
    for (let i = 0; i < 3; i++) run('select * from t');
    const other = new Sqlite(join(folder, 'engine.db'));
    expect(other.pragma('wal_checkpoint(truncate)')).toEqual([{ busy: 0, log: 0, checkpointed: 0 }]);
    other.close();
  });
});
