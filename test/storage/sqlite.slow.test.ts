import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { HOUR_MS } from '../../src/core/time.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { describeProcesses } from '../contracts/processes.ts';
import { describeStorage } from '../contracts/storage.ts';
import { START_MS, sourced, walk } from '../support/candles.ts';
import { unconfirmedPrice } from '../support/unconfirmed.ts';

const folder = mkdtempSync(join(tmpdir(), 'candlecast-sqlite-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const now = () => START_MS;

describe('storage in a SQLite file', () => {
  describeStorage(() => openStorage(`sqlite:${join(folder, 'made/on/demand/candlecast.db')}`, { now }));
  describeProcesses(() => openStorage(`sqlite:${join(folder, 'processes.db')}`, { now }));
});

it.skipIf(process.platform === 'win32')('is made, with its folders, for this user alone', async () => {
  const storage = await openStorage(`sqlite:${join(folder, 'own/data/candlecast.db')}`, { now });
  await storage.keyValueStore.set('a', '1');
  const mode = (path: string) => (statSync(join(folder, path)).mode & 0o777).toString(8);
  expect(['own', 'own/data', 'own/data/candlecast.db', 'own/data/candlecast.db-wal'].map(mode)).toEqual([
    '700',
    '700',
    '600',
    '600',
  ]);
  await storage.close();
});

describe('what is kept in memory of a SQLite file', () => {
  const CANDLES = 300;
  const all = [START_MS, START_MS + CANDLES * HOUR_MS] as const;

  it('is read again once another process has written', async () => {
    const url = `sqlite:${join(folder, 'two-processes.db')}`;
    const [own, other] = [await openStorage(url, { now }), await openStorage(url, { now })];
    const closes = async () => (await own.candles.range('BTC', '1h', ...all)).map(({ close }) => close);
    // Whatever the program writes, it learns on the way that others have.
    const write = () => own.leases.acquire('a', 'me', START_MS, START_MS + 1);
    await own.candles.upsert('BTC', '1h', sourced(walk(CANDLES, '1h')));
    await write();
    const before = await closes();
    expect(before).toHaveLength(CANDLES);
    expect(await own.unconfirmed.get('BTC', '1h')).toBeNull();

    const changed = sourced(walk(CANDLES, '1h')).map((one) => ({
      ...one,
      fetchedAtMs: one.fetchedAtMs + 1,
      close: one.open,
    }));
    const doubted = unconfirmedPrice('BTC', '1h', START_MS);
    await other.candles.upsert('BTC', '1h', changed.slice(-1));
    await other.unconfirmed.put(doubted);
    await write();
    expect(await closes()).toEqual([...before.slice(0, -1), changed.at(-1)!.close]);
    expect(await own.unconfirmed.get('BTC', '1h')).toEqual(doubted);

    await own.unconfirmed.remove('BTC', '1h');
    expect(await own.unconfirmed.get('BTC', '1h')).toBeNull();
    await own.unconfirmed.put(doubted);
    expect(await own.unconfirmed.all()).toEqual([doubted]);
    for (const one of [own, other]) await one.close();
  });
});

describe('storage of a market that is not live', () => {
  it('keeps its candles apart from the database, under whatever name they come', async () => {
    const url = `sqlite:${join(folder, 'shared.db')}`;
    const live = await openStorage(url, { now });
    const simulated = await openStorage(url, { now, market: 'simulated' });
    await live.candles.upsert('BTC', '1d', sourced(walk(3)));
    await simulated.candles.upsert('BTC', '1d', sourced(walk(5), 'binance', START_MS + 1));
    expect(await live.candles.range('BTC', '1d', 0, START_MS * 2)).toHaveLength(3);
    expect(await simulated.candles.range('BTC', '1d', 0, START_MS * 2)).toHaveLength(5);
    await live.assets.replaceAll([{ symbol: 'X', name: 'X', rank: 1, marketCapUsd: 1, stablecoin: false }], 5);
    expect(await simulated.assets.all()).toBeNull();
    await live.keyValueStore.set('cache:BTC', '"live"');
    expect(await simulated.keyValueStore.get('cache:BTC')).toBeUndefined();
    await simulated.close();
    await live.close();
  });

  it('does not touch the database while it is simulated', async () => {
    const untouched = join(folder, 'untouched.db');
    await (await openStorage(`sqlite:${untouched}`, { now, market: 'simulated' })).close();
    expect(existsSync(untouched)).toBe(false);
  });

  it('keeps the settings of a server in the database while candles come from files', async () => {
    const url = `sqlite:${join(folder, 'settings.db')}`;
    const first = await openStorage(url, { now, market: 'csv' });
    await first.keyValueStore.set('guild:1', '"kept"');
    await first.assets.replaceAll([{ symbol: 'X', name: 'X', rank: 1, marketCapUsd: 1, stablecoin: false }], 5);
    await first.close();
    const live = await openStorage(url, { now });
    expect(await live.keyValueStore.get('guild:1')).toBe('"kept"');
    expect(await live.assets.all()).toBeNull();
    await live.close();
  });

  it('forgets csv candles when it is closed, so that a changed file is read anew', async () => {
    const url = 'sqlite::memory:';
    const first = await openStorage(url, { now, market: 'csv' });
    await first.candles.upsert('BTC', '1d', sourced(walk(3), 'csv:/some/folder'));
    expect(await first.candles.count()).toBe(3);
    await expect(first.candles.upsert('ETH', '1d', sourced(walk(1)))).rejects.toMatchObject({
      code: 'CC_CONFIG_INVALID',
    });
    await first.close();
    const second = await openStorage(url, { now, market: 'csv' });
    expect(await second.candles.count()).toBe(0);
    await second.close();
  });
});
