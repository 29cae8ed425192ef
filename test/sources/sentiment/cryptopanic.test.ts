import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../../src/core/time.ts';
import { createCryptoPanicSource, createQuotaBook } from '../../../src/sources/sentiment/cryptopanic.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { type Handler, json, startServer, text } from '../../support/http-server.ts';
import { NOW_MS, patient, provider } from './feeds.ts';

const TOKEN = 'cryptopanic-token-4711';

/** As the API reference of v2 shows it. */
const ANSWER = {
  next: `https://cryptopanic.com/api/developer/v2/posts/?auth_token=${TOKEN}&page=2`,
  previous: null,
  results: [
    {
      id: 25_123_456,
      slug: 'btc',
      kind: 'news',
      title: 'Bitcoin &amp; Ether rally',
      description: 'x',
      published_at: '2026-06-17T13:00:00Z',
      created_at: '2026-06-17T13:00:00Z',
      url: 'https://cryptopanic.com/news/25123456/click/',
      source: { title: 'CoinDesk', region: 'en', domain: 'CoinDesk.com', type: 'feed' },
      votes: { positive: 12, negative: 3 },
      instruments: [{ code: 'BTC' }],
    },
    { title: 'Without more', published_at: null },
  ],
};

async function panic(handler: Handler, store = new Map<string, unknown>(), perMonth?: number) {
  const server = await startServer(handler);
  const clock = fakeClock(NOW_MS);
  const small = {
    get: async (key: string) => store.get(key),
    set: async (key: string, value: unknown) => store.set(key, value),
  };
  const quota = createQuotaBook(small, 'cryptopanic', (work) => work());
  const make = () =>
    createCryptoPanicSource({
      ...provider(clock),
      baseUrl: server.url,
      token: TOKEN,
      quota,
      ...(perMonth ? { perMonth } : {}),
    });
  return { server, clock, store, make, source: make() };
}

describe('cryptopanic', () => {
  it('gives titles with the outlet they come from, and never its votes', async () => {
    const { server, source } = await panic(json(ANSWER));
    expect(await source.fetchHeadlines(patient)).toEqual([
      {
        guid: '25123456',
        kind: 'news',
        outlet: 'coindesk.com',
        title: 'Bitcoin & Ether rally',
        url: 'https://cryptopanic.com/news/25123456/click/',
        publishedAtMs: Date.UTC(2026, 5, 17, 13),
      },
      {
        guid: 'Without more',
        kind: 'news',
        outlet: 'cryptopanic.com',
        title: 'Without more',
        url: null,
        publishedAtMs: null,
      },
    ]);
    const { pathname, searchParams } = server.requests[0]!.url;
    expect(pathname).toBe('/api/developer/v2/posts/');
    expect(Object.fromEntries(searchParams)).toEqual({ auth_token: TOKEN, public: 'true', kind: 'news' });
  });

  it('spreads the requests of the month, says the same in between, and remembers over a restart', async () => {
    const { server, clock, make, source } = await panic(json(ANSWER));
    await source.fetchHeadlines(patient);
    clock.advance(7 * 3_600_000);
    expect(await source.fetchHeadlines(patient)).toHaveLength(2);
    expect(await make().fetchHeadlines(patient)).toEqual([]);
    expect(server.requests).toHaveLength(1);
    clock.advance(3_600_000);
    await source.fetchHeadlines(patient);
    expect(server.requests).toHaveLength(2);
  });

  it('asks no more once the month is used up, until the next', async () => {
    const store = new Map<string, unknown>([['cryptopanic', { month: '2026-06', used: 100, lastMs: NOW_MS - DAY_MS }]]);
    const { server, clock, source } = await panic(json(ANSWER), store);
    await expect(source.fetchHeadlines(patient)).rejects.toMatchObject({ code: 'CC_SOURCE_RATE_LIMITED' });
    expect(source.health()).toMatchObject({ state: 'down', retryAtMs: Date.UTC(2026, 6, 1) });
    expect(server.requests).toHaveLength(0);
    clock.advance(Date.UTC(2026, 6, 1) - NOW_MS + 1);
    expect(await source.fetchHeadlines(patient)).toHaveLength(2);
    expect(store.get('cryptopanic')).toMatchObject({ month: '2026-07', used: 1 });
  });

  it('counts a request that failed, does not repeat it, and never tells its key', async () => {
    const { server, source, store } = await panic(text(`bad token ${TOKEN}`, 500));
    const error = await source.fetchHeadlines(patient).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'CC_SOURCE_HTTP' });
    expect(server.requests).toHaveLength(1);
    expect(store.get('cryptopanic')).toMatchObject({ used: 1 });
    expect(JSON.stringify([error, (error as Error).message, (error as Error).stack, source.health()])).not.toContain(
      TOKEN,
    );
  });

  it('drops a post without a title, and counts it', async () => {
    const { source } = await panic(json({ results: [...ANSWER.results, { id: 9, title: null }] }));
    expect(await source.fetchHeadlines(patient)).toHaveLength(2);
    expect(source.health()).toMatchObject({ state: 'ok', oddRows: [{ rows: 1 }] });
  });

  it('takes a count it cannot read for none', async () => {
    const { source } = await panic(json(ANSWER), new Map([['cryptopanic', 'garbage']]));
    expect(await source.fetchHeadlines(patient)).toHaveLength(2);
  });
});
