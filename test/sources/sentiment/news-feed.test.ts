import { describe, expect, it } from 'vitest';
import { directFeedReader } from '../../../src/sources/sentiment/feed-reader.ts';
import { text } from '../../support/http-server.ts';
import { bytes, feedAt, item, NOW_MS, rss } from './feeds.ts';

// The forms below are those of the publishers' feeds as documented: CoinDesk (Arc), Cointelegraph and WordPress sites, RSS 1.0, RFC 4287.
const ARC = rss(`
<item><title><![CDATA[Bitcoin’s Rally Stalls at $60K & Traders Shrug]]></title>
<link>https://www.paper.example/markets/2026/06/17/rally?utm_source=rss&amp;utm_medium=feed</link>
<guid isPermaLink="false">6f2a-11</guid><dc:creator><![CDATA[A Writer]]></dc:creator>
<pubDate>Wed, 17 Jun 2026 13:30:00 +0000</pubDate>
<description><![CDATA[<p>Some <b>text</b> with <title>traps</title> and <!DOCTYPE html></p>]]></description>
<media:content url="https://paper.example/a.png" xmlns:media="http://search.yahoo.com/mrss/"/></item>
<item><title>Q&amp;amp;A: What&#8217;s next for ETH &amp; SOL?</title><link>https://www.paper.example/b</link>
<pubDate>Wed, 17 Jun 2026 09:00:00 EST</pubDate></item>`);

const ATOM = `<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>Gazette</title><id>tag:x</id><updated>2026-06-17T13:00:00Z</updated>
<entry><title type="html">&lt;b&gt;Ether&lt;/b&gt; climbs, says &amp;#8216;analyst&amp;#8217;</title>
<link rel="edit" href="https://gazette.example/edit/1"/><link rel="alternate" href="https://gazette.example/1?a=1&amp;b=2"/>
<id>tag:gazette.example,2026:1</id><published>2026-06-17T12:00:00+02:00</published><updated>2026-06-17T13:00:00Z</updated>
<content type="html">&lt;p&gt;x&lt;/p&gt;</content></entry>
<entry><title>Fees &lt; $1 on L2</title><link href="https://gazette.example/2"/><id>tag:2</id><updated>2026-06-16T00:00:00Z</updated></entry>
<entry><title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">A <em>third</em> story</div></title><link href="https://gazette.example/3"/><id>tag:3</id><updated>2026-06-15T00:00:00Z</updated></entry></feed>`;

const RDF = `<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>Old</title></channel><item rdf:about="https://old.example/1"><title>An old form still read</title><link>https://old.example/1</link><dc:date>2026-06-17T10:00:00Z</dc:date></item></rdf:RDF>`;

describe('a news feed', () => {
  it('in RSS 2.0 gives titles as people read them, addresses and dates', async () => {
    const { fetch } = await feedAt(bytes(ARC));
    expect(await fetch()).toEqual([
      {
        guid: '6f2a-11',
        kind: 'news',
        outlet: 'paper.example',
        title: 'Bitcoin’s Rally Stalls at $60K & Traders Shrug',
        url: 'https://www.paper.example/markets/2026/06/17/rally?utm_source=rss&utm_medium=feed',
        publishedAtMs: Date.UTC(2026, 5, 17, 13, 30),
      },
      {
        guid: 'https://www.paper.example/b',
        kind: 'news',
        outlet: 'paper.example',
        title: 'Q&A: What’s next for ETH & SOL?',
        url: 'https://www.paper.example/b',
        // 14:00 UTC, which is now.
        publishedAtMs: NOW_MS,
      },
    ]);
  });

  it('in Atom gives HTML and plain titles alike, and the address meant for people', async () => {
    const { fetch } = await feedAt(bytes(ATOM, 'application/atom+xml; charset=utf-8'));
    expect((await fetch()).map(({ guid, title, url, publishedAtMs }) => [guid, title, url, publishedAtMs])).toEqual([
      [
        'tag:gazette.example,2026:1',
        'Ether climbs, says ‘analyst’',
        'https://gazette.example/1?a=1&b=2',
        Date.UTC(2026, 5, 17, 10),
      ],
      ['tag:2', 'Fees < $1 on L2', 'https://gazette.example/2', Date.UTC(2026, 5, 16)],
      ['tag:3', 'A third story', 'https://gazette.example/3', Date.UTC(2026, 5, 15)],
    ]);
  });

  it('that has moved on its host resolves relative links where it is now', async () => {
    const moved = rss('<item><title>T</title><link>story</link></item>');
    const { server, fetch } = await feedAt((request, response, url) => {
      if (url.pathname.startsWith('/blog/')) return bytes(Buffer.from(moved))(request, response, url);
      response.writeHead(301, { location: '/blog/feed.xml?key=hush' }).end();
    });
    expect(await fetch()).toMatchObject([{ url: `${server.url}/blog/story` }]);
  });

  it('in RSS 1.0 is read too', async () => {
    const { fetch } = await feedAt(bytes(RDF, 'application/rdf+xml'));
    expect(await fetch()).toMatchObject([
      { title: 'An old form still read', publishedAtMs: Date.UTC(2026, 5, 17, 10) },
    ]);
  });

  it('gives no date for one that is missing, unreadable or in the future', async () => {
    const dated = (date: string, n: number) =>
      `<item><title>T${n}</title><guid>${n}</guid><pubDate>${date}</pubDate></item>`;
    const dates = ['', 'yesterday', 'Thu, 18 Jun 2026 00:00:00 GMT'];
    const { fetch } = await feedAt(bytes(rss(dates.map(dated).join(''))));
    expect((await fetch()).map(({ publishedAtMs }) => publishedAtMs)).toEqual([null, null, null]);
  });

  it('may be empty, and an item without a title is passed over', async () => {
    expect(await (await feedAt(bytes(rss('')))).fetch()).toEqual([]);
    const { fetch } = await feedAt(bytes(rss(`${item('')}${item('Kept', 'k')}`)));
    expect((await fetch()).map(({ title }) => title)).toEqual(['Kept']);
  });

  it('gives an item once that it holds twice, and a hundred at most', async () => {
    const many = Array.from({ length: 150 }, (_, i) => item(`Title ${i}`, `g${i % 120}`)).join('');
    const { fetch } = await feedAt(bytes(rss(many)));
    expect(await fetch()).toHaveLength(100);
  });

  it('is asked conditionally, and says the same again when it is not modified', async () => {
    const etag = 'W/"abc"';
    const modified = 'Wed, 17 Jun 2026 13:30:00 GMT';
    const { server, fetch } = await feedAt((request, response) => {
      if (request.headers['if-none-match'] === etag) response.writeHead(304).end();
      else response.writeHead(200, { etag, 'last-modified': modified }).end(ARC);
    });
    const first = await fetch();
    expect(await fetch()).toEqual(first);
    expect(server.requests[0]!.headers['if-none-match']).toBeUndefined();
    expect(server.requests[1]!.headers).toMatchObject({ 'if-none-match': etag, 'if-modified-since': modified });
  });

  it('keeps no validators of an answer it could not read', async () => {
    const { server, fetch } = await feedAt(text('<rss><channel>', 200, { etag: '"broken"' }));
    await expect(fetch()).rejects.toMatchObject({ code: 'CC_SOURCE_BAD_DATA' });
    server.answer(bytes(ARC));
    expect(await fetch()).toHaveLength(2);
    expect(server.requests[1]!.headers['if-none-match']).toBeUndefined();
  });

  it('refuses "not modified" from a server that was not asked so', async () => {
    const { fetch } = await feedAt(text('', 304));
    await expect(fetch()).rejects.toMatchObject({ code: 'CC_SOURCE_HTTP', context: { status: 304 } });
  });

  it('is left alone for as long as it asks (429, Retry-After), and its health says so', async () => {
    const { server, clock, source, fetch } = await feedAt(text('slow down', 429, { 'retry-after': '120' }));
    expect(source.health()).toMatchObject({ name: 'paper.example', kind: 'news', state: 'untried' });
    await expect(fetch()).rejects.toMatchObject({ code: 'CC_SOURCE_RATE_LIMITED' });
    expect(source.health()).toMatchObject({ state: 'down', retryAtMs: NOW_MS + 120_000 });
    server.answer(bytes(ARC));
    clock.advance(119_000);
    await expect(fetch()).rejects.toMatchObject({ code: 'CC_SOURCE_RATE_LIMITED' });
    expect(server.requests).toHaveLength(1);
    clock.advance(1_001);
    expect(await fetch()).toHaveLength(2);
    expect(source.health()).toMatchObject({ state: 'ok', lastSuccessMs: clock.now() });
  });

  it('that fails three times in a row is left alone for a while, then tried again', async () => {
    const { server, clock, source, fetch } = await feedAt(text('gone', 404), { rateLimits: [] });
    for (let i = 0; i < 3; i++) await expect(fetch()).rejects.toMatchObject({ context: { status: 404 } });
    await expect(fetch()).rejects.toMatchObject({ code: 'CC_SOURCE_CIRCUIT_OPEN' });
    expect(server.requests).toHaveLength(3);
    expect(source.health().state).toBe('down');
    server.answer(bytes(ARC));
    clock.advance(30_001);
    expect(await fetch()).toHaveLength(2);
    expect(source.health().state).toBe('ok');
  });

  it('may have a query in its address, which no error tells', async () => {
    const { server, source } = await feedAt(text('no', 403), {});
    expect(server.requests).toHaveLength(0);
    const { createNewsFeedSource } = await import('../../../src/sources/sentiment/news-feed.ts');
    const secret = createNewsFeedSource({
      now: () => NOW_MS,
      reader: directFeedReader,
      sleep: async () => {},
      random: () => 0,
      url: `${server.url}/f?key=hush-hush`,
    });
    const error = await secret.fetchHeadlines(new AbortController().signal).catch((reason: unknown) => reason);
    expect(server.requests[0]!.url.search).toBe('?key=hush-hush');
    expect(error).toMatchObject({ code: 'CC_SOURCE_HTTP' });
    expect(JSON.stringify([error, (error as Error).message, (error as Error).stack, secret.health()])).not.toContain(
      'hush',
    );
    expect(source.health().state).toBe('untried');
  });

  it('stops when nobody waits any more', async () => {
    const leaving = new AbortController();
    const { fetch, source } = await feedAt(() => leaving.abort(new Error('enough')));
    await expect(fetch(leaving.signal)).rejects.toThrow('enough');
    expect(source.health().name).toBe('paper.example');
  });
});
