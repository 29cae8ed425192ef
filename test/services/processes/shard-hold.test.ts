import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { DatabaseError } from '../../../src/core/errors.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { createShardHold, type ShardHold } from '../../../src/services/processes/shard-hold.ts';
import type { HeldShard } from '../../../src/storage/process-repository.ts';

const away = () => Promise.reject(new DatabaseError('Away.', 'away', { retryable: true }));

/** A hold whose lease is never extended, and a clock to set. */
function hold(options: { readonly endBySilence?: boolean; readonly held?: HeldShard | null } = {}) {
  const time = { ms: 0, waits: 0 };
  const said: string[] = [];
  const made: ShardHold = createShardHold({
    repository: {
      endBySilence: options.endBySilence ?? true,
      takeShards: async () => options.held ?? null,
      keepShards: away,
      releaseShards: away,
      areHeldByOthers: away,
    },
    leases: { takeFor: away },
    registry: { id: 'this', alive: async () => [], beat: async () => undefined },
    shards: undefined,
    // What is done every few seconds, and later, is not reached.
    sleep(ms, signal) {
      if (ms > 1_000) return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
      time.waits++;
      return setImmediate(undefined, { signal });
    },
    monotonic: () => time.ms,
    logger: silentLogger,
    say: (line) => said.push(line),
  });
  return { made, time, said };
}

it('a process answers for its shards while its lease lasts by its own clock, and then leaves another one time to be first', async () => {
  const ending = new AbortController();
  const { made, time } = hold();
  await made.take(ending.signal);
  expect(await made.claim('1')).toBe('here');
  time.ms = 9_999;
  expect(await made.claim('2')).toBe('here');
  time.ms = 10_000;
  const before = time.waits;
  expect(await made.claim('3')).toBe('here');
  expect(time.waits).toBe(before + 1);
  const lock = hold({ endBySilence: false });
  await lock.made.take(ending.signal);
  lock.time.ms = 60_000;
  // The lock of a file ends with its process alone.
  expect(await lock.made.claim('4')).toBe('here');
  ending.abort();
});

it('a process that waits answers nothing and says for whom it waits', async () => {
  const ending = new AbortController();
  const { made, said } = hold({ held: { shard: 0, sinceMs: null } });
  const taken = made.take(ending.signal).catch(() => 'ended');
  await expect.poll(() => made.waitsFor()).toContain('Another process on the same database answers for this bot');
  expect(await made.claim('1')).toBe('elsewhere');
  expect(said).toEqual(['Another process on the same database answers for this bot; waiting until that one ends.']);
  ending.abort(new Error('over'));
  expect(await taken).toBe('ended');
});
