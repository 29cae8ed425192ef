import type { FetchedHeadline } from '../../core/headline.ts';
import type { BytesAnswer } from '../http.ts';
import { SourceError } from '../source-error.ts';
import { atomItems } from './atom.ts';
import { type FeedOrigin, headlineOf, MOST_ITEMS } from './feed-item.ts';
import { decodeFeed } from './feed-text.ts';
import { parseFeedXml } from './feed-xml.ts';
import { rssItems } from './rss.ts';

/** Sent by those who want a feed. */
export const FEED_ACCEPT =
  'application/rss+xml, application/atom+xml, application/xml;q=0.9, text/xml;q=0.8, */*;q=0.1';

/**
 * The headlines of a feed in RSS or Atom, the first hundred, each guid once. Throws `CC_SOURCE_BAD_DATA` for anything else, and for
 * a feed of items none of which has a title.
 */
export function readFeed(source: string, answer: BytesAnswer, origin: FeedOrigin): readonly FetchedHeadline[] {
  const document = parseFeedXml(source, decodeFeed(source, answer.bytes, answer.contentType));
  const items = rssItems(document) ?? atomItems(document);
  if (!items) throw new SourceError(source, 'CC_SOURCE_BAD_DATA', 'sent XML that is neither RSS nor Atom.');
  const headlines = new Map<string, FetchedHeadline>();
  for (const item of items.slice(0, MOST_ITEMS)) {
    const headline = headlineOf(item, origin);
    if (headline && !headlines.has(headline.guid)) headlines.set(headline.guid, headline);
  }
  if (items.length > 0 && headlines.size === 0) {
    throw new SourceError(source, 'CC_SOURCE_BAD_DATA', 'sent a feed without a single title.');
  }
  return [...headlines.values()];
}
