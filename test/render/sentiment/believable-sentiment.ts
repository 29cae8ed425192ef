import type { Headline, SentimentReading, SentimentReport, SentimentViews } from '../../../src/core/sentiment.ts';
import { DAY_MS, HOUR_MS } from '../../../src/core/time.ts';

const NOW_MS = Date.UTC(2026, 10, 21, 14);

const reading = (timeMs: number, score: number | null, count: number): SentimentReading => ({
  timeMs,
  score,
  count,
  unusual: count > 100 ? 2 : 0.1,
});
const views = (timeMs: number, scale: number): SentimentViews => ({
  news: reading(timeMs, 0.21 * scale, 80),
  reddit: reading(timeMs, -0.08 * scale, 63),
  together: reading(timeMs, 0.12 * scale, 143),
});

/** A headline as it is kept. */
export function believableHeadline(overrides: Partial<Headline> = {}): Headline {
  return {
    id: 'a1',
    guid: 'https://coindesk.com/1',
    kind: 'news',
    outlet: 'coindesk.com',
    title: 'Bitcoin climbs as fees fall',
    url: 'https://coindesk.com/1',
    publishedAtMs: NOW_MS - 2 * HOUR_MS,
    firstSeenMs: NOW_MS - HOUR_MS,
    symbols: ['BTC'],
    storyId: 'a1',
    setAside: null,
    ...overrides,
  };
}

/** What `/sentiment` shows on a day with news and talk. */
export function believableSentiment(overrides: Partial<SentimentReport> = {}): SentimentReport {
  return {
    asset: { symbol: 'BTC', name: 'Bitcoin', rank: 1, marketCapUsd: 2e12, stablecoin: false },
    nowMs: NOW_MS,
    coin: views(NOW_MS, 1),
    market: views(NOW_MS, 0.5),
    weekAgo: { coin: views(NOW_MS - 7 * DAY_MS, -0.5), market: views(NOW_MS - 7 * DAY_MS, 0.2) },
    fearGreed: {
      now: { timeMs: NOW_MS - 14 * HOUR_MS, value: 39 },
      weekAgo: { timeMs: NOW_MS - 7 * DAY_MS - 14 * HOUR_MS, value: 52 },
    },
    top: [
      {
        headline: believableHeadline(),
        score: 0.4,
        weight: 0.031,
        terms: [
          { text: 'climbs', weight: 0.3 },
          { text: 'fees fall', weight: 0.1 },
        ],
      },
    ],
    setAside: { language: 3, spam: 1, 'price-bot': 12, old: 4, duplicate: 30 },
    series: Array.from({ length: 121 }, (_, i) => views(NOW_MS - (120 - i) * 6 * HOUR_MS, Math.sin(i / 12))),
    sources: [
      { name: 'coindesk.com', kind: 'news', state: 'ok', lastSuccessMs: NOW_MS, lastFailure: null, retryAtMs: null },
      {
        name: 'reddit',
        kind: 'reddit',
        state: 'down',
        lastSuccessMs: null,
        lastFailure: { atMs: NOW_MS, code: 'CC_SOURCE_RATE_LIMITED', reason: 'Reddit asked us to slow down.' },
        retryAtMs: NOW_MS + HOUR_MS,
      },
    ],
    sinceMs: NOW_MS - 40 * DAY_MS,
    simulated: false,
    ...overrides,
  };
}
