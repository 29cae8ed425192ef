import { afterEach, describe, expect, it } from 'vitest';
import { type RunningConsole, startConsole } from '../../src/console/server.ts';
import { silentLogger } from '../../src/core/logger.ts';
import type { PublicRecord } from '../../src/core/public-record.ts';
import { DAY_MS } from '../../src/core/time.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { START_MS } from '../support/candles.ts';
import { fakeContext } from '../support/console/fake-context.ts';
import { publicRecordOf } from '../support/public-record.ts';

let running: RunningConsole | null = null;
let nowMs = START_MS;
afterEach(() => running?.close());

async function serve(publicRecord?: () => Promise<PublicRecord>): Promise<string> {
  running = await startConsole({
    port: 0,
    context: { ...fakeContext({}), now: () => nowMs },
    commands: [],
    components: [],
    logger: silentLogger,
    ...(publicRecord ? { publicRecord } : {}),
  });
  return running.url;
}

async function emptyRecord(): Promise<PublicRecord> {
  const storage = await openStorage('sqlite::memory:', { now: () => nowMs });
  const record = await publicRecordOf({ storage, clock: { nowMs }, close: () => 1 });
  await storage.close();
  return record;
}

describe('/record in the console', () => {
  it('serves the page with its files under the strict policy, made once a minute', async () => {
    let made = 0;
    const url = await serve(() => {
      made++;
      return emptyRecord();
    });
    const page = await fetch(`${url}/record`);
    expect(page.url).toBe(`${url}/record/`);
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(await page.text()).toContain('<h1>Track record</h1>');
    for (const [name, type] of [
      ['style.css', 'text/css'],
      ['page.js', 'text/javascript'],
      ['figures.json', 'application/json'],
      ['inter-400.ttf', 'font/ttf'],
    ]) {
      const file = await fetch(`${url}/record/${name}`);
      expect([file.status, file.headers.get('content-type')]).toEqual([200, expect.stringContaining(type!)]);
    }
    expect((await fetch(`${url}/record/other`)).status).toBe(404);
    expect((await fetch(`${url}/record/`)).status).toBe(200);
    expect(made).toBe(1);
    nowMs += DAY_MS;
    await fetch(`${url}/record/`);
    expect(made).toBe(2);
  });

  it('says that it fails, tries again, and is not there without a record', async () => {
    let fails = true;
    const url = await serve(async () => {
      if (fails) throw new Error('no database');
      return emptyRecord();
    });
    expect((await fetch(`${url}/record/`)).status).toBe(500);
    fails = false;
    expect((await fetch(`${url}/record/`)).status).toBe(200);
    await running!.close();
    expect((await fetch(`${await serve()}/record/`)).status).toBe(404);
  });
});
