import { afterEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { createHttpClient } from '../../src/sources/http.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { json, startServer } from '../support/http-server.ts';

const clientOf = (baseUrl: string) =>
  createHttpClient({ source: 'testex', baseUrl, ...fakeClock(0), random: () => 0.5 });
const request = { path: '/price', schema: z.number() };

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('http client behind a proxy', () => {
  it('goes through the proxy of the environment to the outside', async () => {
    const proxy = await startServer(json(7));
    vi.stubEnv('http_proxy', proxy.url);
    vi.stubEnv('no_proxy', '');
    expect(await clientOf('http://prices.test').getJson(request)).toBe(7);
    expect(proxy.requests[0]!.headers.host).toBe('prices.test');
  });

  it('refuses a redirect to another host there too', async () => {
    const proxy = await startServer((_request, response) =>
      response.writeHead(302, { location: 'http://elsewhere.test/price' }).end(),
    );
    vi.stubEnv('http_proxy', proxy.url);
    vi.stubEnv('no_proxy', '');
    await expect(clientOf('http://prices.test').getJson(request)).rejects.toMatchObject({
      message: 'testex redirected to another host, which is not followed.',
    });
    expect(proxy.requests).toHaveLength(1);
  });

  it('does not send what is on this machine through the proxy', async () => {
    const [proxy, server] = [await startServer(json(7)), await startServer(json(8))];
    vi.stubEnv('http_proxy', proxy.url);
    vi.stubEnv('no_proxy', '');
    expect(await clientOf(server.url).getJson(request)).toBe(8);
    expect(proxy.requests).toHaveLength(0);
  });
});
