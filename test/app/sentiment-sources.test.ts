import { describe, expect, it } from 'vitest';
import { configuredSentiment } from '../../src/app/sentiment-sources.ts';
import { loadConfig, SECRET_SETTINGS } from '../../src/config.ts';
import { silentLogger } from '../../src/core/logger.ts';
import type { QuotaBook } from '../../src/sources/sentiment/cryptopanic.ts';
import { json, startServer, text } from '../support/http-server.ts';

const provider = { now: () => Date.UTC(2026, 5, 17), sleep: async () => {}, random: () => 0.5 };
const quota: QuotaBook = { read: async () => null, write: async () => {}, alone: (work) => work() };
const sources = (environment: Record<string, string>) =>
  configuredSentiment(loadConfig({}, environment), provider, quota, silentLogger);
const names = (environment: Record<string, string>) => sources(environment).headlines.map(({ name }) => name);

describe('the sources of sentiment that the settings name', () => {
  it('are five papers and three subreddits unless said otherwise, and CryptoPanic only with a key', () => {
    const usual = [
      'coindesk.com',
      'cointelegraph.com',
      'decrypt.co',
      'theblock.co',
      'bitcoinmagazine.com',
      'r/CryptoCurrency',
      'r/Bitcoin',
      'r/ethereum',
    ];
    expect(names({})).toEqual(usual);
    expect(names({ CRYPTOPANIC_TOKEN: 'key' })).toEqual([...usual, 'cryptopanic']);
    expect(sources({}).fearGreed.name).toBe('fear-greed');
  });

  it('may be none', () => {
    expect(names({ NEWS_FEEDS: 'off', SUBREDDITS: 'OFF' })).toEqual([]);
  });

  it('have names of their own, also when they share a host', () => {
    const NEWS_FEEDS =
      'https://www.a.example/one,https://a.example/two,https://b.example/x?key=1,https://c.example/f,https://c.example/f';
    expect(names({ NEWS_FEEDS, SUBREDDITS: 'off' })).toEqual([
      'a.example/one',
      'a.example/two',
      'b.example',
      'c.example/f',
      'c.example/f (2)',
    ]);
  });

  it.each([
    { NEWS_FEEDS: 'ftp://a.example/feed' },
    { NEWS_FEEDS: 'a.example' },
    { SUBREDDITS: 'Bit coin' },
    { SUBREDDITS: '../api' },
    { REDDIT_URL: 'reddit' },
  ])('are refused when they are wrong: %o', (environment) => {
    expect(() => loadConfig({}, environment)).toThrow(Object.keys(environment)[0]);
  });

  it('need both halves of Reddit’s credentials', () => {
    expect(() => sources({ REDDIT_CLIENT_ID: 'x' })).toThrow('REDDIT_CLIENT_SECRET');
    expect(() => sources({ REDDIT_CLIENT_SECRET: 'x' })).toThrow('REDDIT_CLIENT_ID');
    expect(SECRET_SETTINGS).toEqual(expect.arrayContaining(['REDDIT_CLIENT_SECRET', 'CRYPTOPANIC_TOKEN']));
  });

  it('are asked where the settings say', async () => {
    const server = await startServer((request, response, url) => {
      if (url.pathname === '/api/v1/access_token')
        json({ access_token: 't', token_type: 'bearer', expires_in: 60 })(request, response, url);
      else if (url.pathname === '/feed/') text('<rss><channel></channel></rss>')(request, response, url);
      else if (url.pathname === '/fng/') json({ data: [] })(request, response, url);
      else json({ kind: 'Listing', data: { after: null, children: [] }, results: [] })(request, response, url);
    });
    const { headlines, fearGreed } = sources({
      NEWS_FEEDS: `${server.url}/feed/`,
      SUBREDDITS: 'Bitcoin',
      REDDIT_URL: server.url,
      REDDIT_AUTH_URL: server.url,
      REDDIT_CLIENT_ID: 'id',
      REDDIT_CLIENT_SECRET: 'secret',
      FEARGREED_URL: server.url,
      CRYPTOPANIC_TOKEN: 'key',
      CRYPTOPANIC_URL: server.url,
    });
    const { signal } = new AbortController();
    for (const source of headlines) expect(await source.fetchHeadlines(signal)).toEqual([]);
    expect(await fearGreed.fetchDays(0, signal)).toEqual([]);
    expect(server.requests.map(({ url }) => url.pathname)).toEqual([
      '/feed/',
      '/api/v1/access_token',
      '/r/Bitcoin/new',
      '/api/developer/v2/posts/',
      '/fng/',
    ]);
  });
});
