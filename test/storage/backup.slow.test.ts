import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { sql } from 'kysely';
import Sqlite from 'libsql';
import { afterAll, describe, expect, it } from 'vitest';
import { runBackup, runRestore } from '../../src/cli/backup.ts';
import { DAY_MS } from '../../src/core/time.ts';
import { backUp, restore } from '../../src/storage/backup.ts';
import { migrateUp } from '../../src/storage/migrate.ts';
import { openStorage, type Storage } from '../../src/storage/open-storage.ts';
import { openSqlite } from '../../src/storage/sqlite.ts';
import { sampleCall } from '../contracts/calls.ts';
import { sampleOdds } from '../contracts/odds.ts';
import { START_MS, sourced, walk } from '../support/candles.ts';
import { outcomeOf, unissued, verdictOf } from '../support/ledger.ts';
import { describeInPostgres, queryPostgres } from '../support/postgres.ts';
import { sampleSubscription } from '../support/subscriptions.ts';

const now = () => START_MS + 60_000;
const by = { version: '0.0.0-test', now };
const folder = mkdtempSync(join(tmpdir(), 'candlecast-backup-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let number = 0;
const newFile = () => join(folder, `${number++}.backup`);
const newSqlite = () => `sqlite:${join(folder, `${number++}.db`)}`;

/** Rows of many kinds, more than one page of candles and of the ledger. */
async function fill(url: string): Promise<void> {
  const storage = await openStorage(url, { now });
  const candles = sourced(walk(2_345));
  candles[3] = { ...candles[3]!, low: 1e-12, volume: 0, flag: 'glitch' };
  await storage.candles.upsert('BTC', '1d', candles);
  await storage.assets.replaceAll(
    [{ symbol: 'BTC', name: 'Bitcoin "₿" \\ \n', rank: null, marketCapUsd: 1.5e12, stablecoin: false }],
    5,
  );
  await storage.ledger.append(
    Array.from({ length: 1_234 }, (_, i) => unissued({ symbol: `A${i}` })),
    'on-demand',
  );
  await storage.ledger.append([unissued({ symbol: 'A7' })], 'scheduled');
  const [entry] = await storage.ledger.entries([1]);
  await storage.outcomes.add([outcomeOf(entry!, 105)]);
  await storage.record.addModel({ interval: '1d', version: entry!.model, sha256: 'ab'.repeat(32) });
  await storage.record.checkpoint();
  await storage.subscriptions.insert(sampleSubscription(), 10);
  const call = sampleCall();
  await storage.calls.add({ guildId: 'g', userId: 'u' }, call, call.originMs);
  const odds = sampleOdds();
  await storage.askedOdds.add(odds, odds.originMs);
  await storage.keyValueStore.set('app:commands', '"some hash"');
  await storage.close();
}

/** Every table of a SQLite file with its rows, read past the program; `fillEmpty` first puts a row with something in every column into each that has none. */
function tablesOf(url: string, fillEmpty = false): Record<string, unknown[]> {
  const database = new Sqlite(url.slice('sqlite:'.length));
  const query = (text: string) => database.prepare(text).all() as Record<string, unknown>[];
  const names = query(
    "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' and name not like 'kysely_%' order by name",
  ).map(({ name }) => String(name));
  for (const name of fillEmpty ? names : []) {
    if (query(`select 1 from "${name}" limit 1`).length > 0) continue;
    const values = query(`pragma table_info("${name}")`).map((column) => {
      const type = String(column['type']).toLowerCase();
      if (type === 'text') return `'x'`;
      if (type === 'blob') return "x'0102'";
      return type === 'double precision' ? '0.5' : '1700000000';
    });
    database.exec(`insert into "${name}" values (${values.join(',')})`);
  }
  const tables = Object.fromEntries(names.map((name) => [name, query(`select * from "${name}" order by 1, 2`)]));
  database.close();
  return tables;
}

/** What a backup holds, without its header and its end. */
const linesOf = (path: string) => gunzipSync(readFileSync(path)).toString('utf8').trimEnd().split('\n');
const rowsOf = (path: string) => linesOf(path).slice(1, -1);

async function use<T>(url: string, step: (storage: Storage) => Promise<T>): Promise<T> {
  const storage = await openStorage(url, { now });
  return step(storage).finally(() => storage.close());
}

describe('a backup', () => {
  const from = newSqlite();
  const file = newFile();

  it('is whole, and only its owner can read it', async () => {
    await fill(from);
    let out = '';
    const write = (text: string) => {
      out += text;
      return true;
    };
    await runBackup({ args: [file], databaseUrl: from, ...by, out: { write } as never });
    expect(out).toContain('rows in');
    expect(out).toContain('Its ledger has 1,234 rows in an unbroken chain');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(existsSync(`${file}.part`)).toBe(false);
    const to = newSqlite();
    await runRestore({ args: [file], databaseUrl: to, out: { write } as never });
    const again = newFile();
    await backUp(to, again, by);
    expect(rowsOf(again)).toEqual(rowsOf(file));
    await use(to, async (storage) => {
      expect(await verdictOf(storage.ledger)).toMatchObject({ rows: 1_234, marks: 1, problem: null });
      expect(await storage.candles.count()).toBe(2_345);
      expect(await storage.candles.range('BTC', '1d', START_MS + 3 * DAY_MS, START_MS + 3 * DAY_MS)).toMatchObject([
        { low: 1e-12, flag: 'glitch' },
      ]);
      // The chain goes on where it ended.
      await storage.ledger.append([unissued({ symbol: 'NEXT' })], 'scheduled');
      expect(await verdictOf(storage.ledger)).toMatchObject({ rows: 1_235, problem: null });
    });
  });

  it('leaves out no table', async () => {
    const full = newSqlite();
    await fill(full);
    const tables = tablesOf(full, true);
    expect(Object.values(tables).map((rows) => rows.length)).not.toContain(0);
    expect(Object.keys(tables)).toEqual(
      expect.arrayContaining(['coin_sources', 'guild_departures', 'paper_events', 'unconfirmed_prices']),
    );
    const kept = newFile();
    await backUp(full, kept, by);
    const to = newSqlite();
    await restore(to, kept);
    expect(tablesOf(to)).toEqual(tables);
  });

  it('is one moment of a database that others write to meanwhile', async () => {
    const written = await use(from, async (storage) => {
      let going = true;
      let count = 0;
      const writing = (async () => {
        while (going) await storage.ledger.append([unissued({ symbol: `B${count++}` })], 'scheduled');
      })();
      const target = newFile();
      const made = await backUp(from, target, by);
      going = false;
      await writing;
      const to = newSqlite();
      await restore(to, target);
      await use(to, async (restored) => {
        expect(await verdictOf(restored.ledger)).toMatchObject({ rows: made.ledger!.rows, problem: null });
      });
      return count;
    });
    expect(written).toBeGreaterThan(0);
  });

  it('writes over no file, and makes no database where there is none', async () => {
    await expect(backUp(from, file, by)).rejects.toMatchObject({ code: 'CC_FILE' });
    const cutOff = newFile();
    writeFileSync(`${cutOff}.part`, 'of a backup that was cut off');
    await expect(backUp(from, cutOff, by)).rejects.toMatchObject({
      code: 'CC_FILE',
      message: expect.stringContaining(`${cutOff}.part is there`),
    });
    expect(readFileSync(`${cutOff}.part`, 'utf8')).toBe('of a backup that was cut off');
    const nowhere = newSqlite();
    await expect(backUp(nowhere, newFile(), by)).rejects.toMatchObject({ code: 'CC_DATABASE' });
    expect(existsSync(nowhere.slice('sqlite:'.length))).toBe(false);
    await expect(
      runBackup({ args: [], databaseUrl: from, ...by, out: { write: () => true } as never }),
    ).rejects.toMatchObject({
      code: 'CC_USAGE',
    });
    mkdirSync(join(folder, 'a folder'));
    await expect(backUp(from, join(folder, 'no', 'such', 'folder'), by)).rejects.toMatchObject({ code: 'CC_FILE' });
  });

  it('is restored into an empty database alone', async () => {
    const used = newSqlite();
    await use(used, (storage) => storage.keyValueStore.set('app:commands', '"other"') as Promise<unknown>);
    await expect(restore(used, file)).rejects.toMatchObject({
      code: 'CC_BACKUP',
      message: expect.stringContaining('holds rows in key_value'),
    });
    expect(await use(used, (storage) => storage.candles.count())).toBe(0);
    const started = newSqlite();
    await use(started, async () => undefined);
    expect(await restore(started, file)).toMatchObject({ ledger: { rows: 1_234 } });
  });

  it('of an older version is brought up to date', async () => {
    const path = join(folder, 'old.db');
    const old = openSqlite(path, 'an old database');
    await migrateUp(old.db, 'sqlite', { until: '0004-key-value' });
    await sql`insert into key_value (key, value) values ('app:commands', '"old"')`.execute(old.db);
    await old.db.destroy();
    const kept = newFile();
    expect(await backUp(`sqlite:${path}`, kept, by)).toMatchObject({ rows: 1, ledger: null });
    const to = newSqlite();
    await restore(to, kept);
    expect(await use(to, async (storage) => storage.keyValueStore.get('app:commands'))).toBe('"old"');
  });

  const whole = () => readFileSync(file);
  const changed = (change: (lines: string[]) => void) => {
    const lines = linesOf(file);
    change(lines);
    return gzipSync(`${lines.join('\n')}\n`);
  };
  const bad: readonly [string, () => Buffer, string][] = [
    ['that is empty', () => Buffer.alloc(0), 'cut short'],
    ['cut short by a byte', () => whole().subarray(0, -1), 'cut short'],
    ['cut in half', () => whole().subarray(0, whole().length / 2), 'cut short'],
    ['without its last line', () => changed((lines) => lines.pop()), 'cut short'],
    ['with a byte changed', () => Buffer.from(whole()).fill(0x55, 20_000, 20_001), 'damaged'],
    ['with a row left out', () => changed((lines) => lines.splice(40, 1)), 'damaged'],
    [
      'with a cell changed',
      () =>
        changed((lines) => {
          const at = lines.findIndex((line) => line.includes('Bitcoin'));
          lines[at] = lines[at]!.replace('Bitcoin', 'Betcoin');
        }),
      'damaged',
    ],
    ['with a line too many', () => changed((lines) => lines.push('[]')), 'damaged'],
    ['that is another file', () => Buffer.from('SQLite format 3\0 and so on'), 'no backup of Candlecast'],
    ['that is another gzipped file', () => gzipSync('{"hello":"world"}\n'), 'no backup of Candlecast'],
    [
      'of a newer version',
      () =>
        changed((lines) => {
          lines[0] = lines[0]!.replace('"0001-candles"', '"0001-candles","9999-future"');
        }),
      'A newer version',
    ],
  ];
  it.each(bad)('%s is refused, and nothing is left of it', async (_name, content, words) => {
    const path = newFile();
    writeFileSync(path, content());
    const to = newSqlite();
    await expect(restore(to, path)).rejects.toMatchObject({
      code: 'CC_BACKUP',
      message: expect.stringContaining(words),
    });
    expect(existsSync(to.slice('sqlite:'.length))).toBe(false);
  });

  it('that the database refuses leaves nothing behind', async () => {
    const path = newFile();
    // Consistent in itself, and two rows with the same key.
    const storage = openSqlite(join(folder, 'odd.db'), 'the test database');
    await migrateUp(storage.db, 'sqlite', { until: '0004-key-value' });
    await sql`insert into key_value (key, value) values ('a', '1'), ('A', '2')`.execute(storage.db);
    await storage.db.destroy();
    const odd = newFile();
    await backUp(`sqlite:${join(folder, 'odd.db')}`, odd, by);
    const { createHash } = await import('node:crypto');
    const lines = linesOf(odd).map((line) => line.replace('["A",', '["a",'));
    const end = JSON.parse(lines.pop()!) as { sha256: string };
    end.sha256 = createHash('sha256')
      .update(`${lines.join('\n')}\n`)
      .digest('hex');
    writeFileSync(path, gzipSync(`${[...lines, JSON.stringify(end)].join('\n')}\n`));
    const to = newSqlite();
    await expect(restore(to, path)).rejects.toMatchObject({ code: 'CC_DATABASE' });
    expect(existsSync(to.slice('sqlite:'.length))).toBe(false);
  });
});

describeInPostgres('a backup of PostgreSQL', (server) => {
  it('goes into either database and back', { timeout: 180_000 }, async () => {
    const first = newSqlite();
    await fill(first);
    tablesOf(first, true);
    const ofSqlite = newFile();
    await backUp(first, ofSqlite, by);
    const second = await server().createDatabase();
    await restore(second, ofSqlite);
    const ofPostgres = newFile();
    await backUp(second, ofPostgres, by);
    expect(JSON.parse(linesOf(ofPostgres)[0]!)).toMatchObject({ database: 'postgres' });
    expect(rowsOf(ofPostgres)).toEqual(rowsOf(ofSqlite));
    const third = await server().createDatabase();
    await restore(third, ofPostgres);
    const fourth = newSqlite();
    await restore(fourth, ofPostgres);
    for (const url of [third, fourth]) {
      const again = newFile();
      await backUp(url, again, by);
      expect(rowsOf(again)).toEqual(rowsOf(ofSqlite));
      await use(url, async (storage) => {
        expect(await verdictOf(storage.ledger)).toMatchObject({ rows: 1_234, marks: 1, problem: null });
        await storage.ledger.append([unissued({ symbol: 'NEXT' })], 'scheduled');
      });
    }
  });

  it('is one moment of it, and leaves nothing behind where it cannot be restored', { timeout: 180_000 }, async () => {
    const from = await server().createDatabase();
    await fill(from);
    const file = newFile();
    await use(from, async (storage) => {
      let going = true;
      let count = 0;
      const writing = (async () => {
        while (going) await storage.ledger.append([unissued({ symbol: `B${count++}` })], 'scheduled');
      })();
      await backUp(from, file, by);
      going = false;
      await writing;
      expect(count).toBeGreaterThan(0);
    });
    const to = await server().createDatabase();
    const cut = newFile();
    writeFileSync(cut, readFileSync(file).subarray(0, -100));
    await expect(restore(to, cut)).rejects.toMatchObject({ code: 'CC_BACKUP' });
    await queryPostgres(to, 'create table nothing_of_ours (a integer)');
    await restore(to, file);
    await expect(restore(to, file)).rejects.toMatchObject({ code: 'CC_BACKUP' });
    await use(to, async (storage) => expect((await verdictOf(storage.ledger)).problem).toBeNull());
  });
});
