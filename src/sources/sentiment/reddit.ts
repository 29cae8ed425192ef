import type { FetchedHeadline } from '../../core/headline.ts';
import type { Logger } from '../../core/logger.ts';
import { type Clock, MINUTE_MS } from '../../core/time.ts';
import { monitorHeadlines, monitorSource } from '../health.ts';
import { createHttpClient, type ProviderOptions } from '../http.ts';
import type { HeadlineSource } from '../source.ts';
import { SourceError, toSourceFailure } from '../source-error.ts';
import { FEED_ACCEPT } from './feed.ts';
import type { FeedReader } from './feed-reader.ts';
import { createRedditPacer, REDDIT_HEADERS, REDDIT_TIMEOUT_MS, type RedditOAuth } from './reddit-oauth.ts';

/** Reads subreddits as anybody may: the Atom feed of new posts. */
export interface RedditAtom {
  /** The newest posts of a subreddit, 100 at most. */
  newPosts(subreddit: string, signal: AbortSignal): Promise<readonly FetchedHeadline[]>;
}

const ATOM_NAME = 'reddit-atom';
/** About ten requests a minute are tolerated from one address. */
const RATE_LIMITS = [{ requests: 8, perMs: MINUTE_MS, burst: 6 }];

/** Makes the reader; all subreddits share its pace, because Reddit counts by address. */
export function createRedditAtom(options: ProviderOptions & { readonly reader: FeedReader }): RedditAtom {
  const http = createHttpClient({
    rateLimits: RATE_LIMITS,
    timeoutMs: REDDIT_TIMEOUT_MS,
    ...options,
    source: ATOM_NAME,
    headers: { ...REDDIT_HEADERS, Accept: FEED_ACCEPT },
  });
  const pace = createRedditPacer(http);
  return {
    async newPosts(subreddit, signal) {
      const answer = await http.getBytes({
        path: `/r/${subreddit}/new/.rss`,
        query: { limit: 100 },
        signal,
        onHeaders: pace,
      });
      if (answer === null) return [];
      return options.reader.read(
        ATOM_NAME,
        answer,
        {
          kind: 'reddit',
          outlet: `r/${subreddit}`,
          nowMs: options.now(),
          feedUrl: options.baseUrl,
        },
        signal,
      );
    },
  };
}

/** What {@link createRedditSources} works with. */
export interface RedditOptions {
  readonly subreddits: readonly string[];
  /** Null without credentials. */
  readonly oauth: RedditOAuth | null;
  readonly atom: RedditAtom;
  readonly now: Clock;
  readonly logger: Logger;
}

/**
 * One source a subreddit: read as an application, else from the Atom feed, else down with both reasons. An application that fails
 * three times in a row is not tried for a while, for all subreddits.
 */
export function createRedditSources(options: RedditOptions): readonly HeadlineSource[] {
  const { oauth, atom, now, logger } = options;
  const application = oauth ? monitorSource({ name: 'reddit' }, now, {}, 'reddit') : null;

  return options.subreddits.map((subreddit) => {
    const name = `r/${subreddit}`;
    async function fetchHeadlines(signal: AbortSignal) {
      let first: string | null = null;
      if (oauth && application) {
        try {
          return await application.callUnlessBlocked(() => oauth.newPosts(subreddit, signal));
        } catch (error) {
          signal.throwIfAborted();
          const failure = toSourceFailure('reddit', error);
          first = failure.reason;
          logger.warn({ ...failure, subreddit }, 'reddit cannot be read as an application; trying the Atom feed');
        }
      }
      try {
        return await atom.newPosts(subreddit, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (first === null) throw error;
        const second = toSourceFailure('reddit-atom', error);
        throw new SourceError(name, second.code, `cannot be read. ${first} ${second.reason}`, { retryable: true });
      }
    }
    return monitorHeadlines({ name, kind: 'reddit', fetchHeadlines }, now);
  });
}
