import { evaluate, type TermSink } from './evaluate.ts';

/** A word or phrase that counts: where it stands, its weight (its part of the score, same sign), and why it has it. */
export interface ScoredTerm {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly weight: number;
  /** `lexicon`, `direction`, `number` or `negated`. */
  readonly why: string;
}

/** A headline's sentiment in [−1, 1], its class, and the words it comes from. */
export interface HeadlineScore {
  readonly score: number;
  readonly label: -1 | 0 | 1;
  readonly terms: readonly ScoredTerm[];
}

/** A sum of weights of this size gives a score of 0.71. */
const HALF = 2.5;
/** Scores between these are neutral: headlines praise more easily than they blame, so the upper one lies further out. */
const NEUTRAL_UP_TO = 0.28;
const NEUTRAL_DOWN_TO = -0.22;

const squash = (sum: number) => sum / Math.sqrt(sum * sum + HALF * HALF);

/** Scores a text in [−1, 1]; only its first 1,000 characters count. Never throws. */
export function scoreOf(text: string): number {
  return squash(evaluate(text));
}

/** The class of a score: 1, −1, or 0 near the middle. */
export function labelOf(score: number): -1 | 0 | 1 {
  return score > NEUTRAL_UP_TO ? 1 : score < NEUTRAL_DOWN_TO ? -1 : 0;
}

/** Scores a text as {@link scoreOf} does, with the words that gave the score. */
export function scoreHeadline(text: string): HeadlineScore {
  const terms: ScoredTerm[] = [];
  const sink: TermSink = (start, end, weight, why) => {
    terms.push({ text: text.slice(start, end), start, end, weight, why });
  };
  const score = squash(evaluate(text, sink));
  return { score, label: labelOf(score), terms };
}
