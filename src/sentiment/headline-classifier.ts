import { createHash } from 'node:crypto';
import type { Asset } from '../core/asset.ts';
import type { Headline } from '../core/sentiment.ts';
import { DAY_MS } from '../core/time.ts';
import { createCoinRecognizer } from './coin-recognition.ts';
import { loadLanguageDetector, reasonToSetAside } from './headline-filter.ts';
import { createStoryIndex, STORY_WINDOW_MS } from './story-index.ts';

/** The id a headline is stored under: the same for the same outlet and guid, 32 hexadecimal digits. */
export function headlineId(outlet: string, guid: string): string {
  return createHash('sha256').update(`${outlet}\n${guid}`).digest('hex').slice(0, 32);
}

/** What the classifier adds to a headline: its coins, its story, and why it does not count, or null. */
export type ClassifiedHeadline = Pick<Headline, 'symbols' | 'storyId' | 'setAside'>;

/**
 * A headline published longer than this before it was first seen does not count: feeds show weeks of old headlines when they are read for
 * the first time, or after a long pause. Dates without a time or a zone are a day or so off, so one day would be too little.
 */
export const OLD_MS = 2 * DAY_MS;

/** Classifies headlines in the order they were first seen. */
export interface HeadlineClassifier {
  /**
   * Coins, story and whether it counts; null where the same outlet published the same words within the last 48 hours, under whatever
   * guid, so that it need not be kept again. A headline that is set aside is a story of its own. `undatedIsOld`: nothing shows that a
   * headline without a date is new.
   */
  classify(
    headline: Pick<Headline, 'id' | 'outlet' | 'title' | 'publishedAtMs' | 'firstSeenMs'>,
    options?: { readonly undatedIsOld?: boolean },
  ): ClassifiedHeadline | null;
  /** Replaces the list of coins that later headlines are searched for. */
  setAssets(assets: readonly Asset[]): void;
  /** Adds a headline that was classified and stored before, as after a restart. */
  remember(headline: Headline): void;
}

/** Makes a classifier that searches for the coins of a list, with its language detector; it remembers the headlines of 48 hours. */
export async function createHeadlineClassifier(assets: readonly Asset[]): Promise<HeadlineClassifier> {
  await loadLanguageDetector();
  let recognizer = createCoinRecognizer(assets);
  const stories = createStoryIndex();
  /** Outlet and words of each headline → when it was first seen, the oldest first. */
  const seen = new Map<string, number>();

  function evictOld(nowMs: number): void {
    for (const [words, seenMs] of seen) {
      if (seenMs >= nowMs - STORY_WINDOW_MS) break;
      seen.delete(words);
    }
  }

  return {
    classify(headline, { undatedIsOld = false } = {}) {
      const { id, outlet, title, publishedAtMs, firstSeenMs } = headline;
      evictOld(firstSeenMs);
      const words = wordsKey(outlet, title);
      // Moved to the end: what a feed goes on showing under ever new guids does not become new after 48 hours.
      const repeated = seen.delete(words);
      seen.set(words, firstSeenMs);
      if (repeated) return null;
      const isOld = publishedAtMs === null ? undatedIsOld : publishedAtMs < firstSeenMs - OLD_MS;
      const setAside = reasonToSetAside(title, recognizer.words) ?? (isOld ? 'old' : null);
      const symbols = recognizer.symbolsIn(title);
      return { symbols, setAside, storyId: setAside === null ? stories.assign(headline) : id };
    },
    setAssets(others) {
      recognizer = createCoinRecognizer(others);
    },
    remember(headline) {
      evictOld(headline.firstSeenMs);
      seen.set(wordsKey(headline.outlet, headline.title), headline.firstSeenMs);
      if (headline.setAside === null) stories.remember(headline, headline.storyId);
    },
  };
}

/** Outlet and words, without case and punctuation but for what numbers hold. */
function wordsKey(outlet: string, title: string): string {
  const words = title.toLowerCase().match(/\d+(?:[.,]\d+)*%?|\p{L}+|[$€£]/gu) ?? [title];
  return `${outlet}\n${words.join(' ')}`;
}
