import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'libsql';
import { afterAll, expect, it } from 'vitest';
import { runDoctor } from '../../src/cli/doctor.ts';
import { runRecord } from '../../src/cli/record.ts';
import { givenSettings, loadConfig } from '../../src/config.ts';
import { silentLogger } from '../../src/core/logger.ts';
import type { DoctorReport } from '../../src/core/status.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { sampleCall } from '../contracts/calls.ts';
import { sampleOdds } from '../contracts/odds.ts';

const TRIGGER =
  'The trigger call_events_no_update of the database, which keeps rows of the record from being changed, is missing.';
const folder = mkdtempSync(join(tmpdir(), 'candlecast-calls-'));
const path = join(folder, 'calls.db');
const environment = { MARKET_SOURCES: 'simulated', DATABASE_URL: `sqlite:${path}` };
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the doctor says of the calls, and what `record verify` says. */
async function examined() {
  const texts = { doctor: '', verify: '', json: '' };
  const into = (name: keyof typeof texts) => ({
    write: (text: string) => {
      texts[name] += text;
    },
  });
  const shared = { version: '0.1.0', now: () => 0 };
  await runDoctor({
    ...shared,
    args: ['--json', '-'],
    settings: () => loadConfig({}, environment),
    given: () => givenSettings(environment),
    logger: () => silentLogger,
    models: async () => [],
    node: 'v20.19.0',
    sleep: () => Promise.resolve(),
    random: () => 0.5,
    out: into('doctor'),
    limitMs: 20_000,
  });
  const verify = (name: 'verify' | 'json', args: readonly string[]) =>
    runRecord({
      ...shared,
      args: ['verify', ...args],
      config: loadConfig({}, environment),
      logger: silentLogger,
      out: into(name),
      progress: { write: () => undefined },
      signal: new AbortController().signal,
    });
  const code = await verify('verify', []);
  await verify('json', ['--json', '-']);
  const { checks } = JSON.parse(texts.doctor) as DoctorReport;
  const { faults } = JSON.parse(texts.json) as { faults: readonly { readonly text: string }[] };
  return { code, text: texts.verify, faults, check: checks.find(({ name }) => name === 'ledger') };
}

it('the doctor and the verification of the record walk members’ calls and odds, and name the first row that was changed', async () => {
  const storage = await openStorage(environment.DATABASE_URL, { now: () => 0 });
  for (const symbol of ['BTC', 'ETH']) {
    await storage.calls.add({ guildId: 'g', userId: 'ann' }, sampleCall({ symbol }), 1);
  }
  await storage.askedOdds.add(sampleOdds(), 1);
  await storage.close();
  const right = await examined();
  expect(right.check).toMatchObject({ state: 'ok' });
  expect(right.code).toBe(0);
  expect(right.text).toContain("2 rows of members' calls, 1 row of odds and 0 checkpoints in unbroken chains");
  expect(right.faults).toEqual([]);

  const database = new Sqlite(path);
  database.exec('drop trigger call_events_no_update');
  database.exec(`update call_events set body = replace(body, '"pUp":0.7', '"pUp":0.9') where number = 2`);
  database.close();
  const wrong = await examined();
  const problem = 'Row 2 of the calls has been changed.';
  expect(wrong.check).toMatchObject({ state: 'failed', message: `The record is broken. ${problem} ${TRIGGER}` });
  expect(wrong.code).toBe(1);
  expect(wrong.text.split('\n')[0]).toBe(problem);
  expect(wrong.text).toContain('docs/backup.md');
  expect(wrong.faults).toContainEqual({ in: 'calls', number: 2, text: problem });

  const again = new Sqlite(path);
  again.exec('drop trigger odds_events_no_update');
  again.exec(`update odds_events set body = replace(body, '"above":0.2', '"above":0.3')`);
  again.close();
  expect((await examined()).text.split('\n').slice(0, 2)).toEqual([problem, 'Row 1 of the odds has been changed.']);
}, 60_000);
