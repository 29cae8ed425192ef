import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { silentLogger } from '../../../src/core/logger.ts';
import { DAY_MS } from '../../../src/core/time.ts';
import { createMarketGateway } from '../../../src/market/failover.ts';
import { createUnstoredCoins } from '../../../src/services/universe/training-coins.ts';
import { createCsvFolderSource } from '../../../src/sources/market/csv-folder.ts';
import { START_MS, walk } from '../../support/candles.ts';

const NOW_MS = START_MS + 400 * DAY_MS;

/** A folder with files of coins, each with that volume a day. */
function folder(volumes: Readonly<Record<string, number>>) {
  const dir = mkdtempSync(join(tmpdir(), 'coins-'));
  for (const [symbol, volume] of Object.entries(volumes)) {
    const lines = walk(100).map((c) => [c.openTimeMs, c.open, c.high, c.low, c.close, volume].join(','));
    writeFileSync(join(dir, `${symbol}.csv`), `time,open,high,low,close,volume\n${lines.join('\n')}\n`);
  }
  const source = createCsvFolderSource({ dir, now: () => NOW_MS });
  const gateway = createMarketGateway({ sources: [source], now: () => NOW_MS, logger: silentLogger });
  return (tracked: readonly string[], wanted: number) =>
    createUnstoredCoins({
      sources: [source],
      gateway,
      tracked,
      wanted: { '1d': wanted, '1h': wanted },
      known: () => new Map(),
      now: () => NOW_MS,
    });
}

it('coins of a folder are the tracked ones, Bitcoin first, then the most traded, up to the end of their files', async () => {
  const coins = folder({ ETH: 10, BTC: 20, AAA: 5, BBB: 90, USDT: 99, CCC: 1 });
  const universe = coins(['ETH', 'BTC'], 4);
  const symbols = async (interval: '1d' | '1h', of = universe) => (await of.list(interval)).map(({ symbol }) => symbol);
  expect(await symbols('1d')).toEqual(['BTC', 'ETH', 'BBB', 'AAA']);
  expect(await symbols('1d', coins(['ETH', 'BTC'], 0))).toEqual(['BTC', 'ETH']);
  const { candles } = await universe.read('BBB', '1d', 30);
  expect(candles).toHaveLength(30);
  expect(candles.at(-1)?.openTimeMs).toBe(START_MS + 99 * DAY_MS);
  await expect(universe.read('NONE', '1d', 30)).rejects.toMatchObject({ code: 'CC_UNKNOWN_SYMBOL' });
});
