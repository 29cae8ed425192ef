import { readdir, readFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS, COMPONENT_HANDLERS } from '../../src/commands/registry.ts';
import { isLocalHost, isSameOrigin } from '../../src/console/security.ts';
import { type ConsoleOptions, type RunningConsole, startConsole } from '../../src/console/server.ts';
import { silentLogger } from '../../src/core/logger.ts';
import type { ForecastRequest } from '../../src/services/forecast/forecast.ts';
import { fakeContext } from '../support/console/fake-context.ts';
import { raw } from './console-client.ts';

const asked: ForecastRequest[] = [];
const options: ConsoleOptions = {
  port: 0,
  context: fakeContext({ asked }),
  commands: COMMANDS,
  components: COMPONENT_HANDLERS,
  logger: silentLogger,
};
let running: RunningConsole;
const JSON_TYPE = { 'content-type': 'application/json' };
const FORECAST = JSON.stringify({ line: '/forecast BTC' });

beforeAll(async () => {
  running = await startConsole(options);
});
afterAll(() => running.close());

const postForecast = (headers: Record<string, string>, body = FORECAST) =>
  raw(running.url, { path: '/api/commands', method: 'POST', headers: { ...JSON_TYPE, ...headers }, body });

describe('who may call', () => {
  it('listens on the loopback address only', async () => {
    expect(running.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const outward = Object.values(networkInterfaces())
      .flat()
      .find((address) => address?.family === 'IPv4' && !address.internal);
    if (!outward) return;
    // Were the console bound to every address, this one would be taken.
    const other = createServer();
    await new Promise<void>((resolve, reject) => {
      other.once('error', reject).listen(Number(new URL(running.url).port), outward.address, resolve);
    });
    other.close();
  });

  it.each(['evil.example', 'evil.example:8787', '127.0.0.1.evil.example', 'localhost.evil.example', '10.0.0.1:8787'])(
    'refuses the host name "%s"',
    async (host) => {
      const answer = await raw(running.url, { path: '/api/state', headers: { host } });
      expect(answer.status).toBe(421);
      expect(answer.body).not.toContain('forecast');
    },
  );

  it('refuses a request that names no host', async () => {
    const socket = connect(Number(new URL(running.url).port), '127.0.0.1');
    socket.end('GET /api/state HTTP/1.0\r\n\r\n');
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString()).toMatch(/^HTTP\/1\.1 421 /);
  });

  it('answers under localhost and a forwarded port', async () => {
    expect((await raw(running.url, { path: '/', headers: { host: 'localhost:9000' } })).status).toBe(200);
  });

  it.each([
    [{ origin: 'https://evil.example' }],
    [{ origin: 'null' }],
    [{ origin: 'http://127.0.0.1:1' }],
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site' }],
  ])('runs nothing for a request with %j', async (headers) => {
    asked.length = 0;
    expect((await postForecast(headers)).status).toBe(403);
    expect((await raw(running.url, { path: '/api/state', headers })).status).toBe(403);
    expect(asked).toEqual([]);
  });

  it('runs a command for its own page and for a program that is no browser', async () => {
    expect((await postForecast({ origin: running.url, 'sec-fetch-site': 'same-origin' })).status).toBe(200);
    expect((await postForecast({})).status).toBe(200);
  });

  it('opens the page from a link elsewhere, but gives no other site leave to read it', async () => {
    const answer = await raw(running.url, { path: '/', headers: { 'sec-fetch-site': 'cross-site' } });
    expect(answer.status).toBe(200);
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    expect(answer.headers['cross-origin-resource-policy']).toBe('same-origin');
  });

  it('reads host names without regard to case and with brackets', () => {
    expect(['LOCALHOST', '[::1]:8787', '127.0.0.1'].map(isLocalHost)).toEqual([true, true, true]);
    expect([undefined, 'localhost:', 'localhost:123456', 'localhost@evil', '[::1'].map(isLocalHost)).toEqual(
      Array.from({ length: 5 }, () => false),
    );
  });

  it('takes an origin for the same only with the same host and port over http', () => {
    const from = (origin: string) => isSameOrigin({ host: '127.0.0.1:8787', origin, fetchSite: undefined });
    expect(from('http://127.0.0.1:8787')).toBe(true);
    expect(from('https://127.0.0.1:8787')).toBe(false);
    expect(from('http://localhost:8787')).toBe(false);
  });
});

describe('what is accepted', () => {
  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', ''])(
    'refuses a body of type "%s", which another site could send unasked',
    async (type) => {
      asked.length = 0;
      expect((await postForecast({ 'content-type': type })).status).toBe(415);
      expect(asked).toEqual([]);
    },
  );

  it.each([
    '',
    'no json',
    '[]',
    '{}',
    '{"line":""}',
    '{"line":1}',
    '{"command":"forecast"}',
    '{"line":"/help","more":1}',
  ])('refuses the body %s', async (body) => {
    const answer = await postForecast({}, body);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({ error: { code: 'CC_USAGE' } });
  });

  it('is not led astray by options named like parts of every object', async () => {
    const body = '{"command":"forecast","options":{"__proto__":{"symbol":"BTC"},"constructor":"x"}}';
    const answer = await postForecast({}, body);
    expect(answer.status === 400 || JSON.parse(answer.body).ok === false).toBe(true);
  });

  it('refuses a body beyond the limit, also when its length is not told', async () => {
    const body = JSON.stringify({ line: `/forecast ${'x'.repeat(20_000)}` });
    expect((await postForecast({}, body)).status).toBe(413);
    expect((await postForecast({ 'transfer-encoding': 'chunked' }, body)).status).toBe(413);
  });

  it.each([
    ['GET', '/api/commands'],
    ['PUT', '/api/press'],
    ['DELETE', '/api/state'],
    ['POST', '/api/state'],
    ['POST', '/'],
  ])('refuses %s %s', async (method, path) => {
    expect((await raw(running.url, { path, method, headers: JSON_TYPE })).status).toBe(405);
  });

  it('knows no other path under the API', async () => {
    expect((await raw(running.url, { path: '/api/../api/secrets' })).status).toBe(404);
  });
});

describe('what is served', () => {
  it.each([
    '/../server.ts',
    '/..%2fserver.ts',
    '/%2e%2e/%2e%2e/package.json',
    '/..\\..\\package.json',
    '//etc/passwd',
    '/main.js/../../../package.json',
    '/tsconfig.json',
    '/index.html%00.js',
    '/.env',
  ])('finds nothing at %s', async (path) => {
    const answer = await raw(running.url, { path });
    expect([400, 404]).toContain(answer.status);
    expect(answer.body).not.toMatch(/candlecast"|root:|startConsole|compilerOptions/);
  });

  it('sends the page under a policy that lets it load and call nothing but itself', async () => {
    const { headers, body } = await raw(running.url, { path: '/' });
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['referrer-policy']).toBe('no-referrer');
    expect(headers['x-frame-options']).toBe('DENY');
    expect(body).not.toMatch(/(src|href)="(https?:)?\/\/|<script>|style="| on\w+="/);
  });

  it('serves every file that the page and its modules name, with its type', async () => {
    // Another page, which is served where there is a record.
    const seen = new Map([['/record/', '']]);
    const waiting = ['/'];
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      if (seen.has(path)) continue;
      const answer = await raw(running.url, { path });
      expect({ path, status: answer.status }).toEqual({ path, status: 200 });
      seen.set(path, String(answer.headers['content-type']));
      for (const [, html, module, css] of answer.body.matchAll(
        /(?:src|href)="(\/[^"]+)"|from '\.(\/[^']+)'|url\("(\/[^"]+)"\)/g,
      )) {
        waiting.push(html ?? module ?? css ?? '/');
      }
    }
    expect(seen.get('/composer.js')).toContain('text/javascript');
    expect(seen.get('/inter-400.ttf')).toBe('font/ttf');
    expect(seen.get('/avatar.svg')).toBe('image/svg+xml');
  });

  it('never parses text as HTML and never asks for the time behind the back of the server', async () => {
    const page = new URL('../../src/console/page/', import.meta.url);
    for (const name of (await readdir(page)).filter((file) => file.endsWith('.js'))) {
      const code = await readFile(new URL(name, page), 'utf8');
      expect(code, name).not.toMatch(
        /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|Date\.now|new Date\(\)/,
      );
    }
  });
});

describe('starting and stopping', () => {
  it('says so when the port is taken', async () => {
    const port = Number(new URL(running.url).port);
    await expect(startConsole({ ...options, port })).rejects.toMatchObject({
      code: 'CC_PORT_IN_USE',
      remedy: expect.stringContaining('CONSOLE_PORT'),
    });
  });

  it('gives the port back when it is closed, even with a connection open', async () => {
    const first = await startConsole(options);
    await raw(first.url, { path: '/', headers: { connection: 'keep-alive' } });
    await first.close();
    const second = await startConsole({ ...options, port: Number(new URL(first.url).port) });
    expect(second.url).toBe(first.url);
    await second.close();
  });
});
