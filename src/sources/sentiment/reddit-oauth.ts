import { z } from 'zod';
import type { FetchedHeadline } from '../../core/sentiment.ts';
import { MINUTE_MS, steadyClock } from '../../core/time.ts';
import { createHttpClient, type HttpClient, type HttpRequest, type ProviderOptions } from '../http.ts';
import { SourceError } from '../source-error.ts';
import { plainText, webAddress } from './plain-text.ts';

/** Reddit refuses user agents that many share; this form is the one it asks for. */
export const REDDIT_HEADERS = { 'User-Agent': 'node:candlecast:0.1 (self-hosted Discord forecast bot)' } as const;

export const REDDIT_TIMEOUT_MS = 10_000;
/** No window of Reddit's is longer. */
const MAX_RESET_S = 3600;

/** Reads `X-Ratelimit-*` of each answer and pauses the client until the window ends once no request remains. */
export function createRedditPacer(
  http: Pick<HttpClient, 'pause'>,
): (headers: Readonly<Record<string, unknown>>) => void {
  return (headers) => {
    const remaining = numberOf(headers['x-ratelimit-remaining']);
    const resetS = numberOf(headers['x-ratelimit-reset']);
    if (remaining !== null && resetS !== null && remaining < 1) http.pause(Math.min(resetS, MAX_RESET_S) * 1000);
  };
}

function numberOf(header: unknown): number | null {
  return typeof header === 'string' && /^\d{1,7}(\.\d{1,6})?$/.test(header.trim()) ? Number(header) : null;
}

/** Where applications read when Reddit itself serves them. */
export const REDDIT_OAUTH_URL = 'https://oauth.reddit.com';

/** {@link ProviderOptions} with what an application of Reddit has. */
export interface RedditOAuthOptions extends Omit<ProviderOptions, 'baseUrl'> {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly apiUrl: string;
  readonly authUrl: string;
  /** Where posts are shown to people. */
  readonly siteUrl: string;
}

/** A post, and its comments so far; null where Reddit does not say. */
export interface RedditPost {
  readonly headline: FetchedHeadline;
  readonly comments: number | null;
}

/** Reads subreddits as a registered application, with one token for all. */
export interface RedditOAuth {
  /** The newest posts of a subreddit, 300 at most; after the first call only as far back as the one before. */
  newPosts(subreddit: string, signal: AbortSignal): Promise<readonly RedditPost[]>;
}

const NAME = 'reddit';
const PER_PAGE = 100;
const MAX_PAGES = 3;
/** A token is not used in its last minute. */
const TOKEN_MARGIN_MS = MINUTE_MS;
/** 100 requests a minute are allowed. */
const RATE_LIMITS = [{ requests: 90, perMs: MINUTE_MS, burst: 20 }];

/** No post has more; a larger number is not believed. */
const MAX_COMMENTS = 10_000_000;

const tokenAnswer = z.object({
  access_token: z.string().min(1).max(4000),
  token_type: z.string().regex(/^bearer$/i),
  expires_in: z.number().positive().max(10_000_000),
});
/** Votes are not read at all: seen later, they would tell how a post was received. Comments are only counted, apart from the headlines. */
const post = z.object({
  name: z.string().regex(/^t3_[a-z0-9]{1,20}$/i),
  title: z.string(),
  created_utc: z.number().nonnegative(),
  permalink: z.string().optional(),
  num_comments: z.number().int().nonnegative().max(MAX_COMMENTS).nullable().catch(null).default(null),
});
const listing = z.object({
  kind: z.literal('Listing'),
  data: z.object({
    after: z.string().max(100).nullable(),
    children: z.array(z.object({ kind: z.string(), data: z.unknown() })).max(PER_PAGE + 10),
  }),
});

/** Makes the reader. Token and listings share their pace, as Reddit counts them together. */
export function createRedditOAuth(options: RedditOAuthOptions): RedditOAuth {
  const { clientId, clientSecret } = options;
  const steady = steadyClock(options.now);
  const client = (baseUrl: string) =>
    createHttpClient({
      rateLimits: RATE_LIMITS,
      timeoutMs: REDDIT_TIMEOUT_MS,
      ...options,
      baseUrl,
      source: NAME,
      headers: REDDIT_HEADERS,
    });
  const auth = client(options.authUrl);
  const api = client(options.apiUrl);
  const pace = createRedditPacer(api);
  const newest = new Map<string, string>();
  let token: { readonly text: string; readonly untilMs: number } | null = null;
  let underWay: Promise<string> | null = null;

  async function requestToken(): Promise<string> {
    const answer = await auth.getJson({
      path: '/api/v1/access_token',
      form: { grant_type: 'client_credentials' },
      headers: { Authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}` },
      schema: tokenAnswer,
      explain: (status) =>
        status === 400 || status === 401
          ? new SourceError(
              NAME,
              'CC_SOURCE_HTTP',
              `does not accept the application's id and secret (status ${status}).`,
              {
                status,
                remedy: 'Check REDDIT_CLIENT_ID and REDDIT_CLIENT_SECRET; the Atom feed is read meanwhile.',
              },
            )
          : null,
    });
    token = { text: answer.access_token, untilMs: steady() + Math.max(0, answer.expires_in * 1000 - TOKEN_MARGIN_MS) };
    return answer.access_token;
  }

  async function currentToken(): Promise<string> {
    if (token && token.untilMs > steady()) return token.text;
    // Three subreddits at once need one token.
    underWay ??= requestToken().finally(() => {
      underWay = null;
    });
    return underWay;
  }

  /** Asks with the token, and once more with a new one where the old is refused: Reddit may withdraw it before its time. */
  async function page(request: HttpRequest): Promise<z.infer<typeof listing>> {
    for (let attempt = 0; ; attempt++) {
      const used = await currentToken();
      try {
        const headers = { Authorization: `Bearer ${used}` };
        return await api.getJson({ ...request, headers, schema: listing, onHeaders: pace });
      } catch (error) {
        const status = error instanceof SourceError ? error.status : null;
        if (attempt > 0 || (status !== 401 && status !== 403)) throw error;
        if (token?.text === used) token = null;
      }
    }
  }

  return {
    async newPosts(subreddit, signal) {
      const until = newest.get(subreddit);
      const posts = new Map<string, RedditPost>();
      let first: string | null = null;
      let after: string | null = null;
      for (let pages = 0; pages < MAX_PAGES; pages++) {
        const query = { limit: PER_PAGE, raw_json: 1, ...(after ? { after } : {}) };
        const { data } = await page({ path: `/r/${subreddit}/new`, query, signal });
        let met = false;
        for (const child of data.children) {
          const parsed = post.safeParse(child.data);
          if (child.kind !== 't3' || !parsed.success) continue;
          first ??= parsed.data.name;
          met ||= parsed.data.name === until;
          const headline = toHeadline(parsed.data, subreddit, options);
          if (headline) posts.set(headline.guid, { headline, comments: parsed.data.num_comments });
        }
        if (data.children.length > 0 && posts.size === 0) {
          throw new SourceError(
            NAME,
            'CC_SOURCE_BAD_DATA',
            'sent a listing without a single post of the form it documents.',
          );
        }
        after = data.after;
        // At the first call the newest page will do: what is older was not first seen now.
        if (met || !after || until === undefined) break;
      }
      if (first) newest.set(subreddit, first);
      return [...posts.values()];
    },
  };
}

function toHeadline(
  data: z.infer<typeof post>,
  subreddit: string,
  { now, siteUrl }: RedditOAuthOptions,
): FetchedHeadline | null {
  const title = plainText(data.title);
  if (title === '') return null;
  const createdMs = data.created_utc * 1000;
  const path = data.permalink ?? '';
  return {
    guid: data.name,
    kind: 'reddit',
    outlet: `r/${subreddit}`,
    title,
    url: path.startsWith('/r/') ? webAddress(new URL(path, siteUrl).href) : null,
    publishedAtMs: createdMs > 0 && createdMs <= now() ? createdMs : null,
  };
}
