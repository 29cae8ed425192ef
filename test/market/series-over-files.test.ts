import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { Candle } from '../../src/core/candle.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { DAY_MS } from '../../src/core/time.ts';
import { createMarketGateway } from '../../src/market/failover.ts';
import { createMarketService } from '../../src/market/series.ts';
import { createCsvFolderSource } from '../../src/sources/market/csv-folder.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { START_MS, walk } from '../support/candles.ts';

const dir = mkdtempSync(join(tmpdir(), 'candlecast-csv-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const row = ({ openTimeMs, open, high, low, close, volume }: Candle) =>
  [new Date(openTimeMs).toISOString(), open, high, low, close, volume].join(',');

it('a folder of files, the real gateway and a real database give the last candles of the file', async () => {
  const history = walk(300).filter((_, index) => index !== 290);
  mkdirSync(join(dir, '1d'));
  const csv = ['timestamp,open,high,low,close,volume', ...history.map(row)].join('\n');
  writeFileSync(join(dir, '1d', 'BTC.csv'), `${csv}\n`);
  const now = () => START_MS + 2_000 * DAY_MS;
  const storage = await openStorage('sqlite::memory:', { now, market: 'csv' });
  const gateway = createMarketGateway({ sources: [createCsvFolderSource({ dir, now })], now, logger: silentLogger });
  const market = createMarketService({
    gateway,
    candles: storage.candles,
    unconfirmed: storage.unconfirmed,
    symbols: [],
    now,
    logger: silentLogger,
  });

  const series = await market.series({ symbol: 'BTC', interval: '1d', candles: 200 });
  expect(series.candles.map(({ close }) => close)).toEqual(history.slice(-199).map(({ close }) => close));
  expect(series.gaps).toEqual([{ fromMs: START_MS + 290 * DAY_MS, toMs: START_MS + 290 * DAY_MS, missing: 1 }]);
  expect(series).toMatchObject({ source: 'csv', failures: [] });
  expect(await market.isStatic('BTC', '1d')).toBe(true);
  await expect(market.series({ symbol: 'ETH', interval: '1d', candles: 200 })).rejects.toMatchObject({
    code: 'CC_UNKNOWN_SYMBOL',
  });
  await storage.close();
});
