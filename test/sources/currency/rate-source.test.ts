import { afterEach, describe, expect, it } from 'vitest';
import { DAY_MS } from '../../../src/core/time.ts';
import { createRateSource, type RateSourceName } from '../../../src/sources/currency/rate-source.ts';
import { startServer } from '../../support/http-server.ts';

const NOW = Date.UTC(2026, 10, 30, 12);
const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const server of opened.splice(0)) await server.close();
});

/** A source over a server that always answers with that body. */
async function over(kind: RateSourceName, body: string, type = 'application/json') {
  const asked: string[] = [];
  const server = await startServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(200, { 'content-type': type });
    response.end(body);
  });
  opened.push(server);
  const options = { baseUrl: server.url, now: () => NOW, sleep: async () => undefined, random: () => 0.5 };
  return { source: createRateSource(kind, options), asked };
}

const ecb = (day: string, cubes: string) =>
  `<?xml version="1.0" encoding="UTF-8"?><gesmes:Envelope><Cube><Cube time='${day}'>${cubes}</Cube></Cube></gesmes:Envelope>`;
const frankfurter = (more: object = {}) =>
  JSON.stringify({ amount: 1.0, base: 'USD', date: '2026-11-27', rates: { EUR: 0.92, XXX: 3 }, ...more });

describe('reference rates', () => {
  it('of the European Central Bank are for one euro, and are turned into those of a dollar', async () => {
    const cubes = `<Cube currency='USD' rate='1.08'/><Cube currency='GBP' rate='0.864'/><Cube currency='ZZZ' rate='2'/>`;
    const { source, asked } = await over('ecb', ecb('2026-11-30', cubes), 'text/xml');
    const rates = await source.fetchRates();
    expect(asked).toEqual(['/stats/eurofxref/eurofxref-daily.xml']);
    expect(rates).toEqual([
      { currency: 'EUR', perUsd: 1 / 1.08, day: '2026-11-30', source: 'ecb' },
      { currency: 'GBP', perUsd: 0.864 / 1.08, day: '2026-11-30', source: 'ecb' },
    ]);
    expect(source.health()).toMatchObject({ state: 'ok' });
  });

  it('of frankfurter.dev and of open.er-api.com are for one dollar', async () => {
    const first = await over('frankfurter', frankfurter());
    expect(await first.source.fetchRates()).toEqual([
      { currency: 'EUR', perUsd: 0.92, day: '2026-11-27', source: 'frankfurter' },
    ]);
    expect(first.asked).toEqual(['/v1/latest?base=USD']);
    const body = {
      result: 'success',
      base_code: 'USD',
      time_last_update_unix: NOW / 1_000,
      rates: { USD: 1, ARS: 1_000 },
    };
    const second = await over('er-api', JSON.stringify(body));
    expect(await second.source.fetchRates()).toEqual([
      { currency: 'ARS', perUsd: 1_000, day: '2026-11-30', source: 'er-api' },
    ]);
  });

  it.each<[RateSourceName, string, string]>([
    ['ecb', 'a page instead', '<html><body>Just a moment</body></html>'],
    ['ecb', 'no dollar', ecb('2026-11-30', `<Cube currency='GBP' rate='0.8'/>`)],
    ['ecb', 'a rate of nothing', ecb('2026-11-30', `<Cube currency='USD' rate='0'/>`)],
    ['ecb', 'a day that there is not', ecb('2026-02-31', `<Cube currency='USD' rate='1.1'/>`)],
    ['frankfurter', 'a negative rate', frankfurter({ rates: { EUR: -1 } })],
    ['frankfurter', 'no day', frankfurter({ date: 'yesterday' })],
    ['frankfurter', 'a day to come', frankfurter({ date: new Date(NOW + 3 * DAY_MS).toISOString().slice(0, 10) })],
    ['er-api', 'an error', JSON.stringify({ result: 'error' })],
  ])('of %s that are %s are refused', async (kind, _what, body) => {
    const { source } = await over(kind, body);
    await expect(source.fetchRates()).rejects.toMatchObject({ code: 'CC_SOURCE_BAD_DATA' });
  });
});
