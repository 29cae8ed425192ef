import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KNOWN_ASSETS } from '../../../src/core/asset.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { exportRecord } from '../../../src/services/record/export-record.ts';
import { createRecordPartService, type RecordPartParts } from '../../../src/services/record/record-part.ts';
import { openStorage, type Storage } from '../../../src/storage/open-storage.ts';
import { openPostgres } from '../../../src/storage/postgres.ts';
import { readRecord } from '../../../src/storage/read-record.ts';
import { openSqlite } from '../../../src/storage/sqlite.ts';
import { describeInPostgres } from '../../support/postgres.ts';
import { fillRecord, RECORD_END_MS } from '../../support/record.ts';
import { sampleSubscription } from '../../support/subscriptions.ts';

const verifier = readFileSync(new URL('../../../open-data/verify.py', import.meta.url));
const python = spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 8))']).status === 0;
const folder = mkdtempSync(join(tmpdir(), 'candlecast-part-'));
const script = join(folder, 'verify.py');
writeFileSync(script, verifier);
const now = () => RECORD_END_MS;
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Line = Record<string, unknown>;

/** The lines of a part: what its first says, and the rows. */
function read(data: Uint8Array): { head: Line; lines: string[]; rows: Line[] } {
  const [head, ...lines] = gunzipSync(data).toString('utf8').trimEnd().split('\n');
  return { head: JSON.parse(head!) as Line, lines, rows: lines.map((line) => JSON.parse(line) as Line) };
}

function verify(data: Uint8Array) {
  const path = join(folder, 'part.jsonl.gz');
  writeFileSync(path, data);
  const { status, stdout, stderr } = spawnSync('python3', [script, path], { encoding: 'utf8' });
  return { status, stdout, stderr: stderr.trim() };
}

function describeParts(make: () => Promise<{ readonly url: string; fill(): Promise<void> }>): void {
  let storage: Storage;
  let url: string;
  beforeAll(async () => {
    const place = await make();
    url = place.url;
    await place.fill();
    storage = await openStorage(url, { now });
  });
  afterAll(() => storage.close());

  const service = (overrides: Partial<RecordPartParts> = {}) =>
    createRecordPartService({
      record: storage.recordParts,
      subscriptions: storage.subscriptions,
      assets: { resolve: (text) => ({ ...KNOWN_ASSETS[0]!, symbol: text }) },
      verifier: async () => verifier,
      simulated: () => false,
      now,
      ...overrides,
    });

  it('holds the lines of the whole export that belong to a coin, its marks and outcomes and the newest checkpoint', async () => {
    const into = join(folder, crypto.randomUUID());
    await readRecord(url, (record) =>
      exportRecord({
        folder: into,
        record,
        texts: { 'README.md': '', 'verify.py': '' },
        version: '0',
        nowMs: RECORD_END_MS,
      }),
    );
    const all = (file: string) =>
      readFileSync(join(into, `${file}.jsonl`), 'utf8')
        .trimEnd()
        .split('\n');
    for (const symbol of ['M', 'L', 'P1', 'BTC']) {
      const part = await service().part({ symbol }, null);
      const own = all('forecasts').filter((line) => (JSON.parse(line) as Line)['symbol'] === symbol);
      const numbers = new Set(own.map((line) => (JSON.parse(line) as Line)['sequence']));
      const belongs = (line: string) => numbers.has((JSON.parse(line) as Line)['sequence']);
      const expected = [...own, ...all('marks').filter(belongs), ...all('outcomes').filter(belongs)];
      const { head, lines } = read(part.data);
      expect(lines).toEqual([...expected, all('checkpoints').at(-1)]);
      expect(head).toMatchObject({ format: 2, kind: 'candlecast-record-part', symbols: [symbol], complete: true });
      expect(part).toMatchObject({ forecasts: own.length, ofServer: false, cutBeforeMs: null });
      expect(part.scored).toBeGreaterThan(0);
    }
  });

  it.skipIf(!python)(
    'is verified by the script that comes with it, which names the line that was changed',
    async () => {
      const { data, verifier: own } = await service().part({ symbol: 'BTC' }, null);
      expect(Buffer.from(own).equals(verifier)).toBe(true);
      const { status, stdout, stderr } = verify(data);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout).toMatch(/forecasts +41\nmarks +1\noutcomes +42\ncheckpoints +1\n/);
      const text = gunzipSync(data).toString('utf8');
      expect(verify(gzipSync(text.replace('"directionHit":true', '"directionHit":false')))).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(/^WRONG: line \d+: it has been changed/),
      });
      const lines = text.split('\n');
      const swapped = [...lines.slice(0, 5), lines[6], lines[5], ...lines.slice(7)].join('\n');
      expect(verify(gzipSync(swapped)).stderr).toContain('WRONG: line 7: row ');
    },
  );

  it('holds the coins of a server’s subscriptions, of the days, horizon and model asked for, and nothing about the server', async () => {
    const subscription = sampleSubscription();
    await storage.subscriptions.insert({ ...subscription, symbols: ['L', 'M'] }, 10);
    const { head, rows } = read((await service().part({}, subscription.guildId)).data);
    expect(head['symbols']).toEqual(['L', 'M']);
    expect(new Set(rows.map((row) => row['symbol']).filter((symbol) => symbol !== undefined))).toEqual(
      new Set(['L', 'M']),
    );
    const text = JSON.stringify([head, rows]);
    for (const id of [subscription.guildId, subscription.channelId, subscription.createdBy, subscription.id]) {
      expect(text).not.toContain(id);
    }
    const counts = async (query: object) => (await service().part({ symbol: 'L', ...query }, null)).forecasts;
    expect(await counts({})).toBe(4);
    expect(await counts({ horizon: '4h' })).toBe(2);
    expect(await counts({ horizon: '1d', model: '1d-2024-01-01' })).toBe(2);
    expect(await counts({ model: 'other' })).toBe(0);
    expect(await counts({ days: 7 })).toBe(0);
  });

  it('asks for a coin where there are no subscriptions', async () => {
    await expect(service().part({}, null)).rejects.toMatchObject({ code: 'CC_USAGE' });
    await expect(service().part({}, '404')).rejects.toMatchObject({ code: 'CC_USAGE' });
  });

  it('keeps the newest forecasts that fit into a message and says from when they are', async () => {
    const whole = await service().part({ symbol: 'BTC' }, null);
    const part = await service({ maxLength: 20_000 }).part({ symbol: 'BTC' }, null);
    expect(part.forecasts).toBeGreaterThan(5);
    expect(part.forecasts).toBeLessThan(whole.forecasts);
    const { head, rows } = read(part.data);
    const origins = rows.flatMap((row) => (row['originMs'] === undefined ? [] : [Number(row['originMs'])]));
    expect(part.cutBeforeMs).toBe(Math.min(...origins));
    expect(head).toMatchObject({ complete: false, fromMs: part.cutBeforeMs });
    const all = read(whole.data).rows.flatMap((row) =>
      row['originMs'] === undefined ? [] : [Number(row['originMs'])],
    );
    expect(Math.max(...origins)).toBe(Math.max(...all));
    if (python) expect(verify(part.data)).toMatchObject({ status: 0 });
  });
}

describe('a part of the record', () => {
  describeParts(async () => {
    const path = join(folder, 'record.db');
    return { url: `sqlite:${path}`, fill: () => fillRecord(`sqlite:${path}`, openSqlite(path, 'the test database')) };
  });
});

describeInPostgres('a part of the record in PostgreSQL', (server) => {
  describeParts(async () => {
    const url = await server().createDatabase();
    return { url, fill: () => fillRecord(url, openPostgres(url, 'the test database', silentLogger)) };
  });
});
