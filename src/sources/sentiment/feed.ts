import type { FetchedHeadline, HeadlineKind } from '../../core/sentiment.ts';
import { SourceError } from '../source-error.ts';
import { parseFeedDate } from './feed-date.ts';
import { decodeFeed } from './feed-encoding.ts';
import { type FeedField, type FeedFields, fieldText, parseFeedXml } from './feed-xml.ts';
import { plainLine, plainText, webAddress } from './plain-text.ts';

/** Sent by those who want a feed. */
export const FEED_ACCEPT =
  'application/rss+xml, application/atom+xml, application/xml;q=0.9, text/xml;q=0.8, */*;q=0.1';

const MAX_GUID_LENGTH = 300;
/** Longer links are no addresses. */
const MAX_LINK_LENGTH = 2000;
/** Longest title made from a description. */
const MAX_MADE_TITLE_LENGTH = 160;

/** What of an answer is read. */
export interface FeedAnswer {
  readonly bytes: Uint8Array;
  readonly contentType: string;
}

/** Whose items they are. */
export interface FeedOrigin {
  readonly kind: HeadlineKind;
  readonly outlet: string;
  readonly nowMs: number;
  /** Address of the feed, against which relative links are resolved. */
  readonly feedUrl?: string;
  /** Where one feed holds several outlets: each by the category of its items in lower case; items of other categories are left out. */
  readonly outletByCategory?: ReadonlyMap<string, string>;
}

/** What a feed says about one item, as text. */
export interface FeedItem {
  readonly guid: string;
  readonly title: string;
  /** Whether the title is HTML; if not, it is taken word by word. */
  readonly titleIsHtml: boolean;
  readonly link: string;
  /** Addresses against which the link is relative, each to the one before and the first to that of the feed. */
  readonly bases?: readonly string[];
  readonly published: string;
  /** Stands in for a missing title. */
  readonly description: string;
  readonly descriptionIsHtml: boolean;
  /** The first of its categories. */
  readonly category: string;
}

/**
 * The headlines of a feed in RSS or Atom, the first hundred, each guid of an outlet once. Throws `CC_SOURCE_BAD_DATA` for anything else, and for
 * a feed of items none of which has a title or a description.
 */
export function readFeed(source: string, answer: FeedAnswer, origin: FeedOrigin): readonly FetchedHeadline[] {
  const { format, items } = parseFeedXml(source, decodeFeed(source, answer.bytes, answer.contentType));
  const headlines = new Map<string, FetchedHeadline>();
  for (const fields of items) {
    const headline = headlineOf(format === 'atom' ? atomItem(fields) : rssItem(fields), origin);
    const key = headline && `${headline.outlet}\n${headline.guid}`;
    if (headline && key && !headlines.has(key)) headlines.set(key, headline);
  }
  if (items.length > 0 && headlines.size === 0) {
    const missing = origin.outletByCategory ? 'item of what was asked for' : 'title';
    throw new SourceError(source, 'CC_SOURCE_BAD_DATA', `sent a feed without a single ${missing}.`);
  }
  return [...headlines.values()];
}

/** Cleans one item; null for one without a title and without a description, and for one of no outlet. */
export function headlineOf(item: FeedItem, origin: FeedOrigin): FetchedHeadline | null {
  const { kind, nowMs, feedUrl, outletByCategory } = origin;
  const outlet = outletByCategory ? outletByCategory.get(item.category.toLowerCase()) : origin.outlet;
  if (outlet === undefined) return null;
  const title = (item.titleIsHtml ? plainText(item.title) : plainLine(item.title)) || startOfDescription(item);
  if (title === '') return null;
  const url = webAddress(resolved(item.link, feedUrl, item.bases)) ?? webAddress(item.guid);
  const guid = plainLine(item.guid || item.link || title).slice(0, MAX_GUID_LENGTH);
  return { guid, kind, outlet, title, url, publishedAtMs: pastMoment(item.published, nowMs) };
}

function startOfDescription({ description, descriptionIsHtml }: FeedItem): string {
  const text = descriptionIsHtml ? plainText(description) : plainLine(description);
  if (text.length <= MAX_MADE_TITLE_LENGTH) return text;
  const space = text.lastIndexOf(' ', MAX_MADE_TITLE_LENGTH - 1);
  return `${plainLine(text.slice(0, space > 0 ? space : MAX_MADE_TITLE_LENGTH - 1))}…`;
}

/** A link as an absolute address. The feed's own query, which may hold a key, never becomes part of it. */
function resolved(link: string, feedUrl: string | undefined, bases: readonly string[] = []): string {
  if (link === '' || link.startsWith('#') || link.length > MAX_LINK_LENGTH) return link;
  if (feedUrl === undefined || URL.canParse(link)) return link;
  let base = new URL(feedUrl);
  base.search = '';
  base.username = '';
  base.password = '';
  for (const own of bases) {
    const next = own.length <= MAX_LINK_LENGTH && URL.canParse(own, base.href) ? new URL(own, base) : base;
    if (webAddress(next.href)) base = next;
  }
  if (!URL.canParse(link, base.href)) return link;
  const url = new URL(link, base);
  // "//name" without a domain is a mistake more often than a host.
  return url.host === base.host || url.hostname.includes('.') ? url.href : link;
}

/** A date of a feed in ms; null when it is missing, unreadable or in the future. */
export function pastMoment(text: string, nowMs: number): number | null {
  const ms = parseFeedDate(text);
  return ms !== null && ms > 0 && ms <= nowMs ? ms : null;
}

/** An item of RSS 0.91 to 2.0 or 1.0. */
function rssItem(fields: FeedFields): FeedItem {
  return {
    guid: fieldText(fields, 'guid'),
    title: fieldText(fields, 'title'),
    // RSS does not say; nearly every publisher writes HTML's entities.
    titleIsHtml: true,
    ...linkOf(fields, 'link', 'atom:link', 'rdf:about'),
    published: fieldText(
      fields,
      'pubdate',
      'dc:date',
      'atom:published',
      'dcterms:issued',
      'dcterms:created',
      'atom:updated',
    ),
    description: fieldText(fields, 'description', 'content:encoded'),
    descriptionIsHtml: true,
    category: fieldText(fields, 'category'),
  };
}

/** An entry of Atom (RFC 4287). */
function atomItem(fields: FeedFields): FeedItem {
  const description = fieldText(fields, 'summary') === '' ? 'content' : 'summary';
  return {
    guid: fieldText(fields, 'id'),
    title: fieldText(fields, 'title'),
    titleIsHtml: isHtml(fields, 'title'),
    ...linkOf(fields, 'link'),
    published: fieldText(fields, 'published', 'updated', 'issued', 'modified'),
    description: fieldText(fields, description),
    descriptionIsHtml: isHtml(fields, description),
    category: fields.get('category')?.[0]?.attributes['term']?.trim() ?? '',
  };
}

function isHtml(fields: FeedFields, name: string): boolean {
  const type = fields.get(name)?.[0]?.attributes['type']?.trim().toLowerCase() ?? '';
  return ['html', 'xhtml', 'text/html', 'application/xhtml+xml'].includes(type);
}

const isMainLink = ({ attributes: { rel = '' } }: FeedField) => ['', 'alternate'].includes(rel.trim().toLowerCase());

/** Where the first of these fields leads that is meant for people, else the first of all. */
function linkOf(fields: FeedFields, ...names: readonly string[]): Pick<FeedItem, 'link' | 'bases'> {
  const address = ({ text, attributes }: FeedField) => attributes['href']?.trim() || text;
  const links = names.flatMap((name) => fields.get(name) ?? []).filter((field) => address(field) !== '');
  const main = links.find(isMainLink) ?? links[0];
  return { link: main ? address(main) : '', bases: main?.bases ?? [] };
}
