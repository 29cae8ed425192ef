/** The kind of a source of headlines; news and Reddit are aggregated separately. */
export type HeadlineKind = 'news' | 'reddit';

/** A headline as a provider gives it, cleaned: what every sentiment source returns. */
export interface FetchedHeadline {
  /** The provider's own id (guid, link or `t3_…`), 300 characters at most. */
  readonly guid: string;
  readonly kind: HeadlineKind;
  /** Publisher, such as `coindesk.com` or `r/CryptoCurrency`. */
  readonly outlet: string;
  /** Plain text in one line: no markup, entities decoded, no control or bidirectional characters; 300 characters at most. */
  readonly title: string;
  /** An http(s) address, or null. */
  readonly url: string | null;
  /** Publication time by the provider. Feeds change it, so a headline never counts before it was first seen; one published days
   * before that does not count at all. Null when missing, unreadable or in the future. */
  readonly publishedAtMs: number | null;
}

/**
 * Why a headline is kept but does not count. `old`: it had been published days before it was first seen here, or may have been: it has no
 * date, and its outlet was read for the first time, or after days.
 */
export type SetAside = 'language' | 'spam' | 'price-bot' | 'old';

/** A headline as it is kept. */
export interface Headline extends FetchedHeadline {
  /** Stable: made from outlet and guid. */
  readonly id: string;
  /** When this program first saw it: the time from which it may be used; it never changes. */
  readonly firstSeenMs: number;
  /** Coins it mentions, by ticker; empty: the market as a whole. */
  readonly symbols: readonly string[];
  /** The id of the first headline of the same story, its own where it is the first. A story counts once. */
  readonly storyId: string;
  readonly setAside: SetAside | null;
}

/** One day of alternative.me's Fear & Greed index. */
export interface FearGreedDay {
  /** 00:00 UTC of the day it was published, ms: the moment from which it may be used. */
  readonly timeMs: number;
  /** 0 (extreme fear) … 100 (extreme greed). */
  readonly value: number;
}
