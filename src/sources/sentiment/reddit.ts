import type { Logger } from '../../core/logger.ts';
import type { Clock } from '../../core/time.ts';
import { monitorHeadlines, monitorSource } from '../health.ts';
import type { HeadlineSource } from '../source.ts';
import { SourceError, toSourceFailure } from '../source-error.ts';
import type { RedditAtom } from './reddit-atom.ts';
import type { RedditOAuth } from './reddit-oauth.ts';

/** What a subreddit's name may look like; everything else is refused before it reaches a URL. */
export const SUBREDDIT_PATTERN = /^[A-Za-z0-9_]{2,21}$/;

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
 * three times in a row is left alone for a while, for all subreddits.
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
