import type { FetchedHeadline } from '../../core/sentiment.ts';
import { MINUTE_MS } from '../../core/time.ts';
import { monitorHeadlines } from '../health.ts';
import { createHttpClient, type ProviderOptions } from '../http.ts';
import type { HeadlineSource } from '../source.ts';
import { FEED_ACCEPT } from './feed.ts';
import type { FeedReader } from './feed-reader.ts';

/** {@link ProviderOptions} and which feed it is. */
export interface NewsFeedOptions extends Omit<ProviderOptions, 'baseUrl'> {
  readonly url: string;
  readonly reader: FeedReader;
  /** Outlet in headlines and name in errors; the host without `www.` where absent. */
  readonly name?: string;
}

const RATE_LIMITS = [{ requests: 4, perMs: MINUTE_MS }];
/** Archives of a hundred thousand items have about as much. */
const MAX_BYTES = 16 * 1024 * 1024;
/** Feeds come from behind caches that may have to fetch them first. */
const TIMEOUT_MS = 10_000;

/**
 * One news feed in RSS or Atom. It is asked conditionally (`If-None-Match`, `If-Modified-Since`); when nothing changed, the last answer is
 * returned again, so that a caller who failed to store it gets a second chance.
 */
export function createNewsFeedSource(options: NewsFeedOptions): HeadlineSource {
  const name = options.name ?? new URL(options.url).hostname.replace(/^www\./, '');
  const http = createHttpClient({
    rateLimits: RATE_LIMITS,
    timeoutMs: TIMEOUT_MS,
    maxBytes: MAX_BYTES,
    ...options,
    baseUrl: options.url,
    source: name,
    headers: { Accept: FEED_ACCEPT },
  });
  let last: { readonly headlines: readonly FetchedHeadline[]; readonly validators: Record<string, string> } | null =
    null;

  async function fetchHeadlines(signal: AbortSignal): Promise<readonly FetchedHeadline[]> {
    const answer = await http.getBytes({ signal, ...(last ? { headers: last.validators } : {}) });
    if (answer === null) return last?.headlines ?? [];
    const headlines = await options.reader.read(
      name,
      answer,
      {
        kind: 'news',
        outlet: name,
        nowMs: options.now(),
        feedUrl: answer.url,
      },
      signal,
    );
    const { etag, lastModified } = answer;
    last = {
      headlines,
      validators: {
        ...(etag ? { 'If-None-Match': etag } : {}),
        ...(lastModified ? { 'If-Modified-Since': lastModified } : {}),
      },
    };
    return headlines;
  }

  return monitorHeadlines({ name, kind: 'news', fetchHeadlines }, options.now);
}
