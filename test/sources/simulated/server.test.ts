import { afterEach, describe, expect, it } from 'vitest';
import { createSimulatedMarket } from '../../../src/sources/simulated/server.ts';
import { getJson, START_MS, startedSimulation } from './running.ts';

const simulation = await startedSimulation();
const klines = `${simulation.url}/api/v3/klines?symbol=BTCUSDT&interval=1d&limit=3`;
afterEach(() => simulation.market.fail('binance', null));

describe('createSimulatedMarket', () => {
  it('listens on loopback and says that it is simulated', async () => {
    expect(simulation.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(await getJson(simulation.url)).toMatchObject({
      status: 'SIMULATED',
      time: new Date(START_MS).toISOString(),
    });
    expect((await fetch(klines)).headers.get('X-Simulated')).toBe('true');
    expect((await fetch(`${simulation.url}/nothing`)).status).toBe(404);
    expect((await fetch(klines, { method: 'DELETE' })).status).toBe(404);
  });

  it('gives the same answers for the same seed and moment, and others for another seed', async () => {
    const same = await createSimulatedMarket({ seed: simulation.market.seed, now: () => START_MS });
    const other = await createSimulatedMarket({ seed: 1, now: () => START_MS });
    const at = (url: string) => getJson(klines.replace(simulation.url, url));
    expect(await at(same.url)).toEqual(await at(simulation.url));
    expect(await at(other.url)).not.toEqual(await at(simulation.url));
    await Promise.all([same.close(), other.close()]);
  });

  it('answers with the status it is told, for that provider alone', async () => {
    simulation.market.fail('binance', { kind: 'status', status: 429, retryAfterS: 7 });
    const response = await fetch(klines);
    expect([response.status, response.headers.get('Retry-After')]).toEqual([429, '7']);
    expect((await fetch(`${simulation.url}/fng/`)).status).toBe(200);
    simulation.market.fail('binance', null);
    expect((await fetch(klines)).status).toBe(200);
  });

  it('sends a page for people instead of data', async () => {
    simulation.market.fail('binance', { kind: 'html' });
    const response = await fetch(klines);
    expect(response.headers.get('Content-Type')).toMatch(/^text\/html/);
    expect(await response.text()).toContain('<html>');
  });

  it('breaks off in the middle of the body', async () => {
    simulation.market.fail('binance', { kind: 'half-body' });
    const response = await fetch(klines);
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
  });

  it('never answers while it hangs, and closes all the same', async () => {
    const hanging = await createSimulatedMarket({ seed: 1, now: () => START_MS });
    hanging.market.fail('binance', { kind: 'hang' });
    let outcome = 'pending';
    const request = fetch(`${hanging.url}/api/v3/ping`).then(
      () => (outcome = 'answered'),
      () => (outcome = 'dropped'),
    );
    // A second request on the same server is answered while the first still waits.
    await getJson(`${hanging.url}/fng/`);
    expect(outcome).toBe('pending');
    await hanging.close();
    await request;
    expect(outcome).toBe('dropped');
  });

  it('refuses a body that is too large', async () => {
    const response = await fetch(`${simulation.url}/api/v1/access_token`, { method: 'POST', body: 'x'.repeat(20_000) });
    expect(response.status).toBe(413);
  });
});
