import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import type { UnissuedForecast } from '../../src/core/ledger.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { describeLedger } from '../contracts/ledger.ts';
import { START_MS } from '../support/candles.ts';
import { unissued } from '../support/ledger.ts';
import { sqliteFolder } from '../support/sqlite-files.ts';

const TABLES = ['ledger', 'ledger_marks', 'outcomes'];
const folder = sqliteFolder();
afterAll(folder.remove);

/** A SQLite file of its own. */
async function sqliteDatabase() {
  const { url, run, disarm } = folder.next();
  return {
    url,
    open: (now: () => number) => openStorage(url, { now }),
    run,
    writeElsewhere: async (forecasts: readonly UnissuedForecast[], nowMs: number) => {
      const script = `
        const { openStorage } = await import(${JSON.stringify(new URL('../../dist/storage/open-storage.js', import.meta.url).href)});
        const storage = await openStorage(process.argv[1], { now: () => ${nowMs} });
        for (const forecast of ${JSON.stringify(forecasts)}) await storage.ledger.append([forecast], 'scheduled');
        await storage.close();`;
      await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script, url]);
    },
    disarm: () => disarm(TABLES),
  };
}

describe('in a SQLite file', () => {
  describeLedger(sqliteDatabase);

  it('refuses INSERT OR REPLACE too, which asks no delete trigger', async () => {
    const database = await sqliteDatabase();
    const storage = await database.open(() => START_MS);
    await storage.ledger.append([unissued()], 'scheduled');
    const columns =
      'cause, symbol, interval, horizon, origin_ms, target_ms, last_price, quantiles, p_up, climatology, model, source, sentiment_share, issued_at_ms, hash';
    for (const sequence of [1, 2]) {
      const replace = `insert or replace into ledger (sequence, ${columns}) select ${sequence}, ${columns} from ledger`;
      await expect(database.run(replace)).rejects.toThrow(/append-only/);
    }
    await storage.close();
  });

  it('keeps forecasts from files and simulations away from the live ledger', async () => {
    const database = await sqliteDatabase();
    const live = await database.open(() => START_MS);
    await live.close();
    for (const market of ['csv', 'simulated'] as const) {
      const other = await openStorage(database.url, { now: () => START_MS, market });
      await other.ledger.append([unissued()], 'scheduled');
      await other.close();
    }
    const again = await database.open(() => START_MS);
    expect(await again.ledger.head()).toBeNull();
    await again.close();
  });
});
