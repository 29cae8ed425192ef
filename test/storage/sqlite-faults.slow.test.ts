import { randomBytes } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'libsql';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '../../src/core/time.ts';
import { openStorage, type Storage } from '../../src/storage/open-storage.ts';
import { createSqliteEngine, type SqliteEngine, type SqliteScope } from '../../src/storage/sqlite-engine.ts';
import { START_MS, sourced, walk } from '../support/candles.ts';
import { unissued, verdictOf } from '../support/ledger.ts';
import { makeSmallDisk } from '../support/small-disk.ts';
import { sampleSubscription } from '../support/subscriptions.ts';

const now = () => START_MS;
const folder = mkdtempSync(join(tmpdir(), 'candlecast-faults-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let path: string;
let storage: Storage;
let number = 0;

beforeEach(async () => {
  path = join(folder, String(number++), 'one.db');
  storage = await openStorage(`sqlite:${path}`, { now });
  await storage.candles.upsert('BTC', '1d', sourced(walk(2_000)));
});
afterEach(() => storage.close());

const others = () => storage.subscriptions.byGuild(sampleSubscription().guildId);
const save = () => storage.subscriptions.insert(sampleSubscription(), 10);

describe('a SQLite file that another program holds locked', () => {
  it('delays a write, and neither this thread nor a read', async () => {
    const other = new Sqlite(path);
    other.exec('begin immediate');
    let written = false;
    const write = storage.candles.upsert('ETH', '1d', sourced(walk(1))).then((rows) => {
      written = true;
      return rows;
    });
    for (let i = 0; i < 20; i++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(await storage.candles.count()).toBe(2_000);
    }
    expect(written).toBe(false);
    other.exec('rollback');
    other.close();
    expect(await write).toBe(1);
  });

  it('is said within seconds to whoever asks how it is', async () => {
    const other = new Sqlite(path);
    other.exec('begin immediate');
    await expect(storage.ping()).rejects.toMatchObject({ message: expect.stringContaining('within 3 seconds') });
    other.exec('rollback');
    other.close();
    await storage.ping();
  });

  it('lets writes that waited through in the order they came, each whole', async () => {
    const other = new Sqlite(path);
    other.exec('begin immediate');
    const writes = ['A', 'B', 'C'].map((symbol) => storage.candles.upsert(symbol, '1d', sourced(walk(600))));
    await storage.candles.span('A', '1d');
    other.exec('rollback');
    other.close();
    expect(await Promise.all(writes)).toEqual([600, 600, 600]);
    expect(await storage.candles.count()).toBe(3_800);
  });

  it('is read again after a program that locked out readers too', async () => {
    await storage.close();
    const other = new Sqlite(path);
    other.exec('pragma locking_mode = exclusive; begin immediate; update candles set flag = null; commit');
    const opening = openStorage(`sqlite:${path}`, { now });
    await new Promise((resolve) => setTimeout(resolve, 100));
    other.close();
    storage = await opening;
    expect(await storage.candles.count()).toBe(2_000);
  });
});

describe('a SQLite file that changes while it is open', () => {
  const refused = { code: 'CC_DATABASE' };

  async function expectRefused(words: string, remedy: string): Promise<void> {
    for (const step of [others, save, () => storage.ping()]) {
      await expect(step()).rejects.toMatchObject({
        ...refused,
        message: expect.stringContaining(words),
        remedy: expect.stringContaining(remedy),
      });
    }
  }

  it('is named as deleted, nothing is saved into nothing, and what was in it is rescued', async () => {
    await save();
    rmSync(path);
    await expectRefused('deleted or moved', `${path}.rescued`);
    // As after kill -9: nothing but an empty -wal file is left to be taken for changes of the next file.
    expect(existsSync(`${path}-wal`) ? statSync(`${path}-wal`).size : 0).toBe(0);
    await storage.close();
    const opening = openStorage(`sqlite:${path}`, { now });
    await expect(opening).rejects.toMatchObject({ remedy: expect.stringContaining(`${path}.rescued`) });
    renameSync(`${path}.rescued`, path);
    storage = await openStorage(`sqlite:${path}`, { now });
    expect(await storage.candles.count()).toBe(2_000);
    expect(await others()).toHaveLength(1);
  });

  it('is named as deleted and rescued with its whole folder', async () => {
    rmSync(join(path, '..'), { recursive: true });
    await expectRefused('deleted or moved', `${path}.rescued`);
    expect(existsSync(`${path}.rescued`)).toBe(true);
  });

  it('works again once it is back', async () => {
    renameSync(path, `${path}.elsewhere`);
    await expect(others()).rejects.toMatchObject(refused);
    renameSync(`${path}.elsewhere`, path);
    expect(await save()).toBe(true);
  });

  it('is named as replaced', async () => {
    const copy = join(folder, 'copy.db');
    copyFileSync(path, copy);
    renameSync(copy, path);
    await expectRefused('another file was put in its place', `${path}.rescued`);
  });

  it('is named as without its newest changes when its -wal file is deleted', async () => {
    expect(statSync(`${path}-wal`).size).toBeGreaterThan(0);
    rmSync(`${path}-wal`);
    await expectRefused('-wal file', `${path}.rescued`);
  });

  it('is named as emptied', async () => {
    truncateSync(path, 0);
    await expectRefused('emptied', 'npm run restore');
  });

  it('is named as cut short', async () => {
    const other = new Sqlite(path);
    other.exec('pragma wal_checkpoint(truncate)');
    other.close();
    truncateSync(path, statSync(path).size / 2);
    await expectRefused('cut short', 'npm run restore');
  });

  it('works where a process ended while its log was copied into it: what is missing is in the log', async () => {
    const half = join(folder, `${number++}-half.db`);
    copyFileSync(`${path}-wal`, `${half}-wal`);
    const other = new Sqlite(path);
    other.exec('pragma wal_checkpoint(passive)');
    other.close();
    const whole = readFileSync(path);
    writeFileSync(half, whole.subarray(0, whole.length - 3 * 4096));
    const reopened = await openStorage(`sqlite:${half}`, { now });
    expect(await reopened.candles.count()).toBe(2_000);
    expect(await reopened.subscriptions.insert(sampleSubscription(), 10)).toBe(true);
    await reopened.close();
    expect(statSync(half).size).toBeGreaterThanOrEqual(whole.length);
  });

  it('is named as overwritten', async () => {
    writeFileSync(path, randomBytes(statSync(path).size), { flag: 'r+' });
    await expectRefused('overwritten', 'npm run restore');
  });

  it('is not begun anew where its newest changes still lie beside it', async () => {
    const wal = readFileSync(`${path}-wal`);
    await storage.close();
    for (const left of [() => rmSync(path, { force: true }), () => writeFileSync(path, '')]) {
      left();
      writeFileSync(`${path}-wal`, wal);
      await expect(openStorage(`sqlite:${path}`, { now })).rejects.toMatchObject({
        code: 'CC_DATABASE',
        message: expect.stringContaining('missing or empty'),
      });
      expect(readFileSync(`${path}-wal`).equals(wal)).toBe(true);
    }
  });

  it('is found damaged by a look at all of it', async () => {
    const other = new Sqlite(path);
    other.exec('pragma wal_checkpoint(truncate)');
    other.close();
    expect(await storage.integrityProblem()).toBeNull();
    await storage.close();
    writeFileSync(path, readFileSync(path).fill(0x2a, 40_000, 60_000));
    storage = await openStorage(`sqlite:${path}`, { now });
    const found = await storage.integrityProblem().catch((error: unknown) => String(error));
    expect(found).toMatch(/malformed|damaged|page|row/i);
  });

  it('fails a transaction whose file was deleted before its end', async () => {
    const real = storage.candles.upsert('ETH', '1d', sourced(walk(20_000)));
    await new Promise((resolve) => setImmediate(resolve));
    rmSync(path);
    await expect(real).rejects.toMatchObject(refused);
  });
});

const disk = makeSmallDisk(2);
afterAll(() => disk?.remove());

describe.skipIf(!disk)('a SQLite file on a full disk', () => {
  afterEach(() => disk!.free());

  it('is refused with the reason, keeps what it had, and goes on when there is room', async () => {
    const full = await openStorage(`sqlite:${join(disk!.folder, 'one.db')}`, { now });
    await full.candles.upsert('BTC', '1d', sourced(walk(100)));
    disk!.fill();
    const write = () => full.candles.upsert('ETH', '1d', sourced(walk(5_000)));
    const words = { code: 'CC_DATABASE', message: expect.stringContaining('the disk is full') };
    await expect(write()).rejects.toMatchObject(words);
    await expect(write()).rejects.toMatchObject(words);
    expect(await full.candles.count()).toBe(100);
    disk!.free();
    expect(await write()).toBe(5_000);
    await full.close();
  });

  it('keeps each forecast that it took, and no part of one that it did not, and its chain goes on', async () => {
    let nowMs = START_MS;
    const full = await openStorage(`sqlite:${join(disk!.folder, 'ledger.db')}`, { now: () => nowMs });
    let number = 0;
    const append = async () => {
      const originMs = START_MS + number++ * HOUR_MS;
      nowMs = originMs + MINUTE_MS;
      return full.ledger.append([unissued({ symbol: 'BTC', horizon: '1h', originMs, lastPrice: 100 })], 'scheduled');
    };
    let taken = 0;
    for (; taken < 5; taken++) expect(await append()).toEqual(['appended']);
    disk!.fill();
    // What is left of a page may still take some.
    let refused: unknown = null;
    for (; refused === null && taken < 2_000; taken += refused === null ? 1 : 0) {
      refused = await append().then(
        () => null,
        (error: unknown) => error,
      );
    }
    expect(refused).toMatchObject({ code: 'CC_DATABASE', message: expect.stringContaining('the disk is full') });
    expect(await full.ledger.head()).toMatchObject({ number: taken });
    disk!.free();
    number--;
    expect(await append()).toEqual(['appended']);
    expect(await verdictOf(full.ledger)).toMatchObject({ problem: null, rows: taken + 1 });
    await full.close();
  });

  it('cannot be made, which is said', async () => {
    disk!.fill();
    const made = openStorage(`sqlite:${join(disk!.folder, 'two.db')}`, { now });
    await expect(made).rejects.toMatchObject({ message: expect.stringContaining('the disk is full') });
    disk!.free();
  });
});

describe('a SQLite file', () => {
  it('takes nothing of a transaction that ended with its thread', async () => {
    const ask = (engine: SqliteEngine, text: string, scope: SqliteScope = 'inside') =>
      engine.execute({ handle: 'writer', text, parameters: [], scope });
    const write = "insert into key_value (key, value) values ('a', '1')";
    const first = createSqliteEngine(path);
    expect(ask(first, write, 'begin')).not.toHaveProperty('error');
    first.close();
    // As the thread that is started for the next statement.
    const second = createSqliteEngine(path);
    expect(ask(second, write)).toMatchObject({ error: { code: 'SQLITE_ABORT' } });
    expect(ask(second, 'commit')).toMatchObject({ error: { code: 'SQLITE_ABORT' } });
    expect(ask(second, 'rollback')).not.toHaveProperty('error');
    expect(ask(second, 'select key from key_value', 'none')).toMatchObject({ rows: [] });
    second.close();
  });

  it('leaves nothing behind of a statement in a transaction of its own that fails', () => {
    const engine = createSqliteEngine(path);
    const ask = (text: string, scope: SqliteScope) => engine.execute({ handle: 'writer', text, parameters: [], scope });
    expect(ask("insert into key_value (key, value) values ('a', '1')", 'alone')).toMatchObject({ changes: 1 });
    expect(ask("insert into key_value (key, value) values ('b', '1'), ('a', '2')", 'alone')).toMatchObject({
      error: { code: expect.stringContaining('SQLITE_CONSTRAINT'), outside: false },
    });
    // No transaction is open, so that another can begin.
    expect(ask('select key, value from key_value', 'begin')).toMatchObject({ rows: [{ key: 'a', value: '1' }] });
    expect(ask('commit', 'inside')).not.toHaveProperty('error');
    engine.close();
  });

  it('asks again, and runs it once, where another program holds the lock as a statement begins', () => {
    const [engine, other] = [createSqliteEngine(path), createSqliteEngine(path)];
    const write = (of: SqliteEngine, key: string, scope: SqliteScope) =>
      of.execute({
        handle: 'writer',
        text: `insert into key_value (key, value) values ('${key}', '1')`,
        parameters: [],
        scope,
      });
    expect(write(other, 'a', 'begin')).not.toHaveProperty('error');
    for (const scope of ['alone', 'begin'] as const) {
      expect(write(engine, 'b', scope)).toMatchObject({ error: { code: 'SQLITE_BUSY', outside: true } });
    }
    other.execute({ handle: 'writer', text: 'commit', parameters: [], scope: 'inside' });
    expect(write(engine, 'b', 'alone')).toMatchObject({ changes: 1 });
    engine.close();
    other.close();
  });

  it('can be read by its owner alone', () => {
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(`${path}-wal`).mode & 0o777).toBe(0o600);
    expect(readFileSync(path).subarray(0, 15).toString()).toBe('SQLite format 3');
  });
});
