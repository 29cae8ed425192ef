import { HOUR_MS } from '../core/time.ts';
import { areContradictory, COMMON_WORDS, countNames, storyWords, TRADE_WORDS } from './story-words.ts';

/** A headline as the index takes it. */
export interface StoryHeadline {
  readonly id: string;
  readonly title: string;
  readonly firstSeenMs: number;
}

/** Recent headlines by story; headlines come in the order they were first seen. */
export interface StoryIndex {
  /**
   * Adds a headline and returns its story: the story of the most similar headline of the last 48 hours, or, where none is similar
   * enough, the headline's own id.
   */
  assign(headline: StoryHeadline): string;
  /** Adds a headline whose story is known already, as after a restart. */
  remember(headline: StoryHeadline, storyId: string): void;
}

/** Headlines join a story for this long after its first one. */
export const STORY_WINDOW_MS = 48 * HOUR_MS;

/**
 * The weighted Jaccard similarity of two headlines' words from which on they are one story, chosen on real headlines: where they share at
 * least {@link MIN_NAMES} names, and where they do not.
 */
const MIN_SIMILARITY = 0.34;
const MIN_SIMILARITY_WITHOUT_NAMES = 0.55;
const MIN_NAMES = 2;
/** Headlines with fewer words in common are one story only where all their words are equal; up to this length common words count too. */
const FEW_WORDS = 3;
const COMMON_WEIGHT = 0.4;
const TRADE_WEIGHT = 0.8;
/** A word in more headlines than this is too common to find candidates by. */
const MAX_CANDIDATES = 400;
/** Candidates compared in full, those with the most words in common; and words of one headline that are used. */
const MAX_COMPARED = 80;
const MAX_WORDS = 30;
/** A column's name before a colon; a longer text before a colon is a sentence. */
const LABEL = /^([^:]{3,40}):\s/;

interface HeadlineWords {
  readonly words: readonly string[];
  /** The column's name in lower case, or null. */
  readonly label: string | null;
}

interface IndexedHeadline extends HeadlineWords {
  readonly firstSeenMs: number;
  readonly storyId: string;
  readonly storyStartMs: number;
}

/** Makes an empty index. It holds the headlines of the last 48 hours. */
export function createStoryIndex(): StoryIndex {
  let recent: IndexedHeadline[] = [];
  let oldest = 0;
  const headlinesByWord = new Map<string, Set<IndexedHeadline>>();
  const startOf = new Map<string, number>();

  function evictOld(nowMs: number): void {
    for (let one = recent[oldest]; one && one.firstSeenMs < nowMs - STORY_WINDOW_MS; one = recent[++oldest]) {
      for (const word of one.words) {
        const withWord = headlinesByWord.get(word);
        withWord?.delete(one);
        if (withWord?.size === 0) headlinesByWord.delete(word);
      }
      if (one.storyStartMs < nowMs - STORY_WINDOW_MS) startOf.delete(one.storyId);
    }
    if (oldest > 1000 && oldest > recent.length / 2) {
      recent = recent.slice(oldest);
      oldest = 0;
    }
  }

  /** The weight of a word: fixed for common words, else 1 + half its inverse document frequency over the last 48 hours, smoothed. */
  function weightOf(word: string): number {
    if (COMMON_WORDS.has(word)) return COMMON_WEIGHT;
    if (TRADE_WORDS.has(word)) return TRADE_WEIGHT;
    const known = recent.length - oldest;
    return 1 + 0.5 * Math.log((known + 10) / ((headlinesByWord.get(word)?.size ?? 0) + 10));
  }

  /** Weighted Jaccard similarity, 0 … 1; 0 below the threshold and for contradictions. A column's name that both have does not count. */
  function similarity(one: HeadlineWords, other: HeadlineWords): number {
    const sameLabel = one.label !== null && one.label === other.label;
    const mine = sameLabel ? withoutLabel(one) : one.words;
    const theirs = new Set(sameLabel ? withoutLabel(other) : other.words);
    const common = mine.filter((word) => theirs.has(word));
    if (common.length === mine.length && common.length === theirs.size) return common.length > 0 ? 1 : 0;
    if (common.length < FEW_WORDS || areContradictory(mine, [...theirs])) return 0;
    const inCommon = totalWeight(common);
    const share = inCommon / (totalWeight(mine) + totalWeight(theirs) - inCommon);
    return share >= (countNames(common) >= MIN_NAMES ? MIN_SIMILARITY : MIN_SIMILARITY_WITHOUT_NAMES) ? share : 0;
  }

  function totalWeight(words: Iterable<string>): number {
    let total = 0;
    for (const word of words) total += weightOf(word);
    return total;
  }

  function bestMatch(headlineWords: HeadlineWords, nowMs: number): IndexedHeadline | null {
    const shared = new Map<IndexedHeadline, number>();
    for (const word of headlineWords.words) {
      const withWord = headlinesByWord.get(word);
      if (!withWord || withWord.size > MAX_CANDIDATES) continue;
      if (COMMON_WORDS.has(word) && headlineWords.words.length > FEW_WORDS) continue;
      for (const one of withWord) shared.set(one, (shared.get(one) ?? 0) + 1);
    }
    let best: IndexedHeadline | null = null;
    let highest = 0;
    // Headlines of one story share at least two words that are not common ones, unless they are very short.
    const minShared = headlineWords.words.length > FEW_WORDS ? 2 : 1;
    const likely = [...shared].filter(
      ([one, words]) => words >= minShared && one.storyStartMs >= nowMs - STORY_WINDOW_MS,
    );
    if (likely.length > MAX_COMPARED) likely.sort(([, a], [, b]) => b - a).length = MAX_COMPARED;
    for (const [one] of likely) {
      const found = similarity(headlineWords, one);
      if (found > highest) {
        highest = found;
        best = one;
      }
    }
    return best;
  }

  function add(headlineWords: HeadlineWords, { firstSeenMs }: StoryHeadline, storyId: string): void {
    const storyStartMs = startOf.get(storyId) ?? firstSeenMs;
    startOf.set(storyId, storyStartMs);
    const one: IndexedHeadline = { ...headlineWords, firstSeenMs, storyId, storyStartMs };
    recent.push(one);
    for (const word of headlineWords.words) {
      const withWord = headlinesByWord.get(word) ?? new Set();
      headlinesByWord.set(word, withWord.add(one));
    }
  }

  return {
    assign(headline) {
      evictOld(headline.firstSeenMs);
      const headlineWords = wordsOf(headline.title);
      const storyId = bestMatch(headlineWords, headline.firstSeenMs)?.storyId ?? headline.id;
      add(headlineWords, headline, storyId);
      return storyId;
    },
    remember(headline, storyId) {
      evictOld(headline.firstSeenMs);
      add(wordsOf(headline.title), headline, storyId);
    },
  };
}

function wordsOf(title: string): HeadlineWords {
  return { words: storyWords(title).slice(0, MAX_WORDS), label: LABEL.exec(title)?.[1]?.toLowerCase() ?? null };
}

function withoutLabel({ words, label }: HeadlineWords): readonly string[] {
  const labelled = new Set(storyWords(label ?? ''));
  return words.filter((word) => !labelled.has(word));
}
