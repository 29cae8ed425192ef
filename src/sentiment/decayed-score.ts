import type { HeadlineKind } from '../core/sentiment.ts';
import { DAY_MS } from '../core/time.ts';
import { countUpTo, listsOf, type ScoredStory } from './story-lists.ts';

/** Half-life of a story's weight; posts lose theirs sooner than news. */
export const HALF_LIFE_MS: Readonly<Record<HeadlineKind, number>> = { news: DAY_MS, reddit: DAY_MS / 2 };
/** Weight of a neutral prior story in every mean, which shrinks scores of few stories. */
const PRIOR = 2;
const KINDS: readonly HeadlineKind[] = ['news', 'reddit'];

/**
 * Mean score of the stories up to each of some ascending moments, weights halved with every half-life (times `factor`), taken with a neutral story
 * of weight PRIOR; its weight is proportional to the half-life, so that a steady stream of stories has the same mean with any half-life.
 * `weights` are those of the stories, and grow with them.
 */
export function decayedScore(
  stories: readonly ScoredStory[],
  weights: readonly number[],
  atMs: Float64Array,
  factor: number,
): Float64Array {
  const sum = new Float64Array(atMs.length);
  const weight = new Float64Array(atMs.length);
  for (const kind of KINDS) {
    const decaying = { stories, weights, kind, halfLifeMs: HALF_LIFE_MS[kind] * factor };
    const sums = { ...sumsBefore(decaying, atMs[0]!) };
    for (let i = 0; i < atMs.length; i++) {
      const ms = atMs[i]!;
      let end = sums.next;
      while (end < stories.length && stories[end]!.timeMs <= ms) end++;
      addStories(sums, decaying, end);
      decay(sums, decaying, ms);
      sum[i]! += sums.total;
      weight[i]! += sums.mass;
    }
  }
  return sum.map((total, i) => total / (weight[i]! + PRIOR * factor));
}

/** The stories of one kind in a list, and how fast they lose their weight. */
interface Decaying {
  readonly stories: readonly ScoredStory[];
  readonly weights: readonly number[];
  readonly kind: HeadlineKind;
  readonly halfLifeMs: number;
}

/** Sums of weights times scores and of weights, decayed up to `lastMs`, over the stories before the place `next`. */
interface DecayedSums {
  total: number;
  mass: number;
  lastMs: number;
  next: number;
}

function decay(sums: DecayedSums, { halfLifeMs }: Decaying, untilMs: number): void {
  const left = Math.exp(-(Math.LN2 / halfLifeMs) * (untilMs - sums.lastMs));
  sums.total *= left;
  sums.mass *= left;
  sums.lastMs = untilMs;
}

/** Adds the stories from the next one to the one before the place `end`. */
function addStories(sums: DecayedSums, decaying: Decaying, end: number): void {
  const { stories, weights, kind } = decaying;
  for (; sums.next < end; sums.next++) {
    const story = stories[sums.next]!;
    if (story.kind !== kind) continue;
    decay(sums, decaying, story.timeMs);
    sums.total += weights[sums.next]! * story.score;
    sums.mass += weights[sums.next]!;
  }
}

/** Stories from one kept sum to the next. */
const KEPT_EVERY = 256;
/** Sums over the first 0, 256, 512, … stories, by their list of weights, then by kind and half-life. */
const keptSums = new WeakMap<readonly number[], Map<string, Readonly<DecayedSums>[]>>();

/** The newest kept sums without a story after `untilMs`. From there on the same steps follow, and so the same bits, as from the first story. */
function sumsBefore(decaying: Decaying, untilMs: number): Readonly<DecayedSums> {
  const { stories, weights, kind, halfLifeMs } = decaying;
  const ofList = keptSums.get(weights) ?? new Map<string, Readonly<DecayedSums>[]>();
  keptSums.set(weights, ofList);
  const key = `${kind} ${halfLifeMs}`;
  const kept = ofList.get(key) ?? [{ total: 0, mass: 0, lastMs: 0, next: 0 }];
  ofList.set(key, kept);
  const place = Math.floor(countUpTo(listsOf(stories).timesMs, untilMs) / KEPT_EVERY);
  while (kept.length <= place) {
    const sums = { ...kept.at(-1)! };
    addStories(sums, decaying, sums.next + KEPT_EVERY);
    kept.push(sums);
  }
  return kept[place]!;
}
