import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Readiness } from '../../src/core/metrics.ts';
import { type ObservationServer, serveObservations } from '../../src/metrics/server.ts';
import { LogRecorder } from '../discord/bot.ts';

let readiness: () => Promise<Readiness>;
let metrics: () => Promise<{ contentType: string; text: string }>;
let log: LogRecorder;
let server: ObservationServer;
beforeEach(async () => {
  readiness = async () => ({ database: { ok: true, reason: 'It answers.' } });
  metrics = async () => ({ contentType: 'text/plain; version=0.0.4; charset=utf-8', text: 'up 1\n' });
  log = new LogRecorder();
  server = await serveObservations({ port: 0, readiness: () => readiness(), metrics: () => metrics(), logger: log });
});
afterEach(() => server.close());
const get = (path: string, method = 'GET') => fetch(`http://127.0.0.1:${server.port}${path}`, { method });

describe('the server of a process’s state', () => {
  it('is alive while it answers', async () => {
    const response = await get('/livez');
    expect([response.status, await response.text()]).toEqual([200, 'alive\n']);
  });

  it('is ready when every check is, and names the one that is not', async () => {
    expect((await get('/readyz')).status).toBe(200);
    const checks = { database: { ok: false, reason: 'It is away.' }, clock: { ok: true, reason: 'It is right.' } };
    readiness = async () => checks;
    const response = await get('/readyz?verbose');
    expect(response.status).toBe(503);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual({ ready: false, checks });
  });

  it('shows metrics in their form', async () => {
    const response = await get('/metrics');
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.text()).toBe('up 1\n');
  });

  it('makes one text for scrapes at the same time', async () => {
    let made = 0;
    let go = () => {};
    const started = new Promise<void>((resolve) => {
      go = resolve;
    });
    metrics = async () => {
      made++;
      await started;
      return { contentType: 'text/plain', text: 'up 1\n' };
    };
    const scrapes = [get('/metrics'), get('/metrics'), get('/metrics')];
    await expect.poll(() => made).toBe(1);
    // The other two have reached the server by then.
    await get('/livez');
    go();
    await Promise.all(scrapes);
    expect(made).toBe(1);
  });

  it('takes GET alone, and knows no other path', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS']) {
      const response = await get('/metrics', method);
      expect([response.status, response.headers.get('allow')], method).toEqual([405, 'GET']);
    }
    expect((await get('/')).status).toBe(404);
    expect((await get('/metrics/')).status).toBe(404);
  });

  it('tells no cause to whoever asks when it cannot answer', async () => {
    metrics = async () => {
      throw new Error('postgres://user:hunter22@db is away');
    };
    const response = await get('/metrics');
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('hunter22');
    expect(log.at('error')).toEqual(['a question about the process could not be answered']);
  });

  it('refuses long headers', async () => {
    const socket = connect(server.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(`GET /livez HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(20_000)}\r\n\r\n`);
    const [first] = (await once(socket, 'data')) as [Buffer];
    expect(first.toString()).toMatch(/^HTTP\/1\.1 431 /);
    socket.destroy();
  });

  it('says what to do about a port that is taken', async () => {
    const again = serveObservations({ port: server.port, readiness, metrics, logger: log });
    await expect(again).rejects.toMatchObject({
      code: 'CC_PORT_IN_USE',
      message: `Port ${server.port} of METRICS_PORT is already in use.`,
      remedy: expect.stringContaining('METRICS_PORT'),
    });
  });
});
