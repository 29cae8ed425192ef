import type { FetchedHeadline, HeadlineKind } from '../../core/headline.ts';
import type { BytesAnswer } from '../http.ts';
import { SourceError } from '../source-error.ts';
import {
  attribute,
  childNode,
  children,
  childText,
  decodeFeed,
  isNode,
  parseFeedXml,
  type XmlNode,
} from './feed-xml.ts';
import { plainLine, plainText, webAddress } from './plain-text.ts';

/** Sent by those who want a feed. */
export const FEED_ACCEPT =
  'application/rss+xml, application/atom+xml, application/xml;q=0.9, text/xml;q=0.8, */*;q=0.1';

/** Items taken from one answer: feeds hold 10 to 100. */
const MAX_ITEMS = 100;
const MAX_GUID_LENGTH = 300;

/** Whose items they are. */
export interface FeedOrigin {
  readonly kind: HeadlineKind;
  readonly outlet: string;
  readonly nowMs: number;
}

/** What a feed says about one item, as text. */
export interface FeedItem {
  readonly guid: string;
  readonly title: string;
  /** Whether the title is HTML; if not, it is taken word by word. */
  readonly titleIsHtml: boolean;
  readonly link: string;
  readonly published: string;
}

/**
 * The headlines of a feed in RSS or Atom, the first hundred, each guid once. Throws `CC_SOURCE_BAD_DATA` for anything else, and for
 * a feed of items none of which has a title.
 */
export function readFeed(source: string, answer: BytesAnswer, origin: FeedOrigin): readonly FetchedHeadline[] {
  const document = parseFeedXml(source, decodeFeed(source, answer.bytes, answer.contentType));
  const items = rssItems(document) ?? atomItems(document);
  if (!items) throw new SourceError(source, 'CC_SOURCE_BAD_DATA', 'sent XML that is neither RSS nor Atom.');
  const headlines = new Map<string, FetchedHeadline>();
  for (const item of items.slice(0, MAX_ITEMS)) {
    const headline = headlineOf(item, origin);
    if (headline && !headlines.has(headline.guid)) headlines.set(headline.guid, headline);
  }
  if (items.length > 0 && headlines.size === 0) {
    throw new SourceError(source, 'CC_SOURCE_BAD_DATA', 'sent a feed without a single title.');
  }
  return [...headlines.values()];
}

/** Cleans one item; null for one without a title. */
export function headlineOf(item: FeedItem, { kind, outlet, nowMs }: FeedOrigin): FetchedHeadline | null {
  const title = item.titleIsHtml ? plainText(item.title) : plainLine(item.title);
  if (title === '') return null;
  const url = webAddress(item.link) ?? webAddress(item.guid);
  const guid = plainLine(item.guid || item.link || title).slice(0, MAX_GUID_LENGTH);
  return { guid, kind, outlet, title, url, publishedAtMs: pastMoment(item.published, nowMs) };
}

/** A date of RFC 822 or ISO 8601 in ms; null when it is missing, unreadable or in the future. */
export function pastMoment(text: string, nowMs: number): number | null {
  const ms = text.length > 60 ? Number.NaN : Date.parse(inUtc(text.trim()));
  return Number.isFinite(ms) && ms > 0 && ms <= nowMs ? ms : null;
}

/** A time without a zone is UTC, not whatever zone this machine is in; a day alone is UTC already. */
function inUtc(text: string): string {
  if (!/\d:\d/.test(text) || /(?:[a-z]|[+-]\d{2}:?\d{2})$/i.test(text)) return text;
  return /^\d{4}-\d{2}-\d{2}[T ]/.test(text) ? `${text.replace(' ', 'T')}Z` : `${text} GMT`;
}

/** The items of RSS 0.91 to 2.0 (in the channel) or 1.0 (beside it), or null where the document is none. */
function rssItems(document: XmlNode): readonly FeedItem[] | null {
  const rss = childNode(document, 'rss');
  const rdf = childNode(document, 'rdf:RDF');
  const holder = rss ? childNode(rss, 'channel') : rdf;
  if (!holder) return rss ? [] : null;
  return children(holder, 'item')
    .filter(isNode)
    .map((item) => ({
      guid: childText(item, 'guid'),
      title: childText(item, 'title'),
      // RSS does not say; nearly every publisher writes HTML's entities.
      titleIsHtml: true,
      link: childText(item, 'link'),
      published: childText(item, 'pubDate') || childText(item, 'dc:date'),
    }));
}

/** The entries of an Atom feed (RFC 4287), or null where the document is none. */
function atomItems(document: XmlNode): readonly FeedItem[] | null {
  const feed = childNode(document, 'feed');
  if (!feed) return null;
  return children(feed, 'entry')
    .filter(isNode)
    .map((entry) => ({
      guid: childText(entry, 'id'),
      title: childText(entry, 'title'),
      titleIsHtml: /^x?html$/i.test(attribute(children(entry, 'title')[0], 'type')),
      link: linkOf(entry),
      published: childText(entry, 'published') || childText(entry, 'updated'),
    }));
}

function linkOf(entry: XmlNode): string {
  const links = children(entry, 'link');
  const main = links.find((link) => ['', 'alternate'].includes(attribute(link, 'rel'))) ?? links[0];
  return attribute(main, 'href');
}
