import { describe, expect, it } from 'vitest';
import type { SourcedCandle } from '../../src/core/candle.ts';
import { DAY_MS, HOUR_MS } from '../../src/core/time.ts';
import { createCandleCache } from '../../src/storage/candle-cache.ts';
import type { CandleRepository } from '../../src/storage/candle-repository.ts';
import { START_MS, sourced, walk } from '../support/candles.ts';

const HOURS = 1_000;
const END_MS = START_MS + (HOURS - 1) * HOUR_MS;

/** A cache over candles in an array, which the test also changes as another process would. */
function open(othersStamp?: () => number | null) {
  const stored = new Map(sourced(walk(HOURS + 200, '1h')).map((candle) => [candle.openTimeMs, candle]));
  const read: number[] = [];
  const inner: CandleRepository = {
    async upsert(_symbol, _interval, candles) {
      for (const candle of candles) stored.set(candle.openTimeMs, candle);
      return candles.length;
    },
    async range(_symbol, _interval, fromMs, toMs) {
      const rows = [...stored.values()].filter(({ openTimeMs }) => openTimeMs >= fromMs && openTimeMs <= toMs);
      read.push(rows.length);
      return rows.sort((a, b) => a.openTimeMs - b.openTimeMs);
    },
    span: async () => null,
    count: async () => stored.size,
    async removeSource(_symbol, source) {
      const wrong = [...stored].filter(([, candle]) => candle.source === source);
      for (const [openTimeMs] of wrong) stored.delete(openTimeMs);
      return wrong.length;
    },
  };
  let nowMs = END_MS;
  const cache = createCandleCache(inner, () => nowMs, othersStamp);
  const later = (ms: number) => {
    nowMs += ms;
  };
  const change = (openTimeMs: number, close: number): SourcedCandle => ({ ...stored.get(openTimeMs)!, close });
  const window = (endMs: number) => cache.range('BTC', '1h', endMs - (HOURS - 1) * HOUR_MS, endMs);
  const truth = (endMs: number) =>
    [...stored.values()]
      .filter(({ openTimeMs }) => openTimeMs > endMs - HOURS * HOUR_MS && openTimeMs <= endMs)
      .sort((a, b) => a.openTimeMs - b.openTimeMs);
  return { cache, stored, read, later, change, window, truth };
}

describe('the candle cache', () => {
  it('reads of a window that moves on by an hour only the last three days', async () => {
    const { window, truth, read } = open();
    await window(END_MS);
    for (let hour = 1; hour <= 100; hour++) {
      const endMs = END_MS + hour * HOUR_MS;
      expect(await window(endMs)).toEqual(truth(endMs));
    }
    expect(read[0]).toBe(HOURS);
    expect(Math.max(...read.slice(1))).toBeLessThan(80);
  });

  it('sees what another process corrects within three days at once, and older things within a day', async () => {
    const { window, truth, stored, change, later } = open();
    await window(END_MS);
    const recent = END_MS - 70 * HOUR_MS;
    stored.set(recent, change(recent, 1));
    expect(await window(END_MS)).toEqual(truth(END_MS));
    const old = END_MS - 500 * HOUR_MS;
    stored.set(old, change(old, 2));
    await window(END_MS + HOUR_MS);
    later(DAY_MS + 1);
    expect(await window(END_MS + HOUR_MS)).toEqual(truth(END_MS + HOUR_MS));
  });

  it('reads nothing while nobody has written, and the newest part once somebody may have', async () => {
    let stamp: number | null = 1;
    const { cache, window, truth, read, stored, change, later } = open(() => stamp);
    await window(END_MS);
    const part = () => cache.range('BTC', '1h', END_MS - 5 * HOUR_MS, END_MS);
    const reads = async (ask: () => Promise<unknown>) => {
      read.length = 0;
      await ask();
      return read.length;
    };
    expect(await reads(() => window(END_MS))).toBe(0);
    expect(await reads(part)).toBe(0);
    expect(await window(END_MS)).toEqual(truth(END_MS));

    const recent = END_MS - 3 * HOUR_MS;
    stored.set(recent, change(recent, 1));
    stamp = 2;
    expect(await window(END_MS)).toEqual(truth(END_MS));
    expect(await reads(part)).toBe(0);
    expect(await part()).toEqual(truth(END_MS).slice(-6));

    await cache.upsert('BTC', '1h', [change(recent, 2)]);
    read.length = 0;
    expect(await part()).toEqual(truth(END_MS).slice(-6));
    // What was written, and what is newer.
    expect(read).toEqual([4]);
    expect(await reads(() => window(END_MS))).toBe(0);
    expect(await window(END_MS)).toEqual(truth(END_MS));

    await cache.upsert('BTC', '1h', [change(recent, 3)]);
    read.length = 0;
    const [newest] = await cache.range('BTC', '1h', END_MS, END_MS);
    expect(newest).toEqual(truth(END_MS).at(-1));
    // Those before it too, which were written.
    expect(read).toEqual([4]);
    expect(await window(END_MS)).toEqual(truth(END_MS));
    expect(read).toEqual([4]);
    await window(END_MS + HOUR_MS);
    expect(await reads(() => window(END_MS + 2 * HOUR_MS))).toBe(1);
    expect(read[0]).toBe(1);
    expect(await window(END_MS + 2 * HOUR_MS)).toEqual(truth(END_MS + 2 * HOUR_MS));

    stored.set(recent, change(recent, 3));
    stamp = null;
    const moved = END_MS + 2 * HOUR_MS;
    expect(await window(moved)).toEqual(truth(moved));
    expect(await reads(() => window(moved))).toBe(1);

    stamp = 3;
    await window(END_MS + 2 * HOUR_MS);
    later(DAY_MS + 1);
    expect(await reads(() => window(END_MS + 2 * HOUR_MS))).toBe(1);
    expect(read[0]).toBe(HOURS);
  });

  it('keeps a window that moved on with the candle that came, and the longer of two windows', async () => {
    let stamp = 1;
    const { cache, window, truth, read } = open(() => stamp);
    await window(END_MS);
    const endMs = END_MS + HOUR_MS;
    const short = () => cache.range('BTC', '1h', endMs - 299 * HOUR_MS, endMs);
    await window(endMs);
    stamp = 2;
    expect(await short()).toEqual(truth(endMs).slice(-300));
    read.length = 0;
    expect(await window(endMs)).toEqual(truth(endMs));
    expect(await short()).toEqual(truth(endMs).slice(-300));
    expect(read).toEqual([]);
  });

  it('sees what it stores itself at once, however old', async () => {
    const { cache, window, truth, change } = open();
    await window(END_MS);
    await cache.upsert('BTC', '1h', [change(END_MS - 900 * HOUR_MS, 3)]);
    expect(await window(END_MS)).toEqual(truth(END_MS));
  });

  it('does not keep a read that a write overtook', async () => {
    const { cache, window, truth, change } = open();
    const reading = window(END_MS);
    await cache.upsert('BTC', '1h', [change(END_MS - 900 * HOUR_MS, 4)]);
    await reading;
    expect(await window(END_MS)).toEqual(truth(END_MS));
  });

  it('answers parts of what it keeps, and reads what is older or from another series', async () => {
    const { cache, window, stored, read } = open();
    await window(END_MS);
    read.length = 0;
    const middle = await cache.range('BTC', '1h', START_MS + 10 * HOUR_MS, START_MS + 20 * HOUR_MS);
    expect(middle.map(({ openTimeMs }) => (openTimeMs - START_MS) / HOUR_MS)).toEqual(
      Array.from({ length: 11 }, (_, i) => 10 + i),
    );
    expect(read).toEqual([]);
    expect(await cache.range('BTC', '1h', START_MS - DAY_MS, END_MS)).toHaveLength(HOURS);
    await cache.range('ETH', '1h', START_MS, START_MS + 5 * HOUR_MS);
    expect(read).toEqual([HOURS, 6]);
    expect(stored.size).toBe(HOURS + 200);
  });

  it('keeps the newest part where an older one is read beside it', async () => {
    const { cache, window, read } = open();
    await window(END_MS);
    await cache.range('BTC', '1h', START_MS - 500 * HOUR_MS, START_MS + 10 * HOUR_MS);
    read.length = 0;
    await window(END_MS + HOUR_MS);
    expect(read[0]).toBeLessThan(80);
  });

  it('counts the writes of candles that are too old to be corrected, and removals', async () => {
    const { cache, change } = open();
    const writes = () => cache.olderWrites('BTC', '1h');
    expect(writes()).toBe(0);
    await cache.upsert('BTC', '1h', [change(END_MS, 5)]);
    await cache.upsert('BTC', '1h', [change(END_MS - 70 * HOUR_MS, 5)]);
    await cache.upsert('ETH', '1h', [change(END_MS - 900 * HOUR_MS, 5)]);
    expect(writes()).toBe(0);
    await cache.upsert('BTC', '1h', [change(END_MS - 80 * HOUR_MS, 5)]);
    const after = writes();
    expect(after).toBeGreaterThan(0);
    await cache.removeSource('BTC', 'kraken');
    expect(writes()).toBeGreaterThan(after);
  });

  it('forgets what is removed of a source at once', async () => {
    const { cache, stored, window, truth } = open();
    const old = END_MS - 500 * HOUR_MS;
    stored.set(old, { ...stored.get(old)!, source: 'kraken' });
    expect(await window(END_MS)).toHaveLength(HOURS);
    expect(await cache.removeSource('BTC', 'kraken')).toBe(1);
    expect(await window(END_MS)).toEqual(truth(END_MS));
    expect(await window(END_MS)).toHaveLength(HOURS - 1);
  });
});
