import { degreeOf, isAbsent, negationOf, POSITIVE_IN_QUESTION, takesAsset, writeContextFactors } from './context.ts';
import { lastObject, moveOf } from './direction.ts';
import { ROLE } from './lexicon.ts';
import { createSpans, matchSpans } from './spans.ts';
import { createTokens, MAX_CHARACTERS, PERCENT, SIGNED, tokenize } from './tokenize.ts';

/** Takes each word that counts: its first character and the one after its last, its weight and its reason. */
export type TermSink = (start: number, end: number, weight: number, why: string) => void;

// Texts are scored one after the other, so these buffers are shared between calls.
const tokens = createTokens();
const spans = createSpans();
const factors = new Float64Array(MAX_CHARACTERS + 1);
const inQuestion = new Uint8Array(MAX_CHARACTERS + 1);
const moves = new Float64Array(MAX_CHARACTERS + 1);
const counted = new Uint8Array(MAX_CHARACTERS + 1);

/** The largest weight of mildly positive words ("launches", "offers", "adds"), and the factor of each such word after a text's first. */
const MAX_MILD = 0.6;
const REPEATED_MILD = 0.1;
/**
 * Factors of a mildly positive word whose object is a coin ("to acquire bitcoin", "adds ether to its payments"): such use is news that a
 * launch alone is not. The first of a text, and one behind other mild words.
 */
const ADOPTION = 1.7;
const REPEATED_ADOPTION = 0.7;

/** The sum of the weights of a text's words by lexicon and rules; unbounded. `sink` takes each word that counts. */
export function evaluate(text: string, sink?: TermSink): number {
  tokenize(text, tokens);
  matchSpans(tokens, spans);
  writeContextFactors(tokens, spans, factors, inQuestion);
  const { count } = spans;
  counted.fill(0, 0, count);
  for (let at = 0; at < count; at++) {
    moves[at] = 0;
    const term = spans.terms[at];
    if (!term || counted[at] || (term.direction === 0 && term.reach !== 'undo')) continue;
    const move = moveOf(tokens, spans, at, term);
    moves[at] = move;
    if (move !== 0 && lastObject.at >= 0) {
      // The object's weight is part of the direction's, so it does not count again.
      counted[lastObject.at] = 1;
      moves[lastObject.at] = 0;
      if (lastObject.at < at) {
        if (term.reach === 'undo' || term.reach === 'subject') markRest(lastObject.at + 1, at);
        markModifier(lastObject.at);
      } else if (term.reach === 'undo' && move > 0) markRest(lastObject.at + 1, lastObject.at + 3);
    }
  }
  let sum = 0;
  let mildSeen = false;
  for (let at = 0; at < count; at++) {
    const term = spans.terms[at];
    if (counted[at]) continue;
    let weight = moves[at]!;
    let why = 'direction';
    if (weight === 0) {
      const token = spans.firstToken[at]!;
      if (tokens.marks[token]! & SIGNED && tokens.marks[token]! & PERCENT) {
        weight = Math.sign(tokens.values[token]!) * 1.3;
        why = 'number';
      } else {
        weight = term?.weight ?? 0;
        why = 'lexicon';
        // Only things whose polarity is ±1 ("no demand"): "no bitcoin" is neither good nor bad.
        if (weight === 0 && term && Math.abs(term.object) === 1 && isAbsent(spans, at)) {
          weight = term.object;
        }
        if (weight > 0 && weight <= MAX_MILD) {
          if (term?.role === ROLE.use && takesAsset(spans, at)) weight *= mildSeen ? REPEATED_ADOPTION : ADOPTION;
          else if (mildSeen) weight *= REPEATED_MILD;
          mildSeen = true;
        }
      }
    }
    if (weight === 0) continue;
    const negation = term?.role === ROLE.fail ? 1 : negationOf(spans, at, weight);
    if (negation !== 1) why = 'negated';
    weight *= negation * degreeOf(spans, at) * factors[at]!;
    if (weight > 0 && inQuestion[at]) weight *= POSITIVE_IN_QUESTION;
    sum += weight;
    if (sink) sink(tokens.starts[spans.firstToken[at]!]!, tokens.ends[spans.lastToken[at]!]!, weight, why);
  }
  return sum;
}

/**
 * Marks the further negative words of an object that moves or is ended, so that they do not count: "dismisses phishing lawsuit", "losses from
 * hacks fall", "fears of a ban are overblown". The object's words stand from one span up to another.
 */
function markRest(from: number, to: number): void {
  for (let at = from; at < spans.count && at < to && spans.breaks[at] === 0; at++) {
    const term = spans.terms[at];
    if (!term) continue;
    if (term.role === ROLE.none) {
      if (term.weight < 0) counted[at] = 1;
    } else if (term.role !== ROLE.of && term.role !== ROLE.skip && term.role !== ROLE.asset) return;
  }
}

/** Marks the noun before an object, which belongs to it, so that it does not count: "profit margins narrow". */
function markModifier(object: number): void {
  const before = object > 0 && spans.breaks[object] === 0 ? spans.terms[object - 1] : null;
  if (before && before.object !== 0 && before.direction === 0 && before.weight > 0) counted[object - 1] = 1;
}

/** A word or phrase that counts: its place in the text, its weight in the sum that gives the score, and the reason for the weight. */
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
/** Scores between these are neutral: one mildly positive word, however often, is not enough. */
const NEUTRAL_UP_TO = 0.25;
const NEUTRAL_DOWN_TO = -0.25;

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
