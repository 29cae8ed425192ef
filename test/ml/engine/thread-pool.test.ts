import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { QUEUE_BYTES } from '../../../src/ml/engine/memory-layout.ts';
import { ThreadPool } from '../../../src/ml/engine/thread-pool.ts';
import { type Job, WorkQueue } from '../../../src/ml/engine/work-queue.ts';

const script = (code: string) => new URL(`data:text/javascript,${encodeURIComponent(code)}`);
const queueUrl = JSON.stringify(new URL('../../../dist/ml/engine/work-queue.js', import.meta.url).href);
const newQueue = () => new WorkQueue(new SharedArrayBuffer(QUEUE_BYTES), 0);
const job: Job = {
  mode: 'train',
  shards: 3,
  windows: 70,
  firstShard: 16,
  step: 9,
  dropout: true,
  scale: 0.25,
  auxiliaryScale: 0.5,
};

/** Some of the threads here never end by themselves. */
const HANG_MS = 1_000;
const pools: ThreadPool[] = [];
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close(HANG_MS);
});

function startPool(queue: WorkQueue, code: string, threads = 1): ThreadPool {
  const pool = new ThreadPool(queue, script(code), new Array(threads).fill(queue.memory));
  pools.push(pool);
  return pool;
}

/** Resolves when `check` throws; worker events arrive between turns of the event loop. */
async function failureOf(pool: ThreadPool): Promise<unknown> {
  for (;;) {
    try {
      pool.check(1);
    } catch (error) {
      // Until the event arrives, all that can be said is that it has not started.
      if (!String(error).includes('not started')) return error;
    }
    await new Promise(setImmediate);
  }
}

describe('the pool of threads', () => {
  it('reports a thread that threw, with its error as the cause', async () => {
    const error = await failureOf(startPool(newQueue(), "throw new RangeError('no memory left')"));
    expect(error).toMatchObject({ code: 'CC_WORKER_DIED', cause: { message: 'no memory left' } });
    expect(String(error)).toContain('no memory left');
  });

  it('reports a thread that ended without a word', async () => {
    const error = await failureOf(startPool(newQueue(), 'process.exit(3)'));
    expect(error).toMatchObject({ code: 'CC_WORKER_DIED', cause: { message: 'The thread ended with code 3.' } });
  });

  it('reports why it ended when the supervisor, left with nobody, has ended too', async () => {
    const queue = newQueue();
    const pool = startPool(queue, 'process.exit(3)');
    // The helper's end is on the queue before the supervisor's; only then is it asked for.
    while (queue.failure() === null) await setTimeout(1);
    await setTimeout(200);
    expect(() => pool.check(1)).toThrow(/The thread ended with code 3\./);
  });

  it('gives up on a shard that is never finished', () => {
    const queue = newQueue();
    const pool = startPool(queue, '');
    queue.publish(job);
    expect(queue.claim()).not.toBeNull();
    expect(() => pool.await(job.shards, 20)).toThrow(expect.objectContaining({ code: 'CC_WORKER_DIED' }));
  });

  it('throws what a thread reported while its shard was awaited', () => {
    const queue = newQueue();
    const pool = startPool(queue, '');
    queue.publish(job);
    queue.fail('the kernel trapped');
    expect(() => pool.await(job.shards)).toThrow(/the kernel trapped/);
  });

  it.each([
    ['throws', "throw new RangeError('index out of bounds')", 'index out of bounds'],
    ['is killed outright', 'process.exit(7)', 'The thread ended with code 7.'],
    [
      'runs out of memory',
      'const kept = []; for (;;) kept.push(new Array(1e5).fill(kept.length))',
      'Worker terminated due to reaching memory limit',
    ],
  ])('says at once why a thread is gone that %s with a shard in its hands', (_, end, words) => {
    const queue = newQueue();
    // Small, so that running out of memory is quick.
    const code = `
      import { workerData } from 'node:worker_threads';
      const { WorkQueue } = await import(${queueUrl});
      const queue = new WorkQueue(workerData, 0);
      queue.reportStarted();
      queue.awaitRound();
      queue.claim();
      ${end};`;
    const pool = new ThreadPool(queue, script(code), [queue.memory], { maxOldGenerationSizeMb: 24 });
    pools.push(pool);
    pool.check();
    // The calling thread claims nothing and blocks from here on; no event can reach it.
    queue.publish(job);
    const startedMs = performance.now();
    expect(() => pool.await(job.shards)).toThrow(
      expect.objectContaining({
        code: 'CC_WORKER_DIED',
        message: expect.stringContaining(words),
        cause: expect.objectContaining({ message: expect.stringContaining(words) }),
      }),
    );
    expect(performance.now() - startedMs).toBeLessThan(10_000);
  });

  it('says at the next round that a thread went while it had nothing to do', async () => {
    const queue = newQueue();
    const pool = startPool(queue, 'process.exit(3)');
    await expect(failureOf(pool)).resolves.toMatchObject({ code: 'CC_WORKER_DIED' });
    queue.publish(job);
    for (let claimed = queue.claim(); claimed; claimed = queue.claim()) queue.complete(claimed.shard, 0);
    expect(() => pool.await(job.shards)).toThrow(/ended with code 3/);
  });

  it('says nothing when threads end because they were told to', async () => {
    const queue = newQueue();
    const pool = startPool(queue, 'setTimeout(() => {}, 1e6)');
    queue.reportStarted();
    await pool.close(HANG_MS);
    expect(() => pool.check()).not.toThrow();
  });

  it('lets threads that are still starting end by themselves when it is closed', async () => {
    const queue = newQueue();
    const code = `
      import { workerData } from 'node:worker_threads';
      const { WorkQueue } = await import(${queueUrl});
      const queue = new WorkQueue(workerData, 0);
      queue.reportStarted();
      while (queue.awaitRound());`;
    const pool = startPool(queue, code, 2);
    await pool.close();
    // Both have run to their end: none was cut off while it started.
    expect(queue.awaitStarted(2, 0)).toBe(true);
  });

  it('reports a thread that does not start, without waiting for its events', () => {
    const pool = startPool(newQueue(), 'setTimeout(() => {}, 1e6)');
    expect(() => pool.check(5)).toThrow(
      expect.objectContaining({ code: 'CC_WORKER_DIED', message: expect.stringContaining('not started within 5 ms') }),
    );
  });
});

describe('the work queue', () => {
  it('hands out every shard once, with its job', () => {
    const queue = newQueue();
    expect(queue.claim()).toBeNull();
    queue.publish(job);
    const claimed = [queue.claim(), queue.claim(), queue.claim()];
    expect(claimed.map((each) => each?.shard)).toEqual([0, 1, 2]);
    expect(claimed[0]?.job).toEqual(job);
    expect(queue.claim()).toBeNull();
  });

  it('sums the losses in the order of the shards, whoever finished first', () => {
    const queue = newQueue();
    queue.publish(job);
    queue.complete(2, 1e-17);
    queue.complete(0, 1);
    queue.complete(1, -1);
    expect(queue.awaitCompletion(3, 1000)).toBe(true);
    expect(queue.loss(3)).toBe(1e-17);
  });

  it('wakes a sleeping thread for a round and for the end', async () => {
    const memory = new SharedArrayBuffer(QUEUE_BYTES);
    const queue = new WorkQueue(memory, 0);
    const code = `
      import { parentPort, workerData } from 'node:worker_threads';
      const { WorkQueue } = await import(${queueUrl});
      const queue = new WorkQueue(workerData, 0);
      let shards = 0;
      while (queue.awaitRound()) for (let c = queue.claim(); c; c = queue.claim()) { shards++; queue.complete(c.shard, 1); }
      parentPort.postMessage(shards);`;
    const worker = new Worker(script(code), { workerData: memory });
    const answer = once(worker, 'message');
    for (let round = 0; round < 5; round++) {
      queue.publish(job);
      expect(queue.awaitCompletion(3, 10_000)).toBe(true);
    }
    queue.stop();
    expect(await answer).toEqual([15]);
  });
});
