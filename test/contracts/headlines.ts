import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Headline } from '../../src/core/sentiment.ts';
import { DAY_MS } from '../../src/core/time.ts';
import type { Storage } from '../../src/storage/open-storage.ts';

const BASE_MS = Date.UTC(2026, 5, 1);

function headline(id: string, firstSeenMs: number, more: Partial<Headline> = {}): Headline {
  return {
    id,
    guid: `guid-${id}`,
    kind: 'news',
    outlet: 'example.com',
    title: `Story ${id}`,
    url: null,
    publishedAtMs: null,
    firstSeenMs,
    symbols: [],
    storyId: id,
    setAside: null,
    ...more,
  };
}

/** What every storage keeps to about headlines and mood, whatever database lies below. */
export function describeHeadlineStorage(open: () => Promise<Storage>): void {
  let storage: Storage;
  beforeAll(async () => {
    storage = await open();
  });
  afterAll(() => storage.close());

  it('has no oldest before the first headline', async () => {
    expect(await storage.headlines.oldestMs()).toBeNull();
    expect(await storage.headlines.count()).toBe(0);
  });

  describe('headlines', () => {
    it('come back as they were stored, ascending by when they were first seen', async () => {
      const full = headline('b', BASE_MS + 1, {
        kind: 'reddit',
        outlet: 'r/Bitcoin',
        title: `O'Neil – "quoted" 🚀 50% \\ ; drop table`,
        url: 'https://example.com/a?b=1',
        publishedAtMs: BASE_MS - 5,
        symbols: ['BTC', 'ETH'],
        storyId: 'a',
        setAside: 'price-bot',
      });
      const plain = headline('a', BASE_MS);
      expect(await storage.headlines.add([full, plain])).toBe(2);
      expect(await storage.headlines.range(BASE_MS, BASE_MS + 1)).toEqual([plain, full]);
    });

    it('never move: seen again, they stay as they were first seen', async () => {
      const first = headline('again', BASE_MS + DAY_MS);
      await storage.headlines.add([first]);
      const later = { ...first, firstSeenMs: BASE_MS + 2 * DAY_MS, title: 'Rewritten', storyId: 'other' };
      const fresh = headline('fresh', BASE_MS + 2 * DAY_MS);
      expect(await storage.headlines.add([later, fresh, fresh])).toBe(1);
      expect(await storage.headlines.range(BASE_MS + DAY_MS, BASE_MS + 3 * DAY_MS)).toEqual([first, fresh]);
    });

    it('that a clock which was ahead had dated count from when they are seen with a right one', async () => {
      const year = 365 * DAY_MS;
      const early = headline('ahead', BASE_MS + 6 * DAY_MS + year);
      await storage.headlines.add([early]);
      const nowMs = BASE_MS + 6 * DAY_MS;
      expect(await storage.headlines.known(['ahead'], nowMs)).toEqual(new Set());
      await storage.headlines.add([{ ...early, firstSeenMs: nowMs }]);
      expect(await storage.headlines.known(['ahead'], nowMs)).toEqual(new Set(['ahead']));
      expect((await storage.headlines.range(nowMs, nowMs)).map(({ id }) => id)).toEqual(['ahead']);
      expect(await storage.headlines.range(early.firstSeenMs, early.firstSeenMs)).toEqual([]);
    });

    it('are found by both ends of a range of first-seen times', async () => {
      const day = (n: number) => BASE_MS + (10 + n) * DAY_MS;
      await storage.headlines.add([0, 1, 2, 3].map((n) => headline(`day-${n}`, day(n))));
      const inside = await storage.headlines.range(day(1), day(2));
      expect(inside.map(({ id }) => id)).toEqual(['day-1', 'day-2']);
    });

    it('say which ids are known, and how many there are since when', async () => {
      const ids = Array.from({ length: 1203 }, (_, i) => `many-${i}`);
      expect(await storage.headlines.add(ids.map((id, i) => headline(id, BASE_MS + 30 * DAY_MS + i)))).toBe(1203);
      const known = await storage.headlines.known([...ids, 'nobody'], BASE_MS + 40 * DAY_MS);
      expect(known.size).toBe(1203);
      expect(known.has('nobody')).toBe(false);
      expect(await storage.headlines.known([], BASE_MS + 40 * DAY_MS)).toEqual(new Set());
      expect(await storage.headlines.count()).toBe(1203 + 9);
      expect(await storage.headlines.oldestMs()).toBe(BASE_MS);
    });

    it('are stored all or not at all', async () => {
      const broken = { ...headline('broken', BASE_MS), title: null as unknown as string };
      await expect(storage.headlines.add([headline('with-broken', BASE_MS), broken])).rejects.toMatchObject({
        code: 'CC_DATABASE',
      });
      expect((await storage.headlines.known(['with-broken'], BASE_MS + 40 * DAY_MS)).size).toBe(0);
    });
  });

  describe('the Fear & Greed index', () => {
    it('keeps the value first read for a day', async () => {
      const days = [0, 1, 2].map((n) => ({ timeMs: BASE_MS + n * DAY_MS, value: 40 + n }));
      expect(await storage.fearGreed.add(days)).toBe(3);
      expect(
        await storage.fearGreed.add([
          { timeMs: BASE_MS, value: 99 },
          { timeMs: BASE_MS + 3 * DAY_MS, value: 7 },
        ]),
      ).toBe(1);
      expect(await storage.fearGreed.range(BASE_MS, BASE_MS + DAY_MS)).toEqual(days.slice(0, 2));
      expect((await storage.fearGreed.range(0, BASE_MS * 2)).map(({ value }) => value)).toEqual([40, 41, 42, 7]);
      expect(await storage.fearGreed.add([])).toBe(0);
    });
  });
}
