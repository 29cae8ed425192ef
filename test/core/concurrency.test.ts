import { describe, expect, it } from 'vitest';
import { askedTogether, createSharedCalls } from '../../src/core/concurrency.ts';

/** Shared calls whose work ends when the test says so. */
function setUp() {
  const calls = createSharedCalls<number>();
  const started: { readonly signal: AbortSignal; end(value: number): void; fail(error: Error): void }[] = [];
  const call = (key: string, signal?: AbortSignal) =>
    calls.run(key, signal, (given) => {
      return new Promise<number>((resolve, reject) => started.push({ signal: given, end: resolve, fail: reject }));
    });
  return { call, started };
}

describe('shared work', () => {
  it('is done once for equal calls at the same time, and again for later ones', async () => {
    const { call, started } = setUp();
    const same = Array.from({ length: 300 }, () => call('BTC'));
    const other = call('ETH');
    expect(started).toHaveLength(2);
    started[0]!.end(7);
    started[1]!.end(8);
    expect(new Set(await Promise.all(same))).toEqual(new Set([7]));
    expect(await other).toBe(8);
    void call('BTC');
    expect(started).toHaveLength(3);
  });

  it('goes on when one of those that wait gives up, and is aborted when all have', async () => {
    const { call, started } = setUp();
    const [ann, ben] = [new AbortController(), new AbortController()];
    const first = call('BTC', ann.signal);
    const second = call('BTC', ben.signal);
    ann.abort(new Error('ann left'));
    await expect(first).rejects.toThrow('ann left');
    expect(started[0]!.signal.aborted).toBe(false);
    ben.abort(new Error('ben left'));
    await expect(second).rejects.toThrow('ben left');
    expect(started[0]!.signal.reason).toMatchObject({ message: 'ben left' });
    // What was given up is not joined.
    const third = call('BTC');
    expect(started).toHaveLength(2);
    started[1]!.end(1);
    expect(await third).toBe(1);
  });

  it('is never aborted while somebody waits who cannot give up', async () => {
    const { call, started } = setUp();
    const stop = new AbortController();
    const job = call('BTC');
    const person = call('BTC', stop.signal);
    stop.abort(new Error('left'));
    await expect(person).rejects.toThrow('left');
    expect(started[0]!.signal.aborted).toBe(false);
    started[0]!.end(3);
    expect(await job).toBe(3);
  });

  it('fails for all that wait, and starts anew afterwards', async () => {
    const { call, started } = setUp();
    const all = [call('BTC'), call('BTC')];
    started[0]!.fail(new Error('broken'));
    for (const one of all) await expect(one).rejects.toThrow('broken');
    void call('BTC');
    expect(started).toHaveLength(2);
  });
});

it('the questions of one moment are asked together, each once, and later ones anew', async () => {
  const asked: (readonly string[])[] = [];
  const length = askedTogether(async (keys: readonly string[]) => {
    asked.push(keys);
    if (keys.includes('bad')) throw new Error('no');
    return new Map(keys.filter((key) => key !== 'unknown').map((key) => [key, key.length]));
  });
  expect(await Promise.all([length('a'), length('bb'), length('a'), length('unknown')])).toEqual([1, 2, 1, undefined]);
  expect(await length('a')).toBe(1);
  expect(asked).toEqual([['a', 'bb', 'unknown'], ['a']]);
  await expect(Promise.all([length('bad'), length('b')])).rejects.toThrow('no');
  expect(await length('b')).toBe(1);
});
