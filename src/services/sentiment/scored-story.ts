import type { Headline } from '../../core/headline.ts';
import type { ScoredStory } from '../../sentiment/aggregate.ts';
import { scoreOf } from '../../sentiment/score.ts';

/** A headline with its score, as aggregation takes it. */
export function scoredStory({ firstSeenMs, kind, outlet, symbols, title }: Headline): ScoredStory {
  return { timeMs: firstSeenMs, kind, outlet, symbols, score: scoreOf(title) };
}
