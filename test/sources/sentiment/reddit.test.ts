import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/core/logger.ts';
import { directFeedReader } from '../../../src/sources/sentiment/feed-reader.ts';
import { createRedditAtom, createRedditSources } from '../../../src/sources/sentiment/reddit.ts';
import { createRedditOAuth } from '../../../src/sources/sentiment/reddit-oauth.ts';
import type { HeadlineSource } from '../../../src/sources/source.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { type Handler, json, startServer, text } from '../../support/http-server.ts';
import { NOW_MS, patient, provider } from './feeds.ts';

const SECRET = 'reddit-secret-0815';
const SITE = 'https://reddit.example';

/** A listing as https://www.reddit.com/dev/api documents it, with votes, which must not be read, and numbers of comments. */
function listing(names: readonly string[], after: string | null = null, more: object = {}) {
  const children = names.map((name, i) => ({
    kind: 't3',
    data: {
      id: name,
      name: `t3_${name}`,
      title: `Post ${name} &amp; more`,
      selftext: '',
      score: 9000 + i,
      num_comments: 700 + i,
      upvote_ratio: 0.99,
      created_utc: NOW_MS / 1000 - 60 * i,
      permalink: `/r/Bitcoin/comments/${name}/post/`,
      subreddit: 'Bitcoin',
      url: 'https://elsewhere.example/',
      ...more,
    },
  }));
  return { kind: 'Listing', data: { after, before: null, dist: names.length, modhash: '', geo_filter: '', children } };
}

const ATOM = `<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/">
<category term="Bitcoin" label="r/Bitcoin"/><updated>2026-06-17T13:59:00+00:00</updated><id>/r/Bitcoin/new/.rss</id><title>newest submissions : Bitcoin</title>
<entry><author><name>/u/somebody</name><uri>https://www.reddit.com/user/somebody</uri></author><category term="Bitcoin" label="r/Bitcoin"/>
<content type="html">&lt;!-- SC_OFF --&gt;&lt;div class=&quot;md&quot;&gt;text&lt;/div&gt;</content><id>t3_zz9</id>
<link href="https://www.reddit.com/r/Bitcoin/comments/zz9/why/"/><updated>2026-06-17T13:58:00+00:00</updated><published>2026-06-17T13:58:00+00:00</published>
<title>Why I&#39;m holding &amp; not selling &lt;3</title></entry></feed>`;

/** An Atom feed of several subreddits: the category of each entry, and its id. */
const multi = (
  ...entries: readonly (readonly [category: string, id: string])[]
) => `<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><category term="Bitcoin+ethereum+CryptoCurrency" label="multi"/><id>/r/x/new/.rss</id><title>newest submissions</title>${entries
  .map(
    ([category, id]) =>
      `<entry><category term="${category}" label="r/${category}"/><id>t3_${id}</id><link href="https://www.reddit.com/r/${category}/comments/${id}/"/><published>2026-06-17T13:58:00+00:00</published><title>Post ${id}</title></entry>`,
  )
  .join('')}</feed>`;
const THREE = ['Bitcoin', 'ethereum', 'CryptoCurrency'];

interface Reddit {
  token?: Handler;
  listing?: Handler;
  atom?: Handler;
}

/** Speaks Reddit on one port: token, listing, Atom. */
async function reddit(
  parts: Reddit,
  options: { readonly credentials?: boolean; readonly subreddits?: readonly string[] } = {},
) {
  let tokens = 0;
  const grant: Handler = (request, response, url) =>
    json({ access_token: `token-${++tokens}`, token_type: 'bearer', expires_in: 86_400, scope: '*' })(
      request,
      response,
      url,
    );
  const bodies: string[] = [];
  const answers = { token: grant, listing: json(listing(['a', 'b'])), atom: text(ATOM), ...parts };
  const server = await startServer((request, response, url) => {
    if (url.pathname === '/api/v1/access_token') {
      collect(request).then((body) => {
        bodies.push(`${request.method} ${body}`);
        answers.token(request, response, url);
      });
    } else if (url.pathname.endsWith('.rss')) answers.atom(request, response, url);
    else answers.listing(request, response, url);
  });
  const clock = fakeClock(NOW_MS);
  const common = provider(clock);
  const oauth = createRedditOAuth({
    ...common,
    clientId: 'my-app',
    clientSecret: SECRET,
    apiUrl: server.url,
    authUrl: server.url,
    siteUrl: SITE,
  });
  const subreddits = options.subreddits ?? ['Bitcoin'];
  const sources = createRedditSources({
    subreddits,
    oauth: options.credentials === false ? null : oauth,
    atom: createRedditAtom({ ...common, rateLimits: [], reader: directFeedReader, baseUrl: server.url, subreddits }),
    now: clock.now,
    logger: silentLogger,
  });
  const paths = () => server.requests.map(({ url }) => url.pathname);
  return { server, clock, sources, source: sources[0]!, bodies, answers, paths };
}

async function collect(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
}

describe('reddit as an application', () => {
  it('gets a token with its id and secret and reads the newest posts; headlines come without votes or comments', async () => {
    const { server, source, bodies } = await reddit({});
    const posts = await source.fetchHeadlines(patient);
    expect(posts).toEqual([
      {
        guid: 't3_a',
        kind: 'reddit',
        outlet: 'r/Bitcoin',
        title: 'Post a & more',
        url: 'https://reddit.example/r/Bitcoin/comments/a/post/',
        publishedAtMs: NOW_MS,
      },
      expect.objectContaining({ guid: 't3_b', publishedAtMs: NOW_MS - 60_000 }),
    ]);
    expect(JSON.stringify(posts)).not.toMatch(/900|70[01]|score|comments":/);
    expect(bodies).toEqual(['POST grant_type=client_credentials']);
    const [token, page] = server.requests;
    expect(token!.headers.authorization).toBe(`Basic ${Buffer.from(`my-app:${SECRET}`).toString('base64')}`);
    expect(page!.headers.authorization).toBe('Bearer token-1');
    expect(page!.url.pathname).toBe('/r/Bitcoin/new');
    expect(page!.url.searchParams.get('limit')).toBe('100');
    for (const { headers } of server.requests) expect(headers['user-agent']).toMatch(/^node:candlecast:\S+ \(.+\)$/);
  });

  it('tells once how many comments each post of the last answer has, as far as that can be believed', async () => {
    const { source, answers, clock } = await reddit({});
    expect(source.takeReading?.()).toBeNull();
    await source.fetchHeadlines(patient);
    expect(source.takeReading?.()).toEqual({
      outlet: 'r/Bitcoin',
      timeMs: NOW_MS,
      posts: [
        { id: 't3_a', createdAtMs: NOW_MS, comments: 700 },
        { id: 't3_b', createdAtMs: NOW_MS - 60_000, comments: 701 },
      ],
    });
    expect(source.takeReading?.()).toBeNull();
    for (const odd of [-1, 1e12, '7', 1.5, null, undefined]) {
      clock.advance(60_000);
      answers.listing = json(listing(['a'], null, { num_comments: odd }));
      await source.fetchHeadlines(patient);
      expect(source.takeReading?.()?.posts).toEqual([{ id: 't3_a', createdAtMs: NOW_MS, comments: null }]);
    }
  });

  it('counts posts without credentials too, and knows nothing of their comments', async () => {
    const { source } = await reddit({}, { credentials: false });
    await source.fetchHeadlines(patient);
    const reading = source.takeReading?.();
    expect(reading).toMatchObject({ outlet: 'r/Bitcoin', posts: [{ id: 't3_zz9', comments: null }] });
  });

  it('uses one token for all subreddits, also at the same time, until shortly before it ends', async () => {
    const { sources, clock, bodies } = await reddit({}, { subreddits: ['Bitcoin', 'ethereum', 'CryptoCurrency'] });
    await Promise.all(sources.map((source) => source.fetchHeadlines(patient)));
    clock.advance(86_400_000 - 61_000);
    await sources[0]!.fetchHeadlines(patient);
    expect(bodies).toHaveLength(1);
    clock.advance(2_000);
    await sources[0]!.fetchHeadlines(patient);
    expect(bodies).toHaveLength(2);
  });

  it('gets another token when the old one is refused before its time, once', async () => {
    const { source, bodies, answers, paths } = await reddit({
      listing: (request, response, url) =>
        request.headers.authorization === 'Bearer token-1'
          ? json({ message: 'Unauthorized', error: 401 }, 401)(request, response, url)
          : json(listing(['a']))(request, response, url),
    });
    expect(await source.fetchHeadlines(patient)).toHaveLength(1);
    expect(bodies).toHaveLength(2);
    answers.listing = json({ message: 'Forbidden', error: 403 }, 403);
    expect(await source.fetchHeadlines(patient)).toMatchObject([{ guid: 't3_zz9' }]);
    expect(bodies).toHaveLength(3);
    expect(paths().at(-1)).toBe('/r/Bitcoin/new/.rss');
  });

  it('pages back to the newest post of the time before, and not at the first call', async () => {
    const afters: (string | null)[] = [];
    let pages: Record<string, ReturnType<typeof listing>> = { first: listing(['c', 'b', 'a'], 't3_a') };
    const { source } = await reddit({
      listing: (request, response, url) => {
        const after = url.searchParams.get('after');
        afters.push(after);
        json(pages[after ?? 'first'])(request, response, url);
      },
    });
    await source.fetchHeadlines(patient);
    expect(afters).toEqual([null]);
    pages = {
      first: listing(['g', 'f'], 't3_f'),
      t3_f: listing(['e', 'd'], 't3_d'),
      t3_d: listing(['c', 'b'], 't3_b'),
    };
    const posts = await source.fetchHeadlines(patient);
    expect(afters.slice(1)).toEqual([null, 't3_f', 't3_d']);
    expect(posts.map(({ guid }) => guid)).toEqual(['t3_g', 't3_f', 't3_e', 't3_d', 't3_c', 't3_b']);
  });

  it('stops after three pages when the post of the time before is gone', async () => {
    let count = 0;
    const { source, paths } = await reddit({
      listing: (request, response, url) => json(listing([`p${++count}`], `t3_p${count}`))(request, response, url),
    });
    await source.fetchHeadlines(patient);
    await source.fetchHeadlines(patient);
    expect(paths().filter((path) => path === '/r/Bitcoin/new')).toHaveLength(1 + 3);
  });

  it('leaves the host alone once X-Ratelimit-Remaining is used up', async () => {
    const rate = { 'x-ratelimit-remaining': '0.0', 'x-ratelimit-used': '1000', 'x-ratelimit-reset': '240' };
    const { source, paths, clock, answers } = await reddit({
      listing: json(listing(['a']), 200, rate),
      atom: text('no', 403),
    });
    expect(await source.fetchHeadlines(patient)).toHaveLength(1);
    await expect(source.fetchHeadlines(patient)).rejects.toMatchObject({
      message: expect.stringContaining('slow down'),
    });
    expect(paths().filter((path) => path === '/r/Bitcoin/new')).toHaveLength(1);
    answers.listing = json(listing(['b']));
    clock.advance(241_000);
    expect(await source.fetchHeadlines(patient)).toMatchObject([{ guid: 't3_b' }]);
  });

  it.each([
    ['no listing', { error: 404 }],
    [
      'posts of another form',
      { kind: 'Listing', data: { after: null, children: [{ kind: 't3', data: { name: 'x' } }] } },
    ],
    ['more than was asked for', listing(Array.from({ length: 300 }, (_, i) => `n${i}`))],
  ])('falls back to the Atom feed when it is sent %s', async (_what, answer) => {
    const { source } = await reddit({ listing: json(answer) });
    expect(await source.fetchHeadlines(patient)).toMatchObject([{ guid: 't3_zz9' }]);
  });

  it('passes over what is no post and single bad ones', async () => {
    const answer = listing(['a']);
    answer.data.children.push(
      { kind: 'more', data: {} as never },
      { kind: 't3', data: { name: 'bad name', title: 'x' } as never },
    );
    const { source } = await reddit({ listing: json(answer) });
    expect((await source.fetchHeadlines(patient)).map(({ guid }) => guid)).toEqual(['t3_a']);
  });
});

describe('reddit without an application', () => {
  it('reads the Atom feed', async () => {
    const { source, paths } = await reddit({}, { credentials: false });
    expect(await source.fetchHeadlines(patient)).toEqual([
      {
        guid: 't3_zz9',
        kind: 'reddit',
        outlet: 'r/Bitcoin',
        title: "Why I'm holding & not selling <3",
        url: 'https://www.reddit.com/r/Bitcoin/comments/zz9/why/',
        publishedAtMs: Date.UTC(2026, 5, 17, 13, 58),
      },
    ]);
    expect(paths()).toEqual(['/r/Bitcoin/new/.rss']);
  });

  it('is down while the Atom feed asks for fewer requests', async () => {
    const { source, server, clock } = await reddit(
      { atom: text('', 429, { 'x-ratelimit-reset': '300' }) },
      { credentials: false },
    );
    await expect(source.fetchHeadlines(patient)).rejects.toMatchObject({ code: 'CC_SOURCE_RATE_LIMITED' });
    expect(source.health()).toMatchObject({
      name: 'r/Bitcoin',
      kind: 'reddit',
      state: 'down',
      retryAtMs: clock.now() + 300_000,
    });
    await expect(source.fetchHeadlines(patient)).rejects.toMatchObject({ code: 'CC_SOURCE_RATE_LIMITED' });
    expect(server.requests).toHaveLength(1);
  });
});

describe('several subreddits without an application', () => {
  const all = (sources: readonly HeadlineSource[]) =>
    Promise.all(sources.map((source) => source.fetchHeadlines(patient)));

  it('are read with one request a round, each post by the category of its entry', async () => {
    const { sources, paths, answers, server, clock } = await reddit(
      {
        atom: text(
          multi(['Bitcoin', 'b1'], ['Ethereum', 'e1'], ['cryptocurrency', 'c1'], ['Bitcoin', 'b2'], ['pics', 'p1']),
        ),
      },
      { credentials: false, subreddits: THREE },
    );
    const [bitcoin, ethereum, cryptocurrency] = await all(sources);
    expect(paths()).toEqual(['/r/Bitcoin+ethereum+CryptoCurrency/new/.rss']);
    expect(server.requests[0]!.url.searchParams.get('limit')).toBe('100');
    expect(bitcoin!.map(({ guid, outlet }) => [guid, outlet])).toEqual([
      ['t3_b1', 'r/Bitcoin'],
      ['t3_b2', 'r/Bitcoin'],
    ]);
    expect(ethereum).toMatchObject([{ guid: 't3_e1', outlet: 'r/ethereum', kind: 'reddit' }]);
    expect(cryptocurrency).toMatchObject([{ guid: 't3_c1', outlet: 'r/CryptoCurrency' }]);

    clock.advance(900_000);
    answers.atom = text(multi(['ethereum', 'e2']));
    // One after the other, as they come when others take longer.
    const later = [];
    for (const source of sources) later.push((await source.fetchHeadlines(patient)).map(({ guid }) => guid));
    expect(later).toEqual([[], ['t3_e2'], []]);
    expect(paths()).toHaveLength(2);
  });

  it('are named after some answers in which they had no post, until one comes', async () => {
    const { sources, answers, clock } = await reddit(
      { atom: text(multi(['Bitcoin', 'b1'])) },
      { credentials: false, subreddits: ['Bitcoin', 'NoSuchSubreddit'] },
    );
    const [bitcoin, missing] = sources;
    for (let round = 0; round < 3; round++) {
      expect(missing!.health().note).toBeUndefined();
      await all(sources);
      clock.advance(900_000);
    }
    expect(missing!.health()).toMatchObject({ state: 'ok', note: 'no post seen since the start' });
    expect(bitcoin!.health().note).toBeUndefined();
    answers.atom = text(multi(['nosuchsubreddit', 'n1']));
    await all(sources);
    expect(missing!.health().note).toBeUndefined();
    expect(bitcoin!.health().note).toBeUndefined();
  });

  it('are all down, with the reason, when the feed is refused', async () => {
    const { sources, paths, clock, answers } = await reddit(
      { atom: text('no', 429, { 'retry-after': '120' }) },
      { credentials: false, subreddits: THREE },
    );
    await expect(all(sources)).rejects.toMatchObject({ code: 'CC_SOURCE_RATE_LIMITED' });
    expect(paths()).toHaveLength(1);
    for (const source of sources) {
      expect(source.health()).toMatchObject({
        state: 'down',
        retryAtMs: clock.now() + 120_000,
        lastFailure: { reason: expect.stringContaining('slow down') },
      });
    }
    clock.advance(121_000);
    answers.atom = text('no', 403);
    await expect(all(sources)).rejects.toMatchObject({ code: 'CC_SOURCE_HTTP' });
    expect(paths()).toHaveLength(2);
    for (const source of sources) expect(source.health().lastFailure?.reason).toContain('status 403');
    clock.advance(900_000);
    answers.atom = text(multi(['pics', 'p1']));
    await expect(all(sources)).rejects.toMatchObject({ message: expect.stringContaining('of what was asked for') });
  });

  it('are asked for again only when the window that X-Ratelimit names has ended', async () => {
    const rate = { 'x-ratelimit-remaining': '0.0', 'x-ratelimit-used': '1', 'x-ratelimit-reset': '590' };
    const { sources, paths, clock } = await reddit(
      { atom: text(multi(['Bitcoin', 'b1']), 200, rate) },
      { credentials: false, subreddits: THREE },
    );
    await all(sources);
    clock.advance(300_000);
    await expect(all(sources)).rejects.toMatchObject({ code: 'CC_SOURCE_RATE_LIMITED' });
    expect(paths()).toHaveLength(1);
    clock.advance(291_000);
    expect((await all(sources)).flat()).toHaveLength(1);
    expect(paths()).toHaveLength(2);
  });

  it('are asked for again by whoever still waits when the first one gives up', async () => {
    let answered = 0;
    const leaving = new AbortController();
    const { sources } = await reddit(
      {
        atom: (request, response, url) => {
          if (++answered === 1) leaving.abort(new Error('time is up'));
          else text(multi(['ethereum', 'e1']))(request, response, url);
        },
      },
      { credentials: false, subreddits: THREE },
    );
    const first = sources[0]!.fetchHeadlines(leaving.signal);
    const second = sources[1]!.fetchHeadlines(patient);
    await expect(first).rejects.toThrow('time is up');
    expect(await second).toMatchObject([{ guid: 't3_e1' }]);
  });
});

describe('reddit that cannot be read at all', () => {
  it('says why for both ways, never telling the secret or the token', async () => {
    const { source, answers } = await reddit({
      token: json({ message: 'Unauthorized', error: 401 }, 401),
      atom: text('x', 403),
    });
    const failures = [await source.fetchHeadlines(patient).catch((error: unknown) => error)];
    answers.token = json({ access_token: 'token-of-gold', token_type: 'bearer', expires_in: 3600 });
    answers.listing = text('oops', 500);
    failures.push(await source.fetchHeadlines(patient).catch((error: unknown) => error));
    expect(failures[0]).toMatchObject({
      code: 'CC_SOURCE_HTTP',
      message: expect.stringMatching(
        /^r\/Bitcoin cannot be read\. reddit does not accept .*reddit-atom answered with status 403/,
      ),
    });
    expect(failures[1]).toMatchObject({ message: expect.stringMatching(/status 500.*status 403/) });
    for (const failure of failures) {
      const said = JSON.stringify([failure, (failure as Error).message, (failure as Error).stack, source.health()]);
      expect(said).not.toContain(SECRET);
      expect(said).not.toContain(Buffer.from(`my-app:${SECRET}`).toString('base64'));
      expect(said).not.toContain('token-of-gold');
    }
    expect(source.health().state).toBe('degraded');
  });

  it('asks no more for tokens after three refusals, until a while later', async () => {
    const { source, clock, paths } = await reddit({ token: json({ error: 401 }, 401) });
    const asked = () => paths().filter((path) => path.includes('access_token')).length;
    for (let i = 0; i < 5; i++) expect(await source.fetchHeadlines(patient)).toHaveLength(1);
    expect(asked()).toBe(3);
    clock.advance(30_001);
    await source.fetchHeadlines(patient);
    expect(asked()).toBe(4);
  });
});
