import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openStorage } from '../../src/storage/open-storage.ts';
import { describeStorage } from '../contracts/storage.ts';
import { START_MS, sourced, walk } from '../support/candles.ts';

const folder = mkdtempSync(join(tmpdir(), 'candlecast-sqlite-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const now = () => START_MS;

describe('storage in a SQLite file', () => {
  describeStorage(() => openStorage(`sqlite:${join(folder, 'made/on/demand/candlecast.db')}`, { now }));
});

describe('storage of a market that is not live', () => {
  it('keeps its candles apart from the database and refuses those of another market', async () => {
    const url = `sqlite:${join(folder, 'shared.db')}`;
    const live = await openStorage(url, { now });
    const simulated = await openStorage(url, { now, market: 'simulated' });
    await live.candles.upsert('BTC', '1d', sourced(walk(3)));
    await simulated.candles.upsert('BTC', '1d', sourced(walk(5), 'simulated'));
    expect(await live.candles.range('BTC', '1d', 0, START_MS * 2)).toHaveLength(3);
    expect(await simulated.candles.range('BTC', '1d', 0, START_MS * 2)).toHaveLength(5);
    await expect(simulated.candles.upsert('BTC', '1d', sourced(walk(1)))).rejects.toMatchObject({
      code: 'CC_CONFIG_INVALID',
    });
    await live.assets.replaceAll([{ symbol: 'X', name: 'X', rank: 1, marketCapUsd: 1, stablecoin: false }], 5);
    expect((await simulated.assets.all())?.fetchedAtMs).toBe(5);
    await simulated.close();
    await live.close();
  });

  it('forgets csv candles when it is closed, so that a changed file is read anew', async () => {
    const url = 'sqlite::memory:';
    const first = await openStorage(url, { now, market: 'csv' });
    await first.candles.upsert('BTC', '1d', sourced(walk(3), 'csv:/some/folder'));
    expect(await first.candles.count()).toBe(3);
    await first.close();
    const second = await openStorage(url, { now, market: 'csv' });
    expect(await second.candles.count()).toBe(0);
    await second.close();
  });
});
