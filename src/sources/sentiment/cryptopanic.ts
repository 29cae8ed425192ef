import { z } from 'zod';
import type { FetchedHeadline } from '../../core/sentiment.ts';
import { DAY_MS, utcMonth } from '../../core/time.ts';
import { monitorHeadlines } from '../health.ts';
import { createHttpClient, type ProviderOptions } from '../http.ts';
import { checkRows, type OddRowSink } from '../odd-rows.ts';
import type { HeadlineSource } from '../source.ts';
import { SourceError } from '../source-error.ts';
import { pastMoment } from './feed.ts';
import { plainLine, plainText, webAddress } from './plain-text.ts';

/** Requests made this month, kept across restarts. */
export interface QuotaBook {
  read(): Promise<QuotaUse | null>;
  write(use: QuotaUse): Promise<void>;
  /** Runs work that reads and then writes, while no other process does so; null where one is at it. */
  alone<T>(work: () => Promise<T>): Promise<T | null>;
}

/** How much of the quota is used. */
export interface QuotaUse {
  /** The month in UTC, such as `2026-11`. */
  readonly month: string;
  readonly used: number;
  readonly lastMs: number;
}

const quotaUse = z.object({
  month: z.string().regex(/^\d{4}-\d{2}$/),
  used: z.int().nonnegative(),
  lastMs: z.number(),
});

/** What of a key-value store the book needs; Keyv satisfies it. */
export interface SmallStore {
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown): Promise<unknown>;
}

/**
 * Keeps count of the requests of one provider in a key-value store; what cannot be read counts as nothing used. `alone` keeps other processes out
 * meanwhile.
 */
export function createQuotaBook(store: SmallStore, key: string, alone: QuotaBook['alone']): QuotaBook {
  return {
    alone,
    async read() {
      const kept = quotaUse.safeParse(await store.get(key));
      return kept.success ? kept.data : null;
    },
    async write(next) {
      await store.set(key, next);
    },
  };
}

/** {@link ProviderOptions} and what is particular to CryptoPanic. */
export interface CryptoPanicOptions extends ProviderOptions {
  readonly token: string;
  readonly quota: QuotaBook;
  /** Requests the key allows a month. Default 100, the smallest plan's. */
  readonly perMonth?: number;
}

const NAME = 'cryptopanic';
const MAX_DAYS = 31;
const MAX_GUID_LENGTH = 300;

const answer = z.object({ results: z.array(z.unknown()).max(500) });
const post = z.object({
  id: z.union([z.int(), z.string().max(100)]).nullish(),
  title: z.string(),
  published_at: z.string().max(60).nullish(),
  url: z.string().nullish(),
  source: z.object({ domain: z.string().max(200).nullish() }).nullish(),
});

/**
 * CryptoPanic's news. The month's requests are spread evenly over the month: in between, the last answer is returned again. Throws
 * `CC_SOURCE_RATE_LIMITED` when they are used up.
 */
export function createCryptoPanicSource(options: CryptoPanicOptions): HeadlineSource {
  const { now, token, quota, perMonth = 100 } = options;
  const spacingMs = (MAX_DAYS * DAY_MS) / perMonth;
  const http = createHttpClient({
    timeoutMs: 10_000,
    ...options,
    source: NAME,
    maxRetries: 0,
  });
  let last: readonly FetchedHeadline[] = [];

  /** Takes one request from the month's, or says that it is not time yet. */
  async function book(): Promise<boolean> {
    const nowMs = now();
    const month = utcMonth(nowMs);
    const known = await quota.read();
    const used = known?.month === month ? known.used : 0;
    // A last request in the future was dated by a clock that was ahead.
    if (known && known.lastMs <= nowMs && nowMs - known.lastMs < spacingMs) return false;
    if (used >= perMonth) {
      const retryAtMs = Date.UTC(new Date(nowMs).getUTCFullYear(), new Date(nowMs).getUTCMonth() + 1);
      throw new SourceError(
        NAME,
        'CC_SOURCE_RATE_LIMITED',
        `has been asked ${perMonth} times this month, which is all the key allows.`,
        {
          pause: { waitMs: retryAtMs - nowMs, retryAtMs },
          retryable: true,
        },
      );
    }
    // Before asking: a request that fails counts too.
    await quota.write({ month, used: used + 1, lastMs: nowMs });
    return true;
  }

  async function fetchHeadlines(signal: AbortSignal, odd: OddRowSink): Promise<readonly FetchedHeadline[]> {
    // Another process that books in this moment makes the request.
    if (!(await quota.alone(book))) return last;
    const { results } = await http.getJson({
      path: '/api/developer/v2/posts/',
      query: { auth_token: token, public: 'true', kind: 'news' },
      schema: answer,
      signal,
    });
    const check = checkRows(NAME, odd);
    const posts = check.parse(results, post);
    // A headline without a readable date is one too, so no row is the newest by its time.
    check.finish(posts.length, Number.POSITIVE_INFINITY);
    last = posts.flatMap((one) => {
      const title = plainText(one.title);
      if (title === '') return [];
      const domain = plainLine(one.source?.domain ?? '').toLowerCase();
      return {
        guid: String(one.id ?? one.url ?? title).slice(0, MAX_GUID_LENGTH),
        kind: 'news' as const,
        outlet: /^[a-z0-9.-]{1,100}$/.test(domain) ? domain : 'cryptopanic.com',
        title,
        url: webAddress(one.url),
        publishedAtMs: pastMoment(one.published_at ?? '', now()),
      };
    });
    return last;
  }

  return monitorHeadlines({ name: NAME, kind: 'news', fetchHeadlines }, now);
}
