import type { FetchedHeadline } from '../../core/headline.ts';
import { MINUTE_MS } from '../../core/time.ts';
import { createHttpClient, type ProviderOptions } from '../http.ts';
import { FEED_ACCEPT, readFeed } from './read-feed.ts';
import { createRedditPace, REDDIT_HEADERS, REDDIT_TIMEOUT_MS } from './reddit-manners.ts';

/** Reads subreddits as anybody may: the Atom feed of new posts. */
export interface RedditAtom {
  /** The newest posts of a subreddit, 100 at most. */
  newPosts(subreddit: string, signal: AbortSignal): Promise<readonly FetchedHeadline[]>;
}

const NAME = 'reddit-atom';
/** About ten requests a minute are tolerated from one address. */
const RATE_LIMITS = [{ requests: 8, perMs: MINUTE_MS, burst: 6 }];

/** Makes the reader; all subreddits share its pace, because Reddit counts by address. */
export function createRedditAtom(options: ProviderOptions): RedditAtom {
  const http = createHttpClient({
    rateLimits: RATE_LIMITS,

    timeoutMs: REDDIT_TIMEOUT_MS,
    ...options,
    source: NAME,
    headers: { ...REDDIT_HEADERS, Accept: FEED_ACCEPT },
  });
  const pace = createRedditPace(http);
  return {
    async newPosts(subreddit, signal) {
      const answer = await http.getBytes({
        path: `/r/${subreddit}/new/.rss`,
        query: { limit: 100 },
        signal,
        onHeaders: pace,
      });
      if (answer === null) return [];
      return readFeed(NAME, answer, { kind: 'reddit', outlet: `r/${subreddit}`, nowMs: options.now() });
    },
  };
}
