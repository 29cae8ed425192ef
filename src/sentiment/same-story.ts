import { HOUR_MS } from '../core/time.ts';
import { COMMON_WORDS, contradict, namesIn, storyWords, TRADE_WORDS } from './story-words.ts';

/** What is compared: any headline, kept or new. */
export interface StoryHeadline {
  readonly id: string;
  readonly title: string;
  readonly firstSeenMs: number;
}

/** Recent headlines by story; headlines come in the order they were first seen. */
export interface StoryIndex {
  /**
   * The story a headline tells: the id of the first headline of that story where one of the last 48 hours tells the same, else
   * its own. The headline is remembered.
   */
  assign(headline: StoryHeadline): string;
  /** Remembers a headline whose story is known already, as after a restart. */
  remember(headline: StoryHeadline, storyId: string): void;
}

/** A story is told for as long as this after it was first seen. */
export const STORY_WINDOW_MS = 48 * HOUR_MS;

/**
 * Share of the weight of all words of two headlines that they must have in common, chosen on real headlines: where at least two
 * names are among them, and where not.
 */
const SIMILARITY = 0.34;
const SIMILARITY_WITHOUT_NAMES = 0.55;
const MIN_NAMES = 2;
/** Of headlines this short only the same words are the same story: two words in common are soon found. */
const FEW_WORDS = 3;
const COMMON_WEIGHT = 0.4;
const TRADE_WEIGHT = 0.8;
/** Headlines a word is looked up in; what stands in more is no rare word. */
const MAX_CANDIDATES = 400;
/** Headlines compared in full, those with the most words in common first; and words looked at of one, which is more than any has. */
const MAX_COMPARED = 80;
const MAX_WORDS = 30;
/** What stands before a colon, as the names of columns do; longer ones are sentences. */
const LABEL = /^([^:]{3,40}):\s/;

interface Words {
  readonly words: readonly string[];
  /** What stands before a colon, or null. */
  readonly label: string | null;
}

interface Remembered extends Words {
  readonly firstSeenMs: number;
  readonly storyId: string;
  readonly storyStartMs: number;
}

/** Makes an empty index. Its memory is bounded by what is said in 48 hours. */
export function createStoryIndex(): StoryIndex {
  let recent: Remembered[] = [];
  let oldest = 0;
  const holders = new Map<string, Set<Remembered>>();
  const startOf = new Map<string, number>();

  function forget(nowMs: number): void {
    for (let one = recent[oldest]; one && one.firstSeenMs < nowMs - STORY_WINDOW_MS; one = recent[++oldest]) {
      for (const word of one.words) {
        const having = holders.get(word);
        having?.delete(one);
        if (having?.size === 0) holders.delete(word);
      }
      if (one.storyStartMs < nowMs - STORY_WINDOW_MS) startOf.delete(one.storyId);
    }
    if (oldest > 1000 && oldest > recent.length / 2) {
      recent = recent.slice(oldest);
      oldest = 0;
    }
  }

  /** Rare words say more: half the information a word gives, as far as the last 48 hours show it. */
  function weightOf(word: string): number {
    if (COMMON_WORDS.has(word)) return COMMON_WEIGHT;
    if (TRADE_WORDS.has(word)) return TRADE_WEIGHT;
    const known = recent.length - oldest;
    return 1 + 0.5 * Math.log((known + 10) / ((holders.get(word)?.size ?? 0) + 10));
  }

  /** From 0 to 1; 0 where they tell different stories for sure. The name of a column that both stand in says nothing. */
  function similarity(one: Words, other: Words): number {
    const sameLabel = one.label !== null && one.label === other.label;
    const mine = sameLabel ? withoutLabel(one) : one.words;
    const theirs = new Set(sameLabel ? withoutLabel(other) : other.words);
    const common = mine.filter((word) => theirs.has(word));
    if (common.length === mine.length && common.length === theirs.size) return common.length > 0 ? 1 : 0;
    if (common.length < FEW_WORDS || contradict(mine, [...theirs])) return 0;
    const inCommon = weigh(common);
    const share = inCommon / (weigh(mine) + weigh(theirs) - inCommon);
    return share >= (namesIn(common) >= MIN_NAMES ? SIMILARITY : SIMILARITY_WITHOUT_NAMES) ? share : 0;
  }

  function weigh(words: Iterable<string>): number {
    let total = 0;
    for (const word of words) total += weightOf(word);
    return total;
  }

  function bestMatch(told: Words, nowMs: number): Remembered | null {
    const shared = new Map<Remembered, number>();
    for (const word of told.words) {
      const having = holders.get(word);
      if (!having || having.size > MAX_CANDIDATES) continue;
      if (COMMON_WORDS.has(word) && told.words.length > FEW_WORDS) continue;
      for (const one of having) shared.set(one, (shared.get(one) ?? 0) + 1);
    }
    let best: Remembered | null = null;
    let highest = 0;
    // Two words besides the commonest are the least that the same story shares, unless there are hardly any.
    const least = told.words.length > FEW_WORDS ? 2 : 1;
    const likely = [...shared].filter(([one, words]) => words >= least && one.storyStartMs >= nowMs - STORY_WINDOW_MS);
    if (likely.length > MAX_COMPARED) likely.sort(([, a], [, b]) => b - a).length = MAX_COMPARED;
    for (const [one] of likely) {
      const found = similarity(told, one);
      if (found > highest) {
        highest = found;
        best = one;
      }
    }
    return best;
  }

  function add(told: Words, { firstSeenMs }: StoryHeadline, storyId: string): void {
    const storyStartMs = startOf.get(storyId) ?? firstSeenMs;
    startOf.set(storyId, storyStartMs);
    const one: Remembered = { ...told, firstSeenMs, storyId, storyStartMs };
    recent.push(one);
    for (const word of told.words) {
      const having = holders.get(word) ?? new Set();
      holders.set(word, having.add(one));
    }
  }

  return {
    assign(headline) {
      forget(headline.firstSeenMs);
      const told = wordsOf(headline.title);
      const storyId = bestMatch(told, headline.firstSeenMs)?.storyId ?? headline.id;
      add(told, headline, storyId);
      return storyId;
    },
    remember(headline, storyId) {
      forget(headline.firstSeenMs);
      add(wordsOf(headline.title), headline, storyId);
    },
  };
}

function wordsOf(title: string): Words {
  return { words: storyWords(title).slice(0, MAX_WORDS), label: LABEL.exec(title)?.[1]?.toLowerCase() ?? null };
}

function withoutLabel({ words, label }: Words): readonly string[] {
  const labelled = new Set(storyWords(label ?? ''));
  return words.filter((word) => !labelled.has(word));
}
