import { DAY_MS, HOUR_MS } from '../../../core/time.ts';
import { hourOf } from '../grid.ts';
import type { Headline } from '../headlines.ts';
import { StreamRandom, streamId } from '../stream-random.ts';
import {
  type Endpoint,
  element,
  escapeXml,
  json,
  type Simulation,
  type WireAnswer,
  type WireRequest,
  wholeNumber,
} from './endpoint.ts';

/** Coins a subreddit keeps to; every other one speaks of all. */
const TOPICS: Readonly<Record<string, string>> = { bitcoin: 'BTC', ethereum: 'ETH' };
const MAX_POSTS = 1_000;
const MAX_AGE_MS = 90 * DAY_MS;
const TOKEN = 'simulated-token';
const SCORES = streamId('reddit-scores');

/** Reddit: the application's token, listings of new posts that need it, and the Atom feed that does not. */
export function redditEndpoints({ model, posts, now }: Simulation): readonly Endpoint[] {
  async function newPosts(subreddit: string): Promise<Headline[]> {
    const nowMs = now();
    await model.warm(hourOf(nowMs));
    const topic = TOPICS[subreddit.toLowerCase()];
    return posts.latest(nowMs, nowMs - MAX_AGE_MS, MAX_POSTS, ({ symbol }) => !topic || symbol === topic);
  }

  function token({ headers, body }: WireRequest): WireAnswer {
    if (!/^Basic [A-Za-z0-9+/]+=*$/.test(headers.authorization ?? '')) {
      return json({ message: 'Unauthorized', error: 401 }, 401);
    }
    const granted = new URLSearchParams(body).get('grant_type') === 'client_credentials';
    if (!granted) return json({ error: 'unsupported_grant_type' }, 400);
    return json({ access_token: TOKEN, token_type: 'bearer', expires_in: 86_400, scope: '*' });
  }

  async function listing({ query, headers, parts }: WireRequest): Promise<WireAnswer> {
    const subreddit = parts[0]!;
    if (headers.authorization?.toLowerCase() !== `bearer ${TOKEN}`)
      return json({ message: 'Forbidden', error: 403 }, 403);
    const limit = wholeNumber(query.get('limit'), 25, 1, 100) ?? 25;
    const all = await newPosts(subreddit);
    const after = query.get('after');
    const at = after ? all.findIndex((post) => `t3_${post.id}` === after) : -1;
    const rest = after && at < 0 ? [] : all.slice(at + 1);
    const page = rest.slice(0, limit);
    const children = page.map((post) => ({ kind: 't3', data: postData(post, subreddit, model.seed, now()) }));
    const next = rest.length > limit ? `t3_${page[page.length - 1]!.id}` : null;
    const data = { after: next, before: null, dist: children.length, modhash: null, geo_filter: '', children };
    const rate = { 'X-Ratelimit-Used': '1', 'X-Ratelimit-Remaining': '995.0', 'X-Ratelimit-Reset': '300' };
    return json({ kind: 'Listing', data }, 200, rate);
  }

  async function feed({ query, parts }: WireRequest): Promise<WireAnswer> {
    const limit = wholeNumber(query.get('limit'), 25, 1, 100) ?? 25;
    const names = parts[0]!.split('+');
    const lists = await Promise.all(
      names.map(async (subreddit) => (await newPosts(subreddit)).map((post) => ({ ...post, subreddit }))),
    );
    const page = lists
      .flat()
      .sort((a, b) => b.publishedMs - a.publishedMs)
      .slice(0, limit);
    const headers = { 'Content-Type': 'application/atom+xml; charset=UTF-8' };
    return { status: 200, headers, body: atomFeed(parts[0]!, page) };
  }

  return [
    { provider: 'reddit', method: 'POST', path: /^\/api\/v1\/access_token$/, answer: token },
    { provider: 'reddit', method: 'GET', path: /^\/r\/([A-Za-z0-9_]{2,21})\/new\/?$/, answer: listing },
    { provider: 'reddit', method: 'GET', path: /^\/r\/([A-Za-z0-9_+]{2,440})\/new\/?\.rss$/, answer: feed },
  ];
}

function postData(post: Headline, subreddit: string, seed: number, nowMs: number) {
  const random = new StreamRandom().seek(seed, SCORES, Number.parseInt(post.id, 36));
  // Votes come in over the first day, so a score read later knows more than one read early.
  const maturity = 1 - Math.exp(-(nowMs - post.publishedMs) / (6 * HOUR_MS));
  return {
    id: post.id,
    name: `t3_${post.id}`,
    title: post.title,
    selftext: '',
    author: `simulated_${Math.floor(random.uniform() * 500)}`,
    subreddit,
    score: 1 + Math.floor(maturity * Math.exp(3 + 1.5 * random.normal())),
    num_comments: Math.floor(maturity * Math.exp(2 + 1.2 * random.normal())),
    created_utc: post.publishedMs / 1_000,
    permalink: `/r/${subreddit}/comments/${post.id}/`,
    url: `https://reddit.invalid/r/${subreddit}/comments/${post.id}/`,
    over_18: false,
    stickied: false,
  };
}

function atomFeed(name: string, page: readonly (Headline & { readonly subreddit: string })[]): string {
  const entries = page.map((post) => {
    const { subreddit } = post;
    const time = new Date(post.publishedMs).toISOString().replace('.000Z', '+00:00');
    return [
      '<entry><author><name>/u/simulated</name></author>',
      `<category term="${escapeXml(subreddit)}" label="r/${escapeXml(subreddit)}"/>`,
      element('id', `t3_${post.id}`),
      `<link href="https://reddit.invalid/r/${escapeXml(subreddit)}/comments/${post.id}/"/>`,
      element('updated', time),
      element('published', time),
      element('title', post.title),
      '</entry>',
    ].join('');
  });
  const updated = new Date(page[0]?.publishedMs ?? 0).toISOString();
  return `<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom">${element('updated', updated)}${element(
    'id',
    `/r/${name}/new/.rss`,
  )}${element('title', `newest submissions : ${name} (SIMULATED)`)}${entries.join('')}</feed>`;
}
