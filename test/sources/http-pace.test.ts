import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createHttpClient } from '../../src/sources/http.ts';
import type { RateLimit } from '../../src/sources/rate-budget.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { json, startServer, text } from '../support/http-server.ts';

const START_MS = Date.UTC(2024, 0, 1);

async function setup(rateLimits: readonly RateLimit[] = []) {
  const server = await startServer(json(1));
  const clock = fakeClock(START_MS);
  const http = createHttpClient({ source: 'testex', baseUrl: server.url, ...clock, random: () => 0, rateLimits });
  return { server, clock, http, get: () => http.getJson({ path: '/', schema: z.number() }) };
}

describe('a source that asks to be left alone', () => {
  it.each([
    ['429 with seconds', 429, { 'retry-after': '30' }, 30_000],
    ['429 with a date', 429, { 'retry-after': new Date(START_MS + 90_000).toUTCString() }, 90_000],
    ['429 without a time', 429, {}, 10_000],
    ['418 without a time', 418, {}, 120_000],
    ['429 with a moment since the epoch', 429, { 'x-ratelimit-reset': `${START_MS / 1000 + 40}` }, 40_000],
    ['429 with a moment in ms', 429, { 'retry-after': `${START_MS + 50_000}` }, 50_000],
    ['429 with a date that has passed', 429, { 'retry-after': 'Sun, 31 Dec 2023 23:59:00 GMT' }, 10_000],
    ['429 with a date of RFC 850', 429, { 'retry-after': 'Monday, 01-Jan-24 00:01:00 GMT' }, 60_000],
    ['429 with a negative number', 429, { 'retry-after': '-5' }, 10_000],
    ['429 with words', 429, { 'retry-after': 'later' }, 10_000],
    ['418 with more than three days', 418, { 'retry-after': '99999999' }, 3 * 86_400_000],
  ])('is left alone for as long as it said: %s', async (_what, status, headers, pauseMs) => {
    const { server, clock, get } = await setup();
    server.answer(text('slow down', status, headers as Record<string, string>));
    await expect(get()).rejects.toMatchObject({
      code: 'CC_SOURCE_RATE_LIMITED',
      retryable: true,
      context: { retryAtMs: START_MS + pauseMs },
    });
    expect(server.requests).toHaveLength(1);

    server.answer(json(2));
    clock.advance(pauseMs - 2000);
    await expect(get()).rejects.toMatchObject({ code: 'CC_SOURCE_RATE_LIMITED' });
    expect(server.requests).toHaveLength(1);

    clock.advance(2000);
    expect(await get()).toBe(2);
    expect(clock.slept).toEqual([]);
  });

  it('is asked again within the call when the pause is a second or less', async () => {
    const { server, clock, get } = await setup();
    server.answer((request, response, url) => {
      if (server.requests.length === 1) text('', 429, { 'retry-after': '1' })(request, response, url);
      else json(3)(request, response, url);
    });
    expect(await get()).toBe(3);
    expect(clock.slept).toEqual([1000]);
  });
});

describe('rate budget', () => {
  it('lets a burst through and spaces what follows', async () => {
    const { server, clock, get } = await setup([{ requests: 2, perMs: 1000 }]);
    for (let i = 0; i < 4; i++) await get();
    expect(clock.slept).toEqual([500, 500]);
    expect(server.requests).toHaveLength(4);
  });

  it('refuses at once, and without a request, where the wait would be long', async () => {
    const { server, clock, get } = await setup([{ requests: 1, perMs: 60_000 }]);
    await get();
    await expect(get()).rejects.toMatchObject({
      code: 'CC_SOURCE_RATE_LIMITED',
      message: 'testex has been asked as often as it allows (next try in 60 s).',
    });
    expect(server.requests).toHaveLength(1);
    clock.advance(60_000);
    expect(await get()).toBe(1);
  });

  it('lets what goes in the background leave half of the burst to others, who then do not wait', async () => {
    const { server, clock, http, get } = await setup([{ requests: 10, perMs: 1000, burst: 10 }]);
    const behind = () => http.getJson({ path: '/', schema: z.number(), background: true });
    for (let i = 0; i < 30; i++) await behind();
    const waited = clock.slept.length;
    expect(waited).toBeGreaterThanOrEqual(24);
    for (let i = 0; i < 4; i++) await get();
    expect(clock.slept).toHaveLength(waited);
    expect(server.requests).toHaveLength(34);
    await behind();
    expect(clock.slept).toHaveLength(waited + 1);
  });

  it('refuses what goes in the background where it would wait long, and does not count that against the source', async () => {
    const { server, clock, http } = await setup([{ requests: 2, perMs: 60_000 }]);
    const behind = () => http.getJson({ path: '/', schema: z.number(), background: true });
    await behind();
    await expect(behind()).rejects.toMatchObject({ code: 'CC_BUSY', countsAgainstHealth: false });
    expect(server.requests).toHaveLength(1);
    clock.advance(60_000);
    expect(await behind()).toBe(1);
  });

  it('counts a dear request for as much of the rate as it costs', async () => {
    const { clock, http, get } = await setup([{ requests: 10, perMs: 1000, burst: 10 }]);
    await http.getJson({ path: '/', schema: z.number(), cost: 10 });
    await get();
    await get();
    expect(clock.slept).toEqual([100, 100]);
  });

  it('holds the strictest of several limits', async () => {
    const { clock, get } = await setup([
      { requests: 100, perMs: 1000 },
      { requests: 10, perMs: 10_000, burst: 1 },
    ]);
    await get();
    await get();
    expect(clock.slept).toEqual([1000]);
  });
});
