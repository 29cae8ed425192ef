import type { Config } from '../config.ts';
import { CandlecastError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { PROVIDER_URLS } from '../core/sources.ts';
import type { ProviderOptions } from '../sources/http.ts';
import { createCryptoPanicSource, type QuotaBook } from '../sources/sentiment/cryptopanic.ts';
import { createFearGreedSource } from '../sources/sentiment/fear-greed.ts';
import { createFeedReader, type FeedReader } from '../sources/sentiment/feed-reader.ts';
import { createNewsFeedSource } from '../sources/sentiment/news-feed.ts';
import { createRedditAtom, createRedditSources } from '../sources/sentiment/reddit.ts';
import { createRedditOAuth, REDDIT_OAUTH_URL } from '../sources/sentiment/reddit-oauth.ts';
import { FEED_PATHS } from '../sources/simulated/wire/feeds.ts';
import type { FearGreedSource, HeadlineSource } from '../sources/source.ts';
import { SIMULATED_TIMEOUT_MS } from './market-sources.ts';

/** The sources of headlines and of the Fear & Greed index. */
export interface SentimentSources {
  readonly headlines: readonly HeadlineSource[];
  readonly fearGreed: FearGreedSource;
  /** The worker that reads feeds. */
  readonly reader: FeedReader;
  /** Ends the worker that reads feeds. */
  close(): Promise<void>;
}

type Provider = Pick<ProviderOptions, 'now' | 'sleep' | 'random' | 'clockCheck' | 'metrics'>;

/** Subreddits of the simulated Reddit, and the host in its posts' links. */
const SIMULATED_SUBREDDITS = ['CryptoCurrency', 'Bitcoin', 'ethereum'];
const SIMULATED_SITE = 'https://reddit.invalid';

/**
 * The sources that the settings name. `quota` keeps the requests made to CryptoPanic across restarts. Throws `CC_CONFIG_INVALID`
 * when only half of Reddit's credentials is there.
 */
export function configuredSentiment(
  config: Config,
  provider: Provider,
  quota: QuotaBook,
  logger: Logger,
): SentimentSources {
  const reader = createFeedReader();
  const names = feedNames(config.NEWS_FEEDS);
  const token = config.CRYPTOPANIC_TOKEN;
  return {
    headlines: [
      ...config.NEWS_FEEDS.map((url, i) => createNewsFeedSource({ ...provider, reader, url, name: names[i]! })),
      ...createRedditSources({
        subreddits: config.SUBREDDITS,
        oauth: redditApplication(config, provider),
        atom: createRedditAtom({
          ...provider,
          reader,
          baseUrl: config.REDDIT_URL,
          subreddits: config.SUBREDDITS,
        }),
        now: provider.now,
        logger,
      }),
      ...(token ? [createCryptoPanicSource({ ...provider, baseUrl: config.CRYPTOPANIC_URL, token, quota })] : []),
    ],
    fearGreed: createFearGreedSource({ ...provider, baseUrl: config.FEARGREED_URL }),
    reader,
    close: () => reader.close(),
  };
}

/** The same providers, pointed at a simulated market. */
export function simulatedSentiment(url: string, provider: Provider, logger: Logger): SentimentSources {
  const reader = createFeedReader();
  const options = { ...provider, rateLimits: [], timeoutMs: SIMULATED_TIMEOUT_MS };
  const credentials = { clientId: 'simulated', clientSecret: 'simulated' };
  return {
    headlines: [
      ...FEED_PATHS.map((path) => {
        const paper = path.replace(/^.*\/|\.\w+$/g, '');
        return createNewsFeedSource({ ...options, reader, url: `${url}${path}`, name: `${paper}.invalid` });
      }),
      ...createRedditSources({
        subreddits: SIMULATED_SUBREDDITS,
        oauth: createRedditOAuth({ ...options, ...credentials, apiUrl: url, authUrl: url, siteUrl: SIMULATED_SITE }),
        atom: createRedditAtom({ ...options, reader, baseUrl: url, subreddits: SIMULATED_SUBREDDITS }),
        now: provider.now,
        logger,
      }),
    ],
    fearGreed: createFearGreedSource({ ...options, baseUrl: url }),
    reader,
    close: () => reader.close(),
  };
}

function redditApplication(config: Config, provider: Provider) {
  const { REDDIT_CLIENT_ID: clientId, REDDIT_CLIENT_SECRET: clientSecret, REDDIT_URL: siteUrl } = config;
  if (!clientId && !clientSecret) return null;
  if (!clientId || !clientSecret) {
    const missing = clientId ? 'REDDIT_CLIENT_SECRET' : 'REDDIT_CLIENT_ID';
    throw new CandlecastError(
      'CC_CONFIG_INVALID',
      `These settings are wrong: ${missing}: is missing beside the other.`,
    );
  }
  // Reddit's API for applications has its own host; a custom host is assumed to serve both.
  const apiUrl = siteUrl === PROVIDER_URLS.REDDIT_URL ? REDDIT_OAUTH_URL : siteUrl;
  return createRedditOAuth({ ...provider, clientId, clientSecret, apiUrl, authUrl: config.REDDIT_AUTH_URL, siteUrl });
}

/** The host of each feed, with the path where several feeds share one; feeds of the same address get a number. */
function feedNames(urls: readonly string[]): string[] {
  const hosts = urls.map((url) => new URL(url).host.replace(/^www\./, ''));
  const longer = urls.map((url, i) =>
    hosts.filter((host) => host === hosts[i]).length > 1
      ? `${hosts[i]}${new URL(url).pathname}`.slice(0, 80)
      : hosts[i]!,
  );
  return longer.map((name, i) => {
    const before = longer.slice(0, i).filter((other) => other === name).length;
    return before === 0 ? name : `${name} (${before + 1})`;
  });
}
