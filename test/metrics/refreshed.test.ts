import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { refreshed } from '../../src/metrics/refreshed.ts';

/** A reading that tests end by hand, under a clock of theirs. */
function setUp() {
  let nowMs = 0;
  const readings: { resolve(value: number): void; reject(error: Error): void }[] = [];
  const waits: (() => void)[] = [];
  const get = refreshed(() => new Promise<number>((resolve, reject) => readings.push({ resolve, reject })), {
    monotonic: () => nowMs,
    everyMs: 10_000,
    keptMs: 60_000,
    waitMs: 1_000,
    wait: () => new Promise((resolve) => waits.push(resolve)),
  });
  return { get, readings, waits, pass: (ms: number) => (nowMs += ms) };
}

describe('a value that is read for a scrape', () => {
  it('is read again after a while, and by one reading for all who ask', async () => {
    const { get, readings, pass } = setUp();
    const [first, second] = [get(), get()];
    readings[0]!.resolve(1);
    expect(await Promise.all([first, second])).toEqual([1, 1]);
    pass(9_999);
    expect(await get()).toBe(1);
    expect(readings).toHaveLength(1);
    pass(1);
    const third = get();
    readings[1]!.resolve(2);
    expect(await third).toBe(2);
  });

  it('is the last one where the reading takes long, and none at first', async () => {
    const { get, readings, waits, pass } = setUp();
    const first = get();
    waits[0]!();
    expect(await first).toBeNull();
    readings[0]!.resolve(1);
    await nextTurn();
    pass(10_000);
    const second = get();
    waits[1]!();
    expect(await second).toBe(1);
    expect(readings).toHaveLength(2);
    // The slow reading is still under way: no other is begun.
    pass(10_000);
    const third = get();
    waits[2]!();
    await third;
    expect(readings).toHaveLength(2);
  });

  it('is forgotten when it says nothing about now any more, and a failure is no error', async () => {
    const { get, readings, pass } = setUp();
    const first = get();
    readings[0]!.resolve(1);
    await first;
    pass(60_000);
    const second = get();
    readings[1]!.reject(new Error('the database is away'));
    expect(await second).toBe(1);
    pass(10_000);
    const third = get();
    readings[2]!.reject(new Error('the database is away'));
    expect(await third).toBeNull();
  });
});
