import { directFeedReader } from '../../../src/sources/sentiment/feed-reader.ts';
import { createNewsFeedSource, type NewsFeedOptions } from '../../../src/sources/sentiment/news-feed.ts';
import { type FakeClock, fakeClock } from '../../support/fake-clock.ts';
import { type Handler, startServer } from '../../support/http-server.ts';

/** A Wednesday afternoon. */
export const NOW_MS = Date.UTC(2026, 5, 17, 14, 0, 0);

/** A signal nobody fires. */
export const patient = new AbortController().signal;

/** What feeds are given besides their address. */
export function provider(clock: FakeClock = fakeClock(NOW_MS)) {
  return { ...clock, random: () => 0.5 };
}

/** A feed on this machine, asked by the real adapter. */
export async function feedAt(handler: Handler, options: Partial<NewsFeedOptions> = {}) {
  const server = await startServer(handler);
  const clock = fakeClock(NOW_MS);
  const source = createNewsFeedSource({
    ...provider(clock),
    url: `${server.url}/rss/`,
    name: 'paper.example',
    reader: directFeedReader,
    ...options,
  });
  return { server, clock, source, fetch: (signal = patient) => source.fetchHeadlines(signal) };
}

/** Answers with bytes and a content type. */
export function bytes(
  body: Uint8Array | string,
  contentType = 'application/rss+xml',
  headers: Record<string, string> = {},
): Handler {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': contentType, ...headers }).end(body);
  };
}

/** RSS 2.0 around items. */
export function rss(items: string, declaration = '<?xml version="1.0" encoding="UTF-8"?>'): string {
  return `${declaration}<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Paper</title><link>https://paper.example/</link>${items}</channel></rss>`;
}

/** One item of RSS whose title is written as given. */
export function item(title: string, guid = title): string {
  return `<item><title>${title}</title><link>https://paper.example/a</link><guid isPermaLink="false">${guid}</guid></item>`;
}
