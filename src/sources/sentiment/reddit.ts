import type { Logger } from '../../core/logger.ts';
import type { FetchedHeadline, TalkReading } from '../../core/sentiment.ts';
import { type Clock, MINUTE_MS } from '../../core/time.ts';
import { monitorHeadlines, monitorSource } from '../health.ts';
import { createHttpClient, type ProviderOptions } from '../http.ts';
import type { HeadlineSource } from '../source.ts';
import { SourceError, toSourceFailure } from '../source-error.ts';
import { FEED_ACCEPT } from './feed.ts';
import type { FeedReader } from './feed-reader.ts';
import {
  createRedditPacer,
  REDDIT_HEADERS,
  REDDIT_TIMEOUT_MS,
  type RedditOAuth,
  type RedditPost,
} from './reddit-oauth.ts';

/** Reads subreddits as anybody may: the Atom feed of new posts. */
export interface RedditAtom {
  /** The newest posts of one of the subreddits, as they stand among the 100 newest of all. */
  newPosts(subreddit: string, signal: AbortSignal): Promise<readonly FetchedHeadline[]>;
}

const ATOM_NAME = 'reddit-atom';
/** Reddit grants an address without an account about one request a minute, and says so in each answer. */
const RATE_LIMITS = [{ requests: 2, perMs: MINUTE_MS }];
/** Answers after which a subreddit that was in none of them is named: it may be quiet, or there may be no such one. */
const ANSWERS_BEFORE_NOTE = 3;
/** For how long an answer serves the subreddits that have not taken it yet. */
const SHARED_MS = 2 * MINUTE_MS;

interface SharedAnswer {
  readonly askedMs: number;
  readonly posts: Promise<readonly FetchedHeadline[]>;
  readonly taken: Set<string>;
}

/**
 * Makes the reader. One request (`/r/a+b+c/new/.rss`) serves all subreddits, because Reddit counts by address and would refuse the second;
 * each of them takes an answer, or its failure, once.
 */
export function createRedditAtom(
  options: ProviderOptions & { readonly reader: FeedReader; readonly subreddits: readonly string[] },
): RedditAtom {
  const { subreddits, now } = options;
  const http = createHttpClient({
    rateLimits: RATE_LIMITS,
    timeoutMs: REDDIT_TIMEOUT_MS,
    ...options,
    source: ATOM_NAME,
    headers: { ...REDDIT_HEADERS, Accept: FEED_ACCEPT },
  });
  const pace = createRedditPacer(http);
  const outletByCategory = new Map(subreddits.map((name) => [name.toLowerCase(), outletOf(name)]));
  let shared: SharedAnswer | null = null;

  async function fetchAll(signal: AbortSignal): Promise<readonly FetchedHeadline[]> {
    const answer = await http.getBytes({
      path: `/r/${subreddits.join('+')}/new/.rss`,
      query: { limit: 100 },
      signal,
      onHeaders: pace,
    });
    if (answer === null) return [];
    const origin = {
      kind: 'reddit',
      outlet: 'reddit',
      nowMs: now(),
      feedUrl: options.baseUrl,
      outletByCategory,
    } as const;
    return options.reader.read(ATOM_NAME, answer, origin, signal);
  }

  return {
    async newPosts(subreddit, signal) {
      for (;;) {
        signal.throwIfAborted();
        let answer = shared;
        const isOwn = !answer || answer.taken.has(subreddit) || now() - answer.askedMs >= SHARED_MS;
        if (!answer || isOwn) {
          answer = { askedMs: now(), posts: fetchAll(signal), taken: new Set() };
          shared = answer;
        }
        answer.taken.add(subreddit);
        try {
          return (await answer.posts).filter(({ outlet }) => outlet === outletOf(subreddit));
        } catch (error) {
          // Another who no longer waits has called it off, and it has to be asked for again.
          if (isOwn || error instanceof SourceError || signal.aborted) throw error;
          if (shared === answer) shared = null;
        }
      }
    },
  };
}

function outletOf(subreddit: string): string {
  return `r/${subreddit}`;
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
    const name = outletOf(subreddit);
    let answers = 0;
    let hasPosted = false;
    let reading: TalkReading | null = null;

    async function fetchHeadlines(signal: AbortSignal) {
      const posts = await fetchPosts(signal);
      answers++;
      hasPosted ||= posts.length > 0;
      const seen = posts.map(({ headline: { guid, publishedAtMs }, comments }) => ({
        id: guid,
        createdAtMs: publishedAtMs,
        comments,
      }));
      reading = { outlet: name, timeMs: now(), posts: seen };
      return posts.map(({ headline }) => headline);
    }

    async function fetchPosts(signal: AbortSignal): Promise<readonly RedditPost[]> {
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
        return (await atom.newPosts(subreddit, signal)).map((headline) => ({ headline, comments: null }));
      } catch (error) {
        signal.throwIfAborted();
        if (first === null) throw error;
        const second = toSourceFailure('reddit-atom', error);
        throw new SourceError(name, second.code, `cannot be read. ${first} ${second.reason}`, { retryable: true });
      }
    }
    const monitored = monitorHeadlines({ name, kind: 'reddit', fetchHeadlines }, now);
    return {
      ...monitored,
      takeReading: () => {
        const taken = reading;
        reading = null;
        return taken;
      },
      health: () => ({
        ...monitored.health(),
        ...(!hasPosted && answers >= ANSWERS_BEFORE_NOTE ? { note: 'no post seen since the start' } : {}),
      }),
    };
  });
}
