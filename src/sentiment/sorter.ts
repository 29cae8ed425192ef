import type { Asset } from '../core/asset.ts';
import type { Headline, SetAside } from '../core/headline.ts';
import { DAY_MS } from '../core/time.ts';
import { isEnglish } from './language.ts';
import { createCoinRecogniser } from './recognise.ts';
import { createStoryIndex, STORY_WINDOW_MS } from './same-story.ts';
import { writtenBy } from './spam.ts';

/** What is worked out about a headline when it is first seen. */
export type SortedHeadline = Pick<Headline, 'symbols' | 'storyId' | 'setAside'>;

/**
 * What was published longer than this before it was first seen tells nothing of now: the weeks that a feed shows when it is read for the
 * first time, or after a long pause. Dates without a time or a zone are a day or so off, so one day would be too little.
 */
export const OLD_MS = 2 * DAY_MS;

/** Sorts headlines in the order they were first seen. */
export interface HeadlineSorter {
  /**
   * Coins, story and whether it counts; null where the same outlet had the same words within the last 48 hours, under whatever
   * guid, so that it need not be kept again. What is set aside is a story of its own.
   */
  sort(headline: Pick<Headline, 'id' | 'outlet' | 'title' | 'publishedAtMs' | 'firstSeenMs'>): SortedHeadline | null;
  /** Looks for the coins of another list from now on. */
  lookFor(assets: readonly Asset[]): void;
  /** Takes note of a headline that is kept already. */
  remember(headline: Headline): void;
}

/** Makes a sorter for the coins of a list; it remembers 48 hours. */
export function createHeadlineSorter(assets: readonly Asset[]): HeadlineSorter {
  let recogniser = createCoinRecogniser(assets);
  const stories = createStoryIndex();
  /** In the order of being seen. */
  const said = new Map<string, number>();

  function forget(nowMs: number): void {
    for (const [words, seenMs] of said) {
      if (seenMs >= nowMs - STORY_WINDOW_MS) break;
      said.delete(words);
    }
  }

  return {
    sort(headline) {
      const { id, outlet, title, publishedAtMs, firstSeenMs } = headline;
      forget(firstSeenMs);
      const words = saidBy(outlet, title);
      if (said.has(words)) return null;
      said.set(words, firstSeenMs);
      const isOld = publishedAtMs !== null && publishedAtMs < firstSeenMs - OLD_MS;
      const setAside = reasonAgainst(title, recogniser.words) ?? (isOld ? 'old' : null);
      const symbols = recogniser.symbolsIn(title);
      return { symbols, setAside, storyId: setAside === null ? stories.assign(headline) : id };
    },
    lookFor(others) {
      recogniser = createCoinRecogniser(others);
    },
    remember(headline) {
      forget(headline.firstSeenMs);
      said.set(saidBy(headline.outlet, headline.title), headline.firstSeenMs);
      if (headline.setAside === null) stories.remember(headline, headline.storyId);
    },
  };
}

/** Outlet and words, without case and punctuation but for what numbers hold. */
function saidBy(outlet: string, title: string): string {
  const words = title.toLowerCase().match(/\d+(?:[.,]\d+)*%?|\p{L}+|[$€£]/gu) ?? [title];
  return `${outlet}\n${words.join(' ')}`;
}

function reasonAgainst(title: string, names: ReadonlySet<string>): Exclude<SetAside, 'old'> | null {
  return writtenBy(title, names) ?? (isEnglish(title) ? null : 'language');
}
