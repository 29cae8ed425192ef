import { HOUR_MS } from '../core/time.ts';
import { storyWords } from './story-words.ts';

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
/** Share of the weight of all words of two headlines that they must have in common, chosen on real headlines. */
const SIMILARITY = 0.42;
/** Below this share, at least `MANY_WORDS` must be in common too. */
const SURE_SIMILARITY = 0.5;
const MANY_WORDS = 4;
/** Of headlines this short only the same words are the same story: two words in common are soon found. */
const FEW_WORDS = 3;
/** Words every other crypto headline has, whatever was seen so far. */
const COMMON: ReadonlySet<string> = new Set(
  storyWords('bitcoin ethereum crypto price market fall rise blockchain token coin'),
);
const COMMON_WEIGHT = 0.4;
/** Headlines a word is looked up in; what stands in more is no rare word. */
const MOST_CANDIDATES = 400;

interface Remembered {
  readonly words: readonly string[];
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
    if (COMMON.has(word)) return COMMON_WEIGHT;
    const known = recent.length - oldest;
    return 1 + 0.5 * Math.log((known + 10) / ((holders.get(word)?.size ?? 0) + 10));
  }

  function bestMatch(words: readonly string[], nowMs: number): Remembered | null {
    const weights = new Map(words.map((word) => [word, weightOf(word)]));
    const total = sum(weights.values());
    const shared = new Map<Remembered, { weight: number; words: number }>();
    for (const [word, weight] of weights) {
      const having = holders.get(word);
      if (!having || (COMMON.has(word) && words.length > FEW_WORDS) || having.size > MOST_CANDIDATES) continue;
      for (const one of having) {
        const entry = shared.get(one) ?? { weight: 0, words: 0 };
        shared.set(one, entry);
        entry.weight += weight;
        entry.words++;
      }
    }
    let best: { readonly one: Remembered; readonly similarity: number } | null = null;
    for (const one of shared.keys()) {
      if (one.storyStartMs < nowMs - STORY_WINDOW_MS) continue;
      const mine = new Set(words);
      const common = one.words.filter((word) => mine.has(word));
      const same = common.length === words.length && common.length === one.words.length;
      if (!same && common.length < FEW_WORDS) continue;
      const inCommon = sum(common.map((word) => weights.get(word)!));
      const similarity = same ? 1 : inCommon / (total + sum(one.words.map(weightOf)) - inCommon);
      const enough = similarity >= (common.length >= MANY_WORDS ? SIMILARITY : SURE_SIMILARITY);
      if (!enough || (!same && contradict(words, one.words))) continue;
      if (!best || similarity > best.similarity) best = { one, similarity };
    }
    return best?.one ?? null;
  }

  function add(words: readonly string[], { firstSeenMs }: StoryHeadline, storyId: string): void {
    const storyStartMs = startOf.get(storyId) ?? firstSeenMs;
    startOf.set(storyId, storyStartMs);
    const one: Remembered = { words, firstSeenMs, storyId, storyStartMs };
    recent.push(one);
    for (const word of words) {
      const having = holders.get(word) ?? new Set();
      holders.set(word, having.add(one));
    }
  }

  return {
    assign(headline) {
      forget(headline.firstSeenMs);
      const words = storyWords(headline.title);
      const storyId = bestMatch(words, headline.firstSeenMs)?.storyId ?? headline.id;
      add(words, headline, storyId);
      return storyId;
    },
    remember(headline, storyId) {
      forget(headline.firstSeenMs);
      add(storyWords(headline.title), headline, storyId);
    },
  };
}

/**
 * Whether two headlines speak of opposite moves, both of numbers of which none is about the same, or differ in nothing but
 * numbers, as the parts of a daily series do.
 */
function contradict(a: readonly string[], b: readonly string[]): boolean {
  const up = (words: readonly string[]) => words.includes('rise');
  const down = (words: readonly string[]) => words.includes('fall');
  if ((up(a) && !down(a) && down(b) && !up(b)) || (down(a) && !up(a) && up(b) && !down(b))) return true;
  const numbers = (words: readonly string[]) =>
    words.filter((word) => word.startsWith('#')).map((word) => Number(word.slice(1)));
  const mine = numbers(a);
  const theirs = numbers(b);
  if (mine.length === 0 || theirs.length === 0) return false;
  const about = (x: number) => (y: number) => Math.abs(x - y) <= 0.02 * Math.max(x, y);
  if (!mine.some((x) => theirs.some(about(x)))) return true;
  const serial = !mine.every((x) => theirs.includes(x)) && !theirs.every((x) => mine.includes(x));
  return serial && a.length === b.length && a.every((word) => word.startsWith('#') || b.includes(word));
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
