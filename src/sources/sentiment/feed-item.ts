import type { FetchedHeadline, HeadlineKind } from '../../core/headline.ts';
import { plainLine, plainText, webAddress } from './plain-text.ts';

/** What a feed says about one item, as text. */
export interface FeedItem {
  readonly guid: string;
  readonly title: string;
  /** Whether the title is HTML; if not, it is taken word by word. */
  readonly titleIsHtml: boolean;
  readonly link: string;
  readonly published: string;
}

/** Items taken from one answer: feeds hold 10 to 100. */
export const MOST_ITEMS = 100;
const LONGEST_GUID = 300;

/** Whose items they are. */
export interface FeedOrigin {
  readonly kind: HeadlineKind;
  readonly outlet: string;
  readonly nowMs: number;
}

/** Cleans one item; null for one without a title. */
export function headlineOf(item: FeedItem, { kind, outlet, nowMs }: FeedOrigin): FetchedHeadline | null {
  const title = item.titleIsHtml ? plainText(item.title) : plainLine(item.title);
  if (title === '') return null;
  const url = webAddress(item.link) ?? webAddress(item.guid);
  const guid = plainLine(item.guid || item.link || title).slice(0, LONGEST_GUID);
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
