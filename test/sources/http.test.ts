import { createServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import type { CandlecastError } from '../../src/core/errors.ts';
import { createHttpClient, type HttpClientOptions } from '../../src/sources/http.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { sendGzipBomb } from '../support/gzip-bomb.ts';
import { type Handler, hang, json, startServer, text } from '../support/http-server.ts';

const SECRET = 'sk-very-secret';
const schema = z.object({ price: z.number() });

interface Setup {
  readonly clock: FakeClock;
  readonly get: (signal?: AbortSignal) => Promise<{ price: number }>;
  readonly failure: (signal?: AbortSignal) => Promise<CandlecastError>;
}

/** A client whose URL and headers hold a secret, so that every failure below can be searched for it. */
function client(baseUrl: string, options: Partial<HttpClientOptions> = {}): Setup {
  const clock = fakeClock(1_700_000_000_000);
  const http = createHttpClient({
    source: 'testex',
    baseUrl,
    ...clock,
    random: () => 0.5,
    timeoutMs: 4000,
    headers: { 'x-api-key': SECRET },
    ...options,
  });
  const get = (signal?: AbortSignal) =>
    http.getJson({ path: '/price', query: { auth_token: SECRET }, schema, ...(signal ? { signal } : {}) });
  const failure = async (signal?: AbortSignal) => {
    const error = await get(signal).then(
      () => expect.unreachable('the call should have failed'),
      (reason: CandlecastError) => reason,
    );
    expect(JSON.stringify([error, error.message, error.stack, error.context, error.cause])).not.toContain(SECRET);
    return error;
  };
  return { clock, get, failure };
}

async function against(handler: Handler, options: Partial<HttpClientOptions> = {}) {
  const server = await startServer(handler);
  return { server, ...client(server.url, options) };
}

describe('http client', () => {
  it('keeps a share of a busy rate for other persons, and one for the schedule', async () => {
    const server = await startServer(json({ price: 3 }));
    const clock = fakeClock(1_700_000_000_000);
    const rateLimits = [{ requests: 10, perMs: 600_000, burst: 10 }];
    const http = createHttpClient({ source: 'testex', baseUrl: server.url, ...clock, random: () => 0.5, rateLimits });
    const ask = async (asker?: { readonly userId: string; readonly guildId: string | null }) => {
      const asked = http.getJson({ path: '/price', schema, ...(asker ? { asker } : {}) });
      return asked.then(
        () => 'sent',
        (error: CandlecastError) => error.code,
      );
    };
    const times = async (n: number, userId: string, guildId: string | null) => {
      const outcomes: string[] = [];
      for (let i = 0; i < n; i++) outcomes.push(await ask({ userId, guildId }));
      return outcomes.filter((outcome) => outcome === 'sent').length;
    };
    // With nobody else about, more than a share; then the half that is left is for others.
    expect(await times(20, 'ann', 'g1')).toBe(5);
    expect(await ask({ userId: 'ann', guildId: 'g1' })).toBe('CC_BUSY');
    expect(await times(20, 'ben', null)).toBe(3);
    expect(await times(5, 'cy', null)).toBe(0);
    expect([await ask(), await ask(), await ask()]).toEqual(['sent', 'sent', 'CC_SOURCE_RATE_LIMITED']);
    expect(server.requests).toHaveLength(10);
  });

  it('lets a person who is alone use a rate that is there again within seconds, and leaves room for whoever comes', async () => {
    const server = await startServer(json({ price: 3 }));
    const clock = fakeClock(1_700_000_000_000);
    const rateLimits = [{ requests: 1, perMs: 1_000, burst: 3 }];
    const http = createHttpClient({ source: 'testex', baseUrl: server.url, ...clock, random: () => 0.5, rateLimits });
    const ask = (userId: string) =>
      http.getJson({ path: '/price', schema, asker: { userId, guildId: 'g1' } }).then(
        () => 'sent',
        (error: CandlecastError) => error.code,
      );
    // The candles of hours and of days and the price of one coin, one after the other and at once.
    expect(await Promise.all([ask('ann'), ask('ann'), ask('ann')])).toEqual(['sent', 'sent', 'sent']);
    clock.advance(5_000);
    const many = await Promise.all(Array.from({ length: 20 }, () => ask('ann')));
    expect(many).toContain('CC_BUSY');
    expect(await ask('ben')).toBe('sent');
    // Now there are two, and each has a share.
    const both = await Promise.all(Array.from({ length: 6 }, () => ask('ann')));
    expect(both).toContain('CC_BUSY');
    expect(await ask('cy')).toBe('sent');
  });

  it('returns what the schema describes and names itself to the server', async () => {
    const { server, get } = await against(json({ price: 3, more: true }));
    expect(await get()).toEqual({ price: 3 });
    expect(server.requests[0]!.headers['user-agent']).toMatch(/^candlecast\//);
    expect(server.requests[0]!.headers['x-api-key']).toBe(SECRET);
  });

  it('keeps a path that the base URL has', async () => {
    const server = await startServer(json({ price: 3 }));
    await client(`${server.url}/mirror/`).get();
    expect(server.requests[0]!.url.pathname).toBe('/mirror/price');
  });

  it('reads a gzipped body', async () => {
    const { get } = await against((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{"price":3}'));
    });
    expect(await get()).toEqual({ price: 3 });
  });

  it.each([
    [
      'a web page',
      text('<html>maintenance</html>', 200, { 'content-type': 'text/html' }),
      /a web page instead of JSON/,
    ],
    ['half a document', text('{"price": 3, "mo'), /no complete JSON/],
    ['nothing', text(''), /an empty answer/],
    ['a wrong type', json({ price: `3${SECRET}` }), /another form .*price/],
    ['a list', json([]), /another form/],
  ])('refuses %s', async (_what, handler, words) => {
    const { server, failure } = await against(handler);
    const error = await failure();
    expect(error).toMatchObject({ code: 'CC_SOURCE_BAD_DATA', retryable: false, context: { source: 'testex' } });
    expect(error.message).toMatch(words);
    expect(error.message).toMatch(/^testex /);
    expect(server.requests).toHaveLength(1);
  });

  it('refuses a body that breaks off, after trying again', async () => {
    const { server, failure } = await against((_request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{"price": ');
      setImmediate(() => response.destroy());
    });
    expect(await failure()).toMatchObject({ code: 'CC_SOURCE_BAD_DATA', context: { truncated: true } });
    expect(server.requests).toHaveLength(3);
  });

  it('refuses a body that claims to be gzip and is not', async () => {
    const { failure } = await against(text('not gzip at all', 200, { 'content-encoding': 'gzip' }));
    expect(await failure()).toMatchObject({ code: 'CC_SOURCE_BAD_DATA' });
  });

  it('refuses something that is no HTTP', async () => {
    const server = createServer((socket) => void socket.on('error', () => {}).end('SSH-2.0-OpenSSH_9.6\r\n\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    expect(await client(`http://127.0.0.1:${port}`).failure()).toMatchObject({ code: 'CC_SOURCE_BAD_DATA' });
  });

  it('cuts off a gigabyte of zeros behind a megabyte of gzip, soon and in little memory', async () => {
    let sent: { readonly bytes: number } = { bytes: 0 };
    const { failure } = await against(
      (_request, response) => {
        sent = sendGzipBomb(response);
      },
      { timeoutMs: 20_000 },
    );
    const before = process.memoryUsage().rss;
    const startedAt = performance.now();
    expect(await failure()).toMatchObject({ code: 'CC_SOURCE_TOO_LARGE' });
    expect(performance.now() - startedAt).toBeLessThan(18_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(150e6);
    expect(sent.bytes).toBeGreaterThan(0);
  });

  it.each([
    ['nested more deeply', '['.repeat(100_000)],
    ['with more values', `[${'{},'.repeat(60_000)}{}]`],
    ['with more keys', `{${Array.from({ length: 60_000 }, (_, i) => `"k${i}":1`).join(',')}}`],
    ['longer', `{"price":3,"x":"${'y'.repeat(2 * 1024 * 1024)}"}`],
  ])('refuses JSON %s than any answer, also in a refusal', async (_what, body) => {
    const { failure } = await against(text(body));
    expect(await failure()).toMatchObject({ code: 'CC_SOURCE_TOO_LARGE' });
    const refused = await against(text(body.slice(0, 1_500_000), 400));
    expect(await refused.failure()).toMatchObject({ code: 'CC_SOURCE_HTTP', status: 400 });
  });

  it('counts no brackets inside of texts', async () => {
    const { failure } = await against(text(`{"x":${JSON.stringify('[{":,\\"'.repeat(50_000))}}`));
    // It was parsed, and has no price.
    expect(await failure()).toMatchObject({ code: 'CC_SOURCE_BAD_DATA', message: expect.stringContaining('price') });
  });

  it('cuts off a plain body above the limit', async () => {
    const { failure } = await against(text(`{"price":3,"x":"${'y'.repeat(2000)}"}`), { maxBytes: 1000 });
    expect(await failure()).toMatchObject({ code: 'CC_SOURCE_TOO_LARGE' });
  });

  it('gives up on a server that takes the request and says nothing, without asking again', async () => {
    const { server, failure } = await against(hang, { timeoutMs: 150 });
    const error = await failure();
    expect(error).toMatchObject({ code: 'CC_SOURCE_TIMEOUT', retryable: true });
    expect(error.message).toBe('testex did not answer within 0.15 s.');
    expect(server.requests).toHaveLength(1);
  });

  it('gives up on a server that sends one byte at a time', async () => {
    const { failure } = await against(
      (_request, response) => {
        response.writeHead(200);
        const drip = setInterval(() => response.write(' '), 20);
        response.on('close', () => clearInterval(drip));
      },
      { timeoutMs: 150 },
    );
    expect(await failure()).toMatchObject({ code: 'CC_SOURCE_TIMEOUT' });
  });

  it('says that the connection was refused, after two more tries with growing, jittered pauses', async () => {
    const server = await startServer(hang);
    await server.close();
    const { clock, failure } = client(server.url);
    const error = await failure();
    expect(error).toMatchObject({ code: 'CC_SOURCE_NETWORK', message: 'testex refused the connection.' });
    expect(clock.slept).toEqual([225, 450]);
  });

  it('tries a server error again and returns what then comes', async () => {
    const { server, get } = await against((request, response, url) => {
      if (server.requests.length === 1) text('oops', 500)(request, response, url);
      else json({ price: 4 })(request, response, url);
    });
    expect(await get()).toEqual({ price: 4 });
  });

  it.each([
    [500, 3, true],
    [503, 3, true],
    [451, 1, false],
    [403, 1, false],
    [404, 1, false],
  ])('reports status %i after %i request(s)', async (status, requests, retryable) => {
    const { server, failure } = await against(text(`body with ${SECRET}`, status));
    const error = await failure();
    expect(error).toMatchObject({ code: 'CC_SOURCE_HTTP', retryable, context: { status } });
    expect(error.message).toContain(String(status));
    expect(server.requests).toHaveLength(requests);
  });

  it('lets the caller read what a refusal says', async () => {
    const server = await startServer(json({ code: -1121 }, 400));
    const http = createHttpClient({ source: 'testex', baseUrl: server.url, ...fakeClock(0), random: () => 0 });
    let seen: unknown;
    const call = http.getJson({
      path: '/',
      schema,
      explain: (status, body) => {
        seen = [status, body];
        return null;
      },
    });
    await expect(call).rejects.toMatchObject({ code: 'CC_SOURCE_HTTP' });
    expect(seen).toEqual([400, { code: -1121 }]);
  });

  it('follows a redirect on the same host but not to another one', async () => {
    const other = await startServer(json({ price: 666 }));
    const { server, get, failure } = await against((request, response, url) => {
      if (url.pathname === '/price') response.writeHead(302, { location: '/moved' }).end();
      else json({ price: 5 })(request, response, url);
    });
    expect(await get()).toEqual({ price: 5 });
    server.answer((_request, response) => response.writeHead(302, { location: `${other.url}/price` }).end());
    expect(await failure()).toMatchObject({
      code: 'CC_SOURCE_BAD_DATA',
      message: 'testex redirected to another host, which is not followed.',
    });
    expect(other.requests).toHaveLength(0);
  });

  it('does not run in circles', async () => {
    const { failure } = await against((_request, response) => response.writeHead(302, { location: '/price' }).end());
    expect(await failure()).toMatchObject({ code: 'CC_SOURCE_HTTP' });
  });

  it('ends at once when the caller no longer wants the answer', async () => {
    const { failure, server } = await against(hang, { timeoutMs: 10_000 });
    const controller = new AbortController();
    server.answer(() => controller.abort(Object.assign(new Error('left'), { code: 'LEFT' })));
    expect(await failure(controller.signal)).toMatchObject({ code: 'LEFT' });
  });
});
