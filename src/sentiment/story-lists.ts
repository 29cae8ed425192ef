import type { HeadlineKind } from '../core/sentiment.ts';

/** A story with its score; repetitions by other outlets are not part of it. */
export interface ScoredStory {
  /** When it was first seen: the moment from which it may be used. */
  readonly timeMs: number;
  readonly kind: HeadlineKind;
  readonly outlet: string;
  /** Coins it names; empty for the market as a whole. */
  readonly symbols: readonly string[];
  readonly score: number;
}

/**
 * What is taken from a list of stories in ascending time: their times, and the stories of a kind or of a coin. A list may grow at its end, by stories
 * that are later than all before; what was taken from it then grows too, so that a new story costs no second look at those of months.
 */
export interface StoryLists {
  readonly timesMs: readonly number[];
  readonly news: readonly ScoredStory[];
  readonly reddit: readonly ScoredStory[];
  readonly ofCoin: ReadonlyMap<string, readonly ScoredStory[]>;
}

const NONE: readonly ScoredStory[] = [];
const known = new WeakMap<
  readonly ScoredStory[],
  { timesMs: number[]; news: ScoredStory[]; reddit: ScoredStory[]; ofCoin: Map<string, ScoredStory[]> }
>();

/** The lists taken from a list of stories, up to date with it. */
export function listsOf(stories: readonly ScoredStory[]): StoryLists {
  let lists = known.get(stories);
  if (!lists) {
    lists = { timesMs: [], news: [], reddit: [], ofCoin: new Map() };
    known.set(stories, lists);
  }
  for (let i = lists.timesMs.length; i < stories.length; i++) {
    const story = stories[i]!;
    lists.timesMs.push(story.timeMs);
    (story.kind === 'news' ? lists.news : lists.reddit).push(story);
    for (const symbol of new Set(story.symbols)) {
      const own = lists.ofCoin.get(symbol) ?? [];
      own.push(story);
      lists.ofCoin.set(symbol, own);
    }
  }
  return lists;
}

/** The stories that name a coin, with null all of them. */
export function storiesAbout(stories: readonly ScoredStory[], symbol: string | null): readonly ScoredStory[] {
  return symbol === null ? stories : (listsOf(stories).ofCoin.get(symbol) ?? NONE);
}

/** How many of some ascending times are at `untilMs` or before. */
export function countUpTo(timesMs: ArrayLike<number>, untilMs: number): number {
  let [low, high] = [0, timesMs.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (timesMs[middle]! <= untilMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
