import { LRUCache } from 'lru-cache';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { DAY_MS, steadyClock } from '../../src/core/time.ts';
import { monitorSource } from '../../src/sources/health.ts';
import { createHttpClient } from '../../src/sources/http.ts';
import { SourceError } from '../../src/sources/source-error.ts';
import { json, startServer } from '../support/http-server.ts';

const MONTH = 30 * DAY_MS;
let nowMs = Date.UTC(2026, 5, 1);
const now = () => nowMs;

it('a steady clock goes forward with a clock and stands where that is set back', () => {
  const steady = steadyClock(now);
  const startMs = steady();
  nowMs += 1_000;
  expect(steady() - startMs).toBe(1_000);
  nowMs -= MONTH;
  expect(steady() - startMs).toBe(1_000);
  nowMs += 500;
  expect(steady() - startMs).toBe(1_500);
});

it('what is cached at the first moment of a steady clock expires too', () => {
  const steady = steadyClock(now);
  const cache = new LRUCache<string, number>({ max: 9, ttl: 1_000, ttlResolution: 0, perf: { now: steady } });
  cache.set('a', 1);
  nowMs += 1_001;
  expect(cache.get('a')).toBeUndefined();
});

it('a circuit that opened while the clock was a month ahead closes after its seconds', async () => {
  nowMs += MONTH;
  const source = monitorSource({ name: 'testex' }, now, { failures: 1, openMs: 30_000 });
  const fail = () => Promise.reject(new SourceError('testex', 'CC_SOURCE_NETWORK', 'is away.'));
  await source.call(fail).catch(() => undefined);
  nowMs -= MONTH;
  expect(source.health()).toMatchObject({ state: 'down', retryAtMs: nowMs + 30_000 });
  nowMs += 30_001;
  expect(source.blocked()).toBeNull();
  await source.call(async () => 'there');
  // The failure is dated after the success, and is over all the same.
  expect(source.health()).toMatchObject({ state: 'ok', lastSuccessMs: nowMs });
});

it('a pause or a spent budget of a month ahead is over after its own time', async () => {
  nowMs += MONTH;
  const server = await startServer(json({ price: 1 }, 429, { 'retry-after': '5' }));
  const http = createHttpClient({
    source: 'testex',
    baseUrl: server.url,
    now,
    sleep: async () => {},
    random: () => 0.5,
    maxRetries: 0,
    rateLimits: [{ requests: 1, perMs: 10_000 }],
  });
  const ask = () => http.getJson({ path: '/', schema: z.object({ price: z.number() }) });
  await expect(ask()).rejects.toMatchObject({ code: 'CC_SOURCE_RATE_LIMITED' });
  server.answer(json({ price: 1 }));
  nowMs -= MONTH;
  await expect(ask()).rejects.toMatchObject({ pause: { waitMs: 5_000 } });
  nowMs += 10_001;
  await expect(ask()).resolves.toEqual({ price: 1 });
});
