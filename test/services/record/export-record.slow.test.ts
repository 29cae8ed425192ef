import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runRecord } from '../../../src/cli/record.ts';
import { loadConfig } from '../../../src/config.ts';
import { scoreCall } from '../../../src/core/calls.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/time.ts';
import { scoreForecast } from '../../../src/ml/scoring/ledger-score.ts';
import { exportRecord } from '../../../src/services/record/export-record.ts';
import { openStorage } from '../../../src/storage/open-storage.ts';
import { openPostgres } from '../../../src/storage/postgres.ts';
import { readRecord } from '../../../src/storage/read-record.ts';
import { openSqlite } from '../../../src/storage/sqlite.ts';
import { sampleCall } from '../../contracts/calls.ts';
import { sampleOdds } from '../../contracts/odds.ts';
import { START_MS } from '../../support/candles.ts';
import { unissued } from '../../support/ledger.ts';
import { describeInPostgres } from '../../support/postgres.ts';
import { fillRecord, RECORD_END_MS } from '../../support/record.ts';

const shipped = (name: string) => readFileSync(new URL(`../../../open-data/${name}`, import.meta.url), 'utf8');
const texts = { 'README.md': shipped('README.md'), 'verify.py': shipped('verify.py') };
const python = spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 8))']).status === 0;
const folder = mkdtempSync(join(tmpdir(), 'candlecast-export-'));
const path = join(folder, 'record.db');
const url = `sqlite:${path}`;
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const write = (databaseUrl: string, into: string, signal?: AbortSignal, gzip = false) =>
  readRecord(databaseUrl, (record) =>
    exportRecord({
      folder: into,
      record,
      texts,
      version: '0.0.0-test',
      nowMs: RECORD_END_MS,
      gzip,
      ...(signal ? { signal } : {}),
    }),
  );

/** What the verifier prints, and how it ends. */
function verify(...args: string[]) {
  const { status, stdout, stderr } = spawnSync('python3', args, { encoding: 'utf8' });
  return { status, stdout, stderr: stderr.trim() };
}

/** Odds that were asked for and a member's calls, one of each with its outcome, and a checkpoint over them. */
async function askAndCall(databaseUrl: string): Promise<void> {
  const storage = await openStorage(databaseUrl, { now: () => RECORD_END_MS });
  await storage.askedOdds.add(sampleOdds(), START_MS);
  await storage.askedOdds.add(sampleOdds({ symbol: 'ETH', usual: null }), START_MS);
  const event = { kind: 'outcome', actualPrice: 104, source: 'binance 1m', touched: true } as const;
  await storage.askedOdds.end([{ number: 1, event }], START_MS + 2 * DAY_MS);
  const at = { originMs: START_MS, targetMs: START_MS + DAY_MS };
  const call = sampleCall(at);
  const range = sampleCall({ ...at, claim: { sort: 'range', low: 97, high: 104 } });
  for (const one of [call, range]) await storage.calls.add({ guildId: 'guild-1', userId: 'ann' }, one, START_MS);
  const ends = [call, range].map((one, i) => ({
    number: i + 1,
    event: { kind: 'outcome', scores: scoreCall(one, 105, 'binance 1m') } as const,
  }));
  await storage.calls.end(ends, START_MS + 2 * DAY_MS);
  await storage.record.checkpoint();
  await storage.close();
}

const whole = join(folder, 'whole');
beforeAll(async () => {
  await fillRecord(url, openSqlite(path, 'the test database'));
  await askAndCall(url);
  await write(url, whole);
});

type Row = Record<string, unknown> & { previousHash: string; hash: string };

/** A copy of the export whose lines of one file have been changed. */
function forged(file: string, change: (lines: string[]) => string[]): string {
  const copy = mkdtempSync(join(folder, 'forged-'));
  cpSync(whole, copy, { recursive: true });
  const name = join(copy, `${file}.jsonl`);
  const lines = readFileSync(name, 'utf8').trimEnd().split('\n');
  writeFileSync(
    name,
    change(lines)
      .map((line) => `${line}\n`)
      .join(''),
  );
  return copy;
}

const rowsOf = (file: string, of = whole) =>
  readFileSync(join(of, `${file}.jsonl`), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);

/** The line of a row whose hash fits it again. */
function rehashed({ hash: _, ...row }: Row): string {
  const text = JSON.stringify(row);
  return `${text.slice(0, -1)},"hash":"${createHash('sha256').update(text).digest('hex')}"}`;
}

/** Changes one row as somebody would who knows how the chain is made: with its hash, and those of all rows after it. */
function rewritten(from: number, change: (row: Row) => Row): (lines: string[]) => string[] {
  return (lines) => {
    let previousHash: string | null = null;
    return lines.map((line, i) => {
      if (i < from) return line;
      const row = JSON.parse(line) as Row;
      const made = rehashed({ ...(i === from ? change(row) : row), ...(previousHash ? { previousHash } : {}) });
      previousHash = (JSON.parse(made) as Row).hash;
      return made;
    });
  };
}

describe('an export of the record', () => {
  it('writes each row as its text with its hash as the last key, chained from the first', () => {
    let rows = 0;
    for (const chain of ['forecasts', 'marks', 'outcomes', 'models', 'calls', 'odds', 'checkpoints']) {
      let previousHash = '0'.repeat(64);
      const lines = readFileSync(join(whole, `${chain}.jsonl`), 'utf8')
        .trimEnd()
        .split('\n');
      for (const line of lines) {
        const row = JSON.parse(line) as Row;
        expect(row.previousHash).toBe(previousHash);
        expect(Object.keys(row).at(-1)).toBe('hash');
        const text = line.replace(/,"hash":"[0-9a-f]{64}"\}$/, '}');
        previousHash = createHash('sha256').update(text).digest('hex');
        expect(row.hash).toBe(previousHash);
      }
      rows += lines.length;
    }
    const manifest = JSON.parse(readFileSync(join(whole, 'manifest.json'), 'utf8'));
    expect(manifest).toMatchObject({ format: 2, kind: 'candlecast-record', madeAtMs: RECORD_END_MS });
    expect(manifest.chains.forecasts.head).toBe(rowsOf('forecasts').at(-1)!.hash);
    for (const [name, { sha256, bytes }] of Object.entries<{ sha256: string; bytes: number }>(manifest.files)) {
      const data = readFileSync(join(whole, name));
      expect([createHash('sha256').update(data).digest('hex'), data.byteLength]).toEqual([sha256, bytes]);
    }
    expect(rows).toBeGreaterThan(800);
  });

  it('takes the place of an earlier one, and of one that was ended, and of nothing else', async () => {
    const into = join(folder, 'deep', 'again');
    const first = await write(url, into);
    writeFileSync(join(into, 'forecasts.jsonl.part'), 'half');
    rmSync(join(into, 'marks.jsonl'));
    expect(await write(url, into)).toEqual(first);
    expect(readdirSync(into).sort()).toEqual(readdirSync(whole).sort());
    writeFileSync(join(into, 'notes.txt'), 'mine');
    await expect(write(url, into)).rejects.toMatchObject({
      code: 'CC_FILE',
      message: expect.stringContaining('notes.txt'),
    });
    const project = join(folder, 'project');
    mkdirSync(project);
    writeFileSync(join(project, 'README.md'), '# mine');
    await expect(write(url, project)).rejects.toMatchObject({ code: 'CC_FILE' });
    expect(readFileSync(join(project, 'README.md'), 'utf8')).toBe('# mine');
  });

  it('leaves what was there when it is interrupted', async () => {
    const into = join(folder, 'interrupted');
    await write(url, into);
    const before = readFileSync(join(into, 'forecasts.jsonl'), 'utf8');
    await expect(write(url, into, AbortSignal.abort())).rejects.toThrow('interrupted');
    expect(readdirSync(into).sort()).toEqual(readdirSync(whole).sort());
    expect(readFileSync(join(into, 'forecasts.jsonl'), 'utf8')).toBe(before);
    await expect(write(url, join(folder, 'fresh'), AbortSignal.abort())).rejects.toThrow('interrupted');
    expect(readdirSync(join(folder, 'fresh'))).toEqual([]);
  });

  it('is of one moment, though rows are added while it is written', async () => {
    const place = join(folder, 'busy.db');
    copyFileSync(path, place);
    const storage = await openStorage(`sqlite:${place}`, { now: () => RECORD_END_MS + 1_000 });
    const into = join(folder, 'busy');
    let added = 0;
    await readRecord(`sqlite:${place}`, (record) => {
      async function* pieces(signal?: AbortSignal) {
        for await (const piece of record.pieces(signal)) {
          await storage.ledger.append([unissued({ symbol: `N${added++}`, originMs: RECORD_END_MS })], 'scheduled');
          await storage.record.checkpoint();
          yield piece;
        }
      }
      const busy = { heads: record.heads, pieces };
      return exportRecord({ folder: into, record: busy, texts, version: '0.0.0-test', nowMs: RECORD_END_MS });
    });
    expect((await storage.ledger.head())!.number).toBe(755 + added);
    await storage.close();
    expect(added).toBeGreaterThan(5);
    for (const name of readdirSync(whole))
      expect(readFileSync(join(into, name), 'utf8'), name).toBe(readFileSync(join(whole, name), 'utf8'));
  });

  it('is written by npm run record -- export, which says how to verify it', async () => {
    let printed = '';
    const out = {
      write: (text: string) => {
        printed += text;
      },
    };
    const command = (args: readonly string[]) =>
      runRecord({
        args,
        config: loadConfig({ DATABASE_URL: url }),
        logger: silentLogger,
        version: '0.0.0-test',
        now: () => RECORD_END_MS,
        out,
        progress: { write: () => undefined },
        signal: new AbortController().signal,
      });
    const into = join(folder, 'by command');
    expect(await command(['export', into])).toBe(0);
    for (const name of readdirSync(whole))
      expect(readFileSync(join(into, name), 'utf8'), name).toBe(readFileSync(join(whole, name), 'utf8'));
    const newest = rowsOf('checkpoints').at(-1)!.hash.slice(0, 20);
    expect(printed).toContain(
      `holds 755 forecasts, 2 marks, 58 outcomes, 2 models, 4 rows of calls, 3 rows of odds, 5 checkpoints and`,
    );
    expect(printed).toContain(`The newest checkpoint begins with ${newest}.`);
    expect(printed).toContain(`python3 "${into}/verify.py"`);
    for (const args of [['export'], ['export', ''], ['export', 'a', 'b'], ['export', into, '--zip']]) {
      await expect(command(args)).rejects.toMatchObject({ code: 'CC_USAGE' });
    }
  });

  it('is written compressed, in the place of one that is not, with the same rows', async () => {
    const into = join(folder, 'packed');
    await write(url, into);
    const { files } = await write(url, into, undefined, true);
    const names = readdirSync(whole).map((name) => (name.endsWith('.jsonl') ? `${name}.gz` : name));
    expect(readdirSync(into).sort()).toEqual(names.sort());
    for (const name of names.filter((one) => one.endsWith('.gz'))) {
      const data = readFileSync(join(into, name));
      expect(gunzipSync(data).equals(readFileSync(join(whole, name.slice(0, -'.gz'.length)))), name).toBe(true);
      const sha256 = createHash('sha256').update(data).digest('hex');
      expect(files[name], name).toEqual({ bytes: data.byteLength, sha256 });
    }
    // Interrupted, it leaves what was there.
    await expect(write(url, into, AbortSignal.abort(), true)).rejects.toThrow('interrupted');
    expect(readdirSync(into).sort()).toEqual(names.sort());
    await write(url, into);
    expect(readdirSync(into).sort()).toEqual(readdirSync(whole).sort());
  });

  it('says that there is nothing to export', async () => {
    await expect(write(`sqlite:${join(folder, 'none.db')}`, join(folder, 'x'))).rejects.toMatchObject({
      code: 'CC_DATABASE',
    });
    expect(existsSync(join(folder, 'none.db'))).toBe(false);
  });
});

/** Places of rows, from 0. */
const lineAt = (find: (row: Row) => boolean, file: string) => rowsOf(file).findIndex(find);
const replaced =
  (at: number, change: (line: string) => string) =>
  (lines: string[]): string[] =>
    lines.map((line, i) => (i === at ? change(line) : line));

describe.skipIf(!python)('the verifier in Python', () => {
  const script = join(whole, 'verify.py');
  const head = () => rowsOf('checkpoints').at(-3)!.hash.slice(0, 20);
  /** The one fault that is named, and that it ends with 1. */
  const fault = (...args: string[]) => {
    const { status, stderr } = verify(script, ...args);
    return { status, fault: stderr };
  };
  const wrong = (words: string) => ({ status: 1, fault: expect.stringContaining(`WRONG: ${words}`) });

  it('finds nothing wrong with an export, and says what is in it', () => {
    const { status, stdout, stderr } = verify(script, '--head', head());
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(`forecasts         755, ending in ${rowsOf('forecasts').at(-1)!.hash}`);
    expect(stdout).toContain('49 equal the close in candles.jsonl');
    expect(stdout).toContain('2 were read from minutes');
    expect(stdout).toContain('5 have no candle any more');
    const scored = new Map(rowsOf('outcomes').map((row) => [row['sequence'], row]));
    const hourly = rowsOf('forecasts').filter((row) => row['horizon'] === '1h' && row['cause'] === 'scheduled');
    const compared = hourly.filter((row) => row['climatology'] !== null);
    const sum = (key: string) => compared.reduce((total, row) => total + Number(scored.get(row['sequence'])![key]), 0);
    expect(hourly).toHaveLength(compared.length + 2);
    const skill = 100 * (1 - sum('pinball') / sum('climatologyPinball'));
    expect(stdout).toMatch(new RegExp(` 1h +\\+${skill.toFixed(2).replace('.', '\\.')} %  n = ${compared.length}`));
    const newest = rowsOf('checkpoints').at(-1)!;
    expect(stdout).toContain(`Record 755 · ${newest.hash.slice(0, 20)} of 2024-01-31 00:00 UTC`);
    expect(stdout).toContain(`--head ${head()} is in this record: Record 715`);
    expect(stdout).toContain(
      'Odds that were asked for, above a price at the moment: Brier score 0.0400, of the usual moves 0.0625, n = 1',
    );
    expect(stdout).toContain('Everything is right.');
  });

  it('scores members’ calls again, and holds no more of a person than a name made by chance', () => {
    const { stdout } = verify(script);
    // Up at 70 % and the bot at 52 %, and it rose; a range missed by ln(105/104), beside the bot's and the usual one, which held.
    expect(stdout).toMatch(
      /calls of a direction: mean score 0\.0900, the bot's 0\.2304, by knowing nothing 0\.2500, n = 1/,
    );
    const width = (low: number, high: number) => Math.log(high / low);
    const [own, bot] = [width(97, 104) + 10 * Math.log(105 / 104), width(95, 106)].map((one) => one / width(94, 107));
    expect(stdout).toContain(`mean score ${own!.toFixed(4)}, the bot's ${bot!.toFixed(4)}, by knowing nothing 1.0000`);
    const text = readFileSync(join(whole, 'calls.jsonl'), 'utf8');
    expect(text).not.toMatch(/ann|guild/);
    expect(new Set(rowsOf('calls').map((row) => row['member'])).size).toBe(1);
  });

  it('names calls that were changed, scored otherwise or cut off, and a checkpoint that does not stand for them', () => {
    expect(
      fault(
        forged(
          'calls',
          replaced(0, (line) => line.replace('0.7', '0.8')),
        ),
      ),
    ).toEqual(wrong('calls.jsonl line 1: it has been changed'));
    const score = rewritten(2, (row) => ({ ...row, body: String(row['body']).replace('"toss":0.25', '"toss":0.3') }));
    expect(fault(forged('calls', score))).toEqual(wrong('calls.jsonl line 3: toss is 0.3, and by the call'));
    const late = rewritten(0, (row) => ({ ...row, atMs: START_MS + DAY_MS }));
    expect(fault(forged('calls', late))).toEqual(wrong('calls.jsonl line 1: it was not written between'));
    const claim = rewritten(1, (row) => ({ ...row, body: String(row['body']).replace('"low":97', '"low":96') }));
    const hidden = forged('calls', (lines) => claim(lines).slice(0, 2));
    expect(fault(hidden)).toEqual(wrong('checkpoints.jsonl line 5: it names row 4 of the calls, which end at row 2'));
    const other = rewritten(0, (row) => ({ ...row, member: 'f'.repeat(64) }));
    expect(fault(forged('calls', other))).toEqual(
      wrong('checkpoints.jsonl line 5: it names another row 4 of the calls'),
    );
    const odds = rewritten(0, (row) => ({ ...row, body: String(row['body']).replace('0.4', '0.5') }));
    expect(fault(forged('odds', odds))).toEqual(wrong('checkpoints.jsonl line 5: it names another row 3 of the odds'));
  });

  it('reads exports of earlier versions, whose checkpoints did not hold calls and odds', () => {
    const earlier = rewritten(0, (row) => row);
    const copy = forged('checkpoints', (lines) =>
      earlier(
        lines.map((line) => {
          const {
            calls: _calls,
            callsHash: _callsHash,
            odds: _odds,
            oddsHash: _oddsHash,
            ...row
          } = JSON.parse(line) as Row;
          return rehashed(row as Row);
        }),
      ),
    );
    rmSync(join(copy, 'calls.jsonl'));
    const path = join(copy, 'manifest.json');
    const manifest = JSON.parse(readFileSync(path, 'utf8'));
    delete manifest.chains.calls;
    manifest.format = 1;
    manifest.chains.checkpoints.head = rowsOf('checkpoints', copy).at(-1)!.hash;
    writeFileSync(path, JSON.stringify(manifest));
    const { status, stdout, stderr } = verify(
      script,
      copy,
      '--head',
      rowsOf('checkpoints', copy)[2]!.hash.slice(0, 20),
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('Everything is right.');
    manifest.format = 3;
    writeFileSync(path, JSON.stringify(manifest));
    expect(fault(copy)).toEqual(wrong('this script reads formats 1 and 2, and that is 3'));
  });

  it('names a level that was touched by no hour on the way, or by one although it is said not to have been', async () => {
    const place = join(folder, 'touched.db');
    copyFileSync(path, place);
    const storage = await openStorage(`sqlite:${place}`, { now: () => RECORD_END_MS });
    // Ten hours from half past, whose highs are 100 but for one of 104; the first and the last belong to it in part.
    const originMs = START_MS + 30 * MINUTE_MS;
    const targetMs = originMs + 10 * HOUR_MS;
    const hours = Array.from({ length: 11 }, (_, i) => ({
      openTimeMs: START_MS + i * HOUR_MS,
      open: 100,
      high: i === 5 ? 104 : i === 10 ? 103 : 100,
      low: 99,
      close: 100,
      volume: 1,
      source: 'binance',
      fetchedAtMs: START_MS + (i + 2) * HOUR_MS,
      flag: null,
    }));
    await storage.candles.upsert('TOUCH', '1h', hours);
    const levels = [103.5, 104.5, 102.5];
    for (const level of levels)
      await storage.askedOdds.add(sampleOdds({ symbol: 'TOUCH', level, originMs, targetMs }), originMs);
    const end = (touched: boolean | null) =>
      ({ kind: 'outcome', actualPrice: 100, source: 'binance 1h', touched }) as const;
    const numbers = [4, 5, 6];
    const ends = [true, false, true].map((touched, i) => ({ number: numbers[i]!, event: end(touched) }));
    await storage.askedOdds.end(ends, START_MS + DAY_MS);
    await storage.close();
    const into = join(folder, 'touched');
    await write(`sqlite:${place}`, into);
    const lines = rowsOf('candles', into).filter(({ symbol }) => symbol === 'TOUCH');
    expect(lines.map(({ high }) => high)).toEqual(hours.map(({ high }) => high));
    expect(
      rowsOf('candles', into)
        .filter(({ symbol }) => symbol === 'M')
        .every((row) => !('high' in row)),
    ).toBe(true);
    const { stdout, stderr } = verify(script, into);
    expect(stderr).toBe('');
    expect(stdout).toContain('3 of these touches were compared with all highs and lows on the way');

    /** The export with the last odds that ended, or their hours, changed. */
    const said = (at: number, change: (row: Row) => Row) => {
      const copy = mkdtempSync(join(folder, 'touch-'));
      cpSync(into, copy, { recursive: true });
      const name = join(copy, 'odds.jsonl');
      const rows = readFileSync(name, 'utf8').trimEnd().split('\n');
      writeFileSync(
        name,
        rewritten(
          at,
          change,
        )(rows)
          .map((line) => `${line}\n`)
          .join(''),
      );
      return fault(copy);
    };
    const touched = (from: boolean, to: boolean | null) => (row: Row) => ({
      ...row,
      body: String(row['body']).replace(`"touched":${from}`, `"touched":${to}`),
    });
    expect(said(6, touched(true, false))).toEqual(wrong('odds.jsonl line 7: touched is false, and candles.jsonl line'));
    expect(said(7, touched(false, true))).toEqual(
      wrong('odds.jsonl line 8: touched is true, and no hour in candles.jsonl reaches the level'),
    );
    const price = (row: Row) => ({
      ...row,
      body: String(row['body']).replace('"actualPrice":100', '"actualPrice":101'),
    });
    expect(said(6, price)).toEqual(wrong('odds.jsonl line 7: its price is 101, and the close in candles.jsonl line'));
  });

  it('names odds that were changed, written too late, or ended twice', () => {
    const more = replaced(1, (line) => line.replace('0.2', '0.3'));
    expect(fault(forged('odds', more))).toEqual(wrong('odds.jsonl line 2: it has been changed'));
    const late = rewritten(1, (row) => ({ ...row, atMs: START_MS + DAY_MS }));
    expect(fault(forged('odds', late))).toEqual(wrong('odds.jsonl line 2: it was not written between'));
    const early = rewritten(2, (row) => ({ ...row, atMs: START_MS }));
    expect(fault(forged('odds', early))).toEqual(wrong('odds.jsonl line 3: it was written before its target'));
    const other = rewritten(2, (row) => ({ ...row, odds: 7 }));
    expect(fault(forged('odds', other))).toEqual(wrong('odds.jsonl line 3: it ends what is not there'));
    expect(fault(forged('odds', (lines) => lines.slice(0, 2)))).toEqual(
      wrong('checkpoints.jsonl line 5: it names row 3 of the odds, which end at row 2'),
    );
  });

  it('reads a compressed export, and names what is wrong with it', async () => {
    const into = join(folder, 'packed to verify');
    await write(url, into, undefined, true);
    const plain = verify(script, '--head', head());
    expect(verify(script, into, '--head', head())).toEqual(plain);
    const outcomes = join(into, 'outcomes.jsonl.gz');
    const text = gunzipSync(readFileSync(outcomes)).toString('utf8');
    writeFileSync(outcomes, gzipSync(text.replace('"revision":0', '"revision":1')));
    expect(fault(into)).toEqual(wrong('outcomes.jsonl line 1: it has been changed'));
    writeFileSync(outcomes, gzipSync(text).subarray(0, -50));
    expect(fault(into)).toEqual(wrong(''));
    writeFileSync(outcomes, gzipSync(text));
    const candles = join(into, 'candles.jsonl.gz');
    writeFileSync(candles, gzipSync(gunzipSync(readFileSync(candles)), { level: 1 }));
    expect(fault(into)).toEqual(wrong('candles.jsonl is not the file that manifest.json names'));
  });

  it('reads an export without a row, compressed or not', async () => {
    const empty = join(folder, 'empty.db');
    const storage = await openStorage(`sqlite:${empty}`, { now: () => RECORD_END_MS });
    await storage.close();
    await write(`sqlite:${empty}`, join(folder, 'empty'));
    expect(verify(join(folder, 'empty', 'verify.py'))).toMatchObject({ status: 0, stderr: '' });
    await write(`sqlite:${empty}`, join(folder, 'empty'), undefined, true);
    expect(verify(join(folder, 'empty', 'verify.py'))).toMatchObject({ status: 0, stderr: '' });
  });

  it('names the row whose score was changed, every kind of score', () => {
    const scores = ['logReturn', 'pinball', 'climatologyPinball', 'absoluteError', 'naiveScale', 'brier', 'level'];
    const at = lineAt((row) => row['naiveScale'] !== null && row['sequence'] === 717, 'outcomes');
    for (const key of scores) {
      const forgery = forged(
        'outcomes',
        rewritten(at, (row) => ({ ...row, [key]: Number(row[key]) * (1 + 1e-8) })),
      );
      expect(fault(forgery)).toEqual(wrong(`outcomes.jsonl line ${at + 1}: ${key} is `));
    }
    const flipped = forged(
      'outcomes',
      rewritten(at, (row) => ({ ...row, directionHit: !row['directionHit'] })),
    );
    expect(fault(flipped)).toEqual(wrong(`outcomes.jsonl line ${at + 1}: directionHit is `));
    const wider = forged(
      'outcomes',
      rewritten(at, (row) => ({ ...row, band: row['band'] === 50 ? 80 : 50 })),
    );
    expect(fault(wider)).toEqual(wrong(`outcomes.jsonl line ${at + 1}: band is `));
  });

  it('names the row that was changed, removed, moved or cut off', () => {
    const one = 'forecasts.jsonl line 12: ';
    expect(
      fault(
        forged(
          'forecasts',
          replaced(11, (line) => line.replace('"pUp":0.', '"pUp":0.9')),
        ),
      ),
    ).toEqual(wrong(`${one}it has been changed`));
    expect(fault(forged('forecasts', (lines) => lines.filter((_, i) => i !== 11)))).toEqual(wrong(`${one}row 13 `));
    expect(
      fault(forged('forecasts', ([...lines]) => [...lines.slice(0, 11), lines[12]!, lines[11]!, ...lines.slice(13)])),
    ).toEqual(wrong(`${one}row 13 `));
    expect(
      fault(
        forged(
          'forecasts',
          replaced(11, () => '{"sequence":12}'),
        ),
      ),
    ).toEqual(wrong(`${one}it has not the keys`));
    expect(
      fault(
        forged(
          'forecasts',
          replaced(11, () => 'nothing'),
        ),
      ),
    ).toEqual(wrong(`${one}it cannot be read`));
    expect(fault(forged('forecasts', (lines) => lines.slice(0, -20)))).toEqual(
      wrong('outcomes.jsonl line 39: there is no forecast 736'),
    );
    expect(fault(forged('outcomes', (lines) => lines.slice(0, -20)))).toEqual(
      wrong('checkpoints.jsonl line 4: it names row 58 of the outcomes, which end at row 38'),
    );
    expect(fault(forged('checkpoints', (lines) => lines.slice(0, -1)))).toEqual(wrong('checkpoints.jsonl has 4 rows'));
  });

  it('names the first row after one whose own hash alone was made again', () => {
    const alone = replaced(11, (line) => rehashed({ ...(JSON.parse(line) as Row), pUp: 0.9 }));
    expect(fault(forged('forecasts', alone))).toEqual(
      wrong('forecasts.jsonl line 13: it does not follow the row before it'),
    );
  });

  it('names the checkpoint that a chain which was made anew does not lead through, and knows no old head of a record that was all made anew', () => {
    const anew = rewritten(714, (row) => ({ ...row, model: 'better' }));
    expect(fault(forged('forecasts', anew))).toEqual(
      wrong('checkpoints.jsonl line 3: it names another row 715 of the forecasts'),
    );
    expect(fault('--head', '0123456789abcdef0123')).toEqual(
      wrong('--head 0123456789abcdef0123: this record never had that head'),
    );
    expect(fault('--head', head().slice(0, 4))).toEqual(wrong('--head'));
  });

  it('names an outcome whose price is not the close, however well its scores and hashes fit, and a close that was changed', () => {
    const at = lineAt((row) => row['sequence'] === 740, 'outcomes');
    const { hash: _, ...forecast } = rowsOf('forecasts')[739]!;
    const better = scoreForecast(forecast as never, {
      actualPrice: 100.123,
      source: 'binance',
      scoredAtMs: 0,
      revision: 0,
    });
    const forgery = forged(
      'outcomes',
      rewritten(
        at,
        (row) => Object.fromEntries(Object.entries({ ...row, ...better, scoredAtMs: row['scoredAtMs'] })) as Row,
      ),
    );
    // Somebody who makes all checkpoints anew, too.
    const outcomes = rowsOf('outcomes', forgery);
    const name = join(forgery, 'checkpoints.jsonl');
    const lines = readFileSync(name, 'utf8').trimEnd().split('\n');
    const remake = (row: Row) => ({ ...row, outcomesHash: outcomes.at(-1)!.hash });
    const remade = rewritten(4, remake)(rewritten(3, remake)(lines));
    writeFileSync(name, remade.map((line) => `${line}\n`).join(''));
    expect(fault(forgery)).toEqual(
      wrong(`outcomes.jsonl line ${at + 1}: its price is 100.123, and the close in candles.jsonl line`),
    );

    const close = lineAt((row) => row['symbol'] === 'BTC' && row['interval'] === '1h', 'candles') + 5;
    const changed = forged(
      'candles',
      replaced(close, (line) => line.replace(/"close":[0-9.]+/, '"close":101.5')),
    );
    expect(fault(changed)).toEqual(
      wrong(`outcomes.jsonl line 24: its price is 100.5, and the close in candles.jsonl line ${close + 1} is 101.5`),
    );
  });

  it('takes no candle for wrong that was corrected after the last scores were written, while its source may do so', async () => {
    const place = join(folder, 'corrected.db');
    copyFileSync(path, place);
    const storage = await openStorage(`sqlite:${place}`, { now: () => RECORD_END_MS });
    const forecast = rowsOf('forecasts')[754]!;
    const targetMs = Number(forecast['targetMs']);
    const [candle] = await storage.candles.range('BTC', '1h', targetMs - 3_600_000, targetMs - 3_600_000);
    const correct = (afterMs: number) =>
      storage.candles.upsert('BTC', '1h', [{ ...candle!, close: 100.01, fetchedAtMs: targetMs + afterMs }]);
    await correct(3_600_000);
    const into = join(folder, 'corrected');
    await write(`sqlite:${place}`, into);
    const { status, stdout } = verify(script, into);
    expect(status).toBe(0);
    expect(stdout).toContain('1 have a candle that was corrected since');
    // Of another exchange, which differs a little; nothing is equal to a price three times as high.
    const fetchedAtMs = targetMs + 2 * 86_400_000;
    const kraken = (close: number) =>
      storage.candles.upsert('BTC', '1h', [
        { ...candle!, close, source: 'kraken', fetchedAtMs: fetchedAtMs + Math.ceil(close) },
      ]);
    await kraken(100.5);
    await write(`sqlite:${place}`, into);
    expect(verify(script, into).stdout).toContain('1 have a candle of another source now, at most 0.1');
    await kraken(400);
    await write(`sqlite:${place}`, into);
    expect(fault(into)).toEqual(wrong('outcomes.jsonl line 58: its price is'));
    // Too late for a correction.
    await correct(4 * 86_400_000);
    await storage.close();
    await write(`sqlite:${place}`, into);
    expect(fault(into)).toEqual(wrong('outcomes.jsonl line 58: its price is'));
  });

  it('names forecasts and outcomes that were written at another time than they may', () => {
    const scheduled = lineAt((row) => row['sequence'] === 720, 'forecasts');
    for (const [key, byMs, words] of [
      ['issuedAtMs', 15 * 60_000, 'it was written too late'],
      ['issuedAtMs', -60_000, 'it was not written between'],
      ['issuedAtMs', 3_600_000, 'it was not written between'],
    ] as const) {
      const forgery = forged(
        'forecasts',
        rewritten(scheduled, (row) => ({ ...row, [key]: Number(row[key]) + byMs })),
      );
      expect(fault(forgery)).toEqual(wrong(`forecasts.jsonl line 720: ${words}`));
    }
    const early = forged(
      'outcomes',
      rewritten(30, (row) => ({ ...row, scoredAtMs: Number(row['scoredAtMs']) - 600_000 })),
    );
    expect(fault(early)).toEqual(wrong('outcomes.jsonl line 31: it was written before its target'));
    const skipped = forged(
      'outcomes',
      rewritten(30, (row) => ({ ...row, revision: 1 })),
    );
    expect(fault(skipped)).toEqual(
      wrong('outcomes.jsonl line 31: it is revision 1 of its forecast, where 0 should come'),
    );
    const mark = forged(
      'marks',
      rewritten(1, (row) => ({ ...row, sequence: 3 })),
    );
    expect(fault(mark)).toEqual(wrong('marks.jsonl line 2: it belongs to no forecast'));
  });
});

describeInPostgres('an export from PostgreSQL', (server) => {
  it('is the same as from SQLite, but for the names that chance gives to members', async () => {
    const address = await server().createDatabase();
    await fillRecord(address, openPostgres(address, 'the test database', silentLogger));
    await askAndCall(address);
    const into = join(folder, 'postgres');
    await write(address, into);
    const chance = ['calls.jsonl', 'checkpoints.jsonl', 'manifest.json'];
    for (const name of readdirSync(whole).filter((one) => !chance.includes(one)))
      expect(readFileSync(join(into, name)).equals(readFileSync(join(whole, name))), name).toBe(true);
    const called = (of: string) =>
      rowsOf('calls', of).map(({ number, atMs, body, call }) => ({ number, atMs, body, call }));
    expect(called(into)).toEqual(called(whole));
    expect(rowsOf('checkpoints', into).slice(0, -1)).toEqual(rowsOf('checkpoints', whole).slice(0, -1));
  });
});
