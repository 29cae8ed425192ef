import { afterEach, describe, expect, it, vi } from 'vitest';
import { memoryOfThreads } from '../../src/workers/worker-channel.ts';
import type { Call } from '../../src/workers/worker-messages.ts';
import { createWorkerPool, type WorkerPool, type WorkerPoolOptions } from '../../src/workers/worker-pool.ts';

interface Echo {
  readonly request: unknown;
  readonly setup: unknown;
  readonly calls: number;
  readonly thread: number;
}
type Sample = (setup: { readonly name?: string; readonly broken?: boolean }) => {
  echo: (request: unknown) => Echo;
  count: (to: number, call: Call<number>) => number;
  fill: (request: { readonly objects: number; readonly keep: boolean }) => number;
  fail: (details: { readonly message: string }) => never;
  exit: (code: number) => never;
  forever: (request: null, call: Call<string>) => Promise<never>;
  untilCancelled: (request: null, call: Call<string>) => Promise<string>;
  environment: (request: null) => Record<string, string>;
  unclonable: (request: null) => unknown;
};
type Gated = (setup: null) => { echo: (request: string) => string };

const modules = (name: string) => new URL(`./support/${name}.mjs`, import.meta.url);
const pools: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close();
});

function open(options: Partial<WorkerPoolOptions<Sample>> = {}, name = 'sample-task'): WorkerPool<Sample> {
  const pool = createWorkerPool<Sample>(modules(name), { setup: {}, noun: 'sample', ...options });
  pools.push(pool);
  return pool;
}

describe.each(['thread', 'process'] as const)('a worker %s', (kind) => {
  it('answers calls with one setup, which stays', async () => {
    const pool = open({ kind, setup: { name: 'a' } });
    expect(await pool.run('echo', [1])).toMatchObject({ request: [1], setup: { name: 'a' }, calls: 1 });
    expect(await pool.run('echo', new Float32Array([2]))).toMatchObject({ request: new Float32Array([2]), calls: 2 });
  });

  it('reports progress before it answers', async () => {
    const heard: number[] = [];
    expect(await open({ kind }).run('count', 3, { onProgress: (n) => heard.push(n) })).toBe(3);
    expect(heard).toEqual([1, 2, 3]);
  });

  it('hands on what a function throws, and goes on', async () => {
    const pool = open({ kind });
    await expect(pool.run('fail', { message: 'Too bad.' })).rejects.toMatchObject({
      code: 'CC_INTERNAL',
      cause: expect.objectContaining({ message: expect.stringContaining('Too bad.') }),
    });
    await expect(pool.run('unclonable', null)).rejects.toMatchObject({ code: 'CC_INTERNAL' });
    expect((await pool.run('echo', 1)).calls).toBe(1);
  });

  it('that ends by itself is reported with its exit code, and the next call gets another one', async () => {
    const pool = open({ kind });
    const outcomes = await Promise.allSettled([pool.run('exit', 7), pool.run('echo', 1)]);
    expect(outcomes).toMatchObject([
      {
        reason: {
          code: 'CC_WORKER_DIED',
          retryable: true,
          message: `The worker ${kind} of a sample ended with code 7.`,
        },
      },
      { value: { calls: 1 } },
    ]);
  });

  it('that cannot import its module fails the call', async () => {
    await expect(open({ kind }, 'broken-module').run('echo', 1)).rejects.toMatchObject({
      code: 'CC_WORKER_DIED',
      cause: expect.objectContaining({ message: expect.stringContaining('This module is broken.') }),
    });
  });

  it('that cannot be set up fails the call', async () => {
    await expect(open({ kind, setup: { broken: true } }).run('echo', 1)).rejects.toMatchObject({
      code: 'CC_INTERNAL',
      cause: expect.objectContaining({ message: expect.stringContaining('This setup is broken.') }),
    });
  });

  it('cancels a call through the flag that its function reads', async () => {
    const pool = open({ kind, onAbort: 'cancel' });
    const abort = new AbortController();
    const options = { signal: abort.signal, onProgress: () => abort.abort() };
    expect(await pool.run('untilCancelled', null, options)).toBe('cancelled in time');
    // The flag is lowered for the next call.
    const second = new AbortController();
    const next = pool.run('untilCancelled', null, { signal: second.signal, onProgress: () => second.abort() });
    expect(await next).toBe('cancelled in time');
  });

  it('is terminated when a call is aborted, and the next call gets another one', async () => {
    const pool = open({ kind, abortCode: 'CC_TRAINING_CANCELLED' });
    const abort = new AbortController();
    const aborted = pool.run('forever', null, { signal: abort.signal, onProgress: () => abort.abort() });
    await expect(aborted).rejects.toMatchObject({ code: 'CC_TRAINING_CANCELLED' });
    expect((await pool.run('echo', 1)).calls).toBe(1);
  });

  it('is terminated when a call takes too long, and the next call gets another one', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const pool = open({ kind, timeoutMs: 5_000 });
      const late = pool.run('forever', null, { onProgress: () => vi.advanceTimersByTime(5_000) });
      await expect(late).rejects.toMatchObject({
        code: 'CC_TIMEOUT',
        retryable: true,
        message: 'The sample took longer than 5 seconds.',
      });
      expect(pool.pid).toBeUndefined();
      expect((await pool.run('echo', 1)).calls).toBe(1);
    } finally {
      vi.useRealTimers();
    }
  });

  it('sees no environment but what it is given', async () => {
    const pool = open({ kind, environment: { SAMPLE: '1' } });
    const seen = await pool.run('environment', null);
    expect(seen).toMatchObject({ SAMPLE: '1' });
    expect(seen).not.toHaveProperty('PATH');
  });
});

describe('a pool of workers', () => {
  it('counts what its thread holds, without garbage and without threads that have ended', async () => {
    const pool = open({ noun: 'measured sample' });
    const heapMb = async () => {
      const mine = (await memoryOfThreads()).filter(({ noun }) => noun === 'measured sample');
      expect(mine.length).toBeLessThanOrEqual(1);
      return mine.length === 0 ? null : mine[0]!.held.heapBytes / 2 ** 20;
    };
    await pool.run('fill', { objects: 1, keep: true });
    const before = (await heapMb())!;
    await pool.run('fill', { objects: 500_000, keep: false });
    expect((await heapMb())! - before).toBeLessThan(2);
    await pool.run('fill', { objects: 500_000, keep: true });
    expect((await heapMb())! - before).toBeGreaterThan(10);
    const measured = heapMb();
    await pool.close();
    expect(await heapMb()).toBeNull();
    await measured;
  });

  it('starts no more workers than it may, and each runs one call at a time', async () => {
    const pool = open({ workers: 2 });
    const answers = await Promise.all([1, 2, 3, 4, 5].map((request) => pool.run('echo', request)));
    expect(answers.map(({ request }) => request)).toEqual([1, 2, 3, 4, 5]);
    expect(new Set(answers.map(({ thread }) => thread)).size).toBeLessThanOrEqual(2);
  });

  it('refuses more calls than may wait', async () => {
    const pool = open({ maxWaiting: 1 });
    const outcomes = await Promise.allSettled([1, 2, 3].map((request) => pool.run('echo', request)));
    expect(outcomes).toMatchObject([
      { status: 'fulfilled' },
      { status: 'fulfilled' },
      { reason: { code: 'CC_BUSY', retryable: true, message: 'Too many samples are waiting.' } },
    ]);
  });

  it('rejects what cannot be sent to a worker, and goes on', async () => {
    const pool = open();
    await expect(pool.run('echo', () => {})).rejects.toMatchObject({ name: 'DataCloneError' });
    expect((await pool.run('echo', 1)).calls).toBe(1);
  });

  it('rejects calls under way, waiting and later ones once it is closed', async () => {
    const pool = open();
    let started = () => {};
    const running = new Promise<void>((resolve) => {
      started = resolve;
    });
    const calls = Promise.allSettled([pool.run('forever', null, { onProgress: started }), pool.run('echo', 1)]);
    await running;
    await pool.close();
    const stopped = { reason: { code: 'CC_STOPPING', retryable: true } };
    expect(await calls).toMatchObject([stopped, stopped]);
    await expect(pool.run('echo', 2)).rejects.toMatchObject({ code: 'CC_STOPPING' });
  });
});

describe('a worker that still imports its module', () => {
  /** A pool whose worker imports until `go` is called, and what has happened in order. */
  async function gated() {
    const gate = new BroadcastChannel('gate');
    const events: string[] = [];
    let importing = () => {};
    const begun = new Promise<void>((resolve) => {
      importing = resolve;
    });
    let imported = () => {};
    const finished = new Promise<void>((resolve) => {
      imported = resolve;
    });
    gate.onmessage = ({ data }: { data: unknown }) => {
      events.push(String(data));
      if (data === 'importing') importing();
      else imported();
    };
    const pool = createWorkerPool<Gated>(modules('gated-task'), { setup: null, noun: 'sample', warm: true });
    pools.push(pool, { close: async () => gate.close() });
    await begun;
    return { pool, events, finished, go: () => gate.postMessage('go') };
  }

  it('is terminated only when it is ready', async () => {
    const { pool, events, finished, go } = await gated();
    const closed = pool.close().then(() => events.push('closed'));
    go();
    await finished;
    await closed;
    expect(events).toEqual(['importing', 'imported', 'closed']);
  });

  it('fails an aborted call at once and serves the next one', async () => {
    const { pool, events, go } = await gated();
    const abort = new AbortController();
    const aborted = pool.run('echo', 'first', { signal: abort.signal });
    abort.abort();
    await expect(aborted).rejects.toMatchObject({ code: 'CC_STOPPING' });
    expect(events).toEqual(['importing']);
    const next = pool.run('echo', 'second');
    go();
    expect(await next).toBe('second');
  });
});
