import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Storage } from '../../src/storage/open-storage.ts';

/** What every database keeps to about the coins that people watch. */
export function describeWatches(open: () => Promise<Storage>): void {
  let storage: Storage;
  beforeEach(async () => {
    storage = await open();
  });
  afterEach(() => storage.close());

  it('come back in the order in which they were added, each once, and of nobody else', async () => {
    const { watches } = storage;
    expect(await watches.list('ann')).toEqual([]);
    expect(await watches.add('ann', ['ETH', 'BTC', 'ETH'], 20, 1)).toEqual({ added: ['ETH', 'BTC'], leftOut: [] });
    expect(await watches.add('ann', ['BTC', 'ADA'], 20, 2)).toEqual({ added: ['ADA'], leftOut: [] });
    expect(await watches.list('ann')).toEqual(['ETH', 'BTC', 'ADA']);
    expect(await watches.list('bob')).toEqual([]);
  });

  it('are removed by name, and what is added later comes last', async () => {
    const { watches } = storage;
    await watches.add('ann', ['ETH', 'BTC', 'ADA'], 20, 1);
    await watches.add('bob', ['ETH'], 20, 1);
    expect(await watches.remove('ann', ['ETH', 'SOL'])).toEqual(['ETH']);
    expect(await watches.remove('ann', [])).toEqual([]);
    await watches.add('ann', ['ETH'], 20, 2);
    expect(await watches.list('ann')).toEqual(['BTC', 'ADA', 'ETH']);
    expect(await watches.list('bob')).toEqual(['ETH']);
  });

  it('are never more than the limit, however many are added at once', async () => {
    const { watches } = storage;
    await watches.add('ann', ['A1', 'A2', 'A3'], 5, 1);
    const results = await Promise.all(
      Array.from({ length: 6 }, (_, i) => watches.add('ann', [`B${i}`, `C${i}`], 5, 2)),
    );
    expect(await watches.list('ann')).toHaveLength(5);
    expect(results.flatMap(({ added }) => added)).toHaveLength(2);
    expect(results.flatMap(({ leftOut }) => leftOut)).toHaveLength(10);
  });

  it('are counted, exported and deleted with what is kept of a person', async () => {
    await storage.watches.add('ann', ['ETH', 'BTC'], 20, 1);
    await storage.watches.add('bob', ['ETH'], 20, 1);
    expect(await storage.privacy.countPerson('ann')).toMatchObject({ watched: 2 });
    expect((await storage.privacy.readPerson('ann', 9))['watches']).toMatchObject([
      { user_id: 'ann', symbol: 'ETH' },
      { user_id: 'ann', symbol: 'BTC' },
    ]);
    expect(await storage.privacy.forgetPerson('ann')).toMatchObject({ watched: 2 });
    expect(await storage.watches.list('ann')).toEqual([]);
    expect(await storage.watches.list('bob')).toEqual(['ETH']);
  });
}
