import { ASKED_PRAISE, degreeOf, isAbsent, negationOf, weighContext } from './context.ts';
import { found, moveOf } from './direction.ts';
import { ROLE } from './lexicon.ts';
import { createSpans, matchSpans } from './spans.ts';
import { createTokens, MAX_CHARACTERS, PERCENT, SIGNED, tokenize } from './tokenize.ts';

/** Told of every word that counts: characters from and to, weight, why. */
export type TermSink = (start: number, end: number, weight: number, why: string) => void;

// One text at a time is scored, start to end, so these are shared between calls.
const tokens = createTokens();
const spans = createSpans();
const factors = new Float64Array(MAX_CHARACTERS + 1);
const asked = new Uint8Array(MAX_CHARACTERS + 1);
const moves = new Float64Array(MAX_CHARACTERS + 1);
const taken = new Uint8Array(MAX_CHARACTERS + 1);

/** "Launches", "offers", "adds": what any product's news says. A second such word says little that the first did not. */
const MILD_PRAISE = 0.6;
const SAID_AGAIN = 0.2;

/** The sum of the weights of the words of a text, as rules and lexicon see it; unbounded. */
export function evaluate(text: string, sink?: TermSink): number {
  tokenize(text, tokens);
  matchSpans(tokens, spans);
  weighContext(tokens, spans, factors, asked);
  const { count } = spans;
  taken.fill(0, 0, count);
  for (let at = 0; at < count; at++) {
    moves[at] = 0;
    const term = spans.terms[at];
    if (!term || taken[at] || (term.direction === 0 && term.reach !== 'undo')) continue;
    const move = moveOf(tokens, spans, at, term);
    moves[at] = move;
    if (move !== 0 && found.at >= 0) {
      // What moves has been counted with the move.
      taken[found.at] = 1;
      moves[found.at] = 0;
      if (term.reach === 'undo' && move > 0) takeRest(found.at + 1);
    }
  }
  let sum = 0;
  let praised = false;
  for (let at = 0; at < count; at++) {
    const term = spans.terms[at];
    if (taken[at]) continue;
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
        // Whole objects only: "no bitcoin" says nothing about bitcoin.
        if (weight === 0 && term && Math.abs(term.object) === 1 && isAbsent(spans, at)) {
          weight = term.object;
        }
        if (weight > 0 && weight <= MILD_PRAISE) {
          if (praised) weight *= SAID_AGAIN;
          praised = true;
        }
      }
    }
    if (weight === 0) continue;
    const negation = term?.role === ROLE.fail ? 1 : negationOf(spans, at);
    if (negation !== 1) why = 'negated';
    weight *= negation * degreeOf(spans, at) * factors[at]!;
    if (weight > 0 && asked[at]) weight *= ASKED_PRAISE;
    sum += weight;
    if (sink) sink(tokens.starts[spans.firstToken[at]!]!, tokens.ends[spans.lastToken[at]!]!, weight, why);
  }
  return sum;
}

/** "Dismisses phishing lawsuit": the whole bad thing is dismissed. */
function takeRest(from: number): void {
  for (let at = from; at < spans.count && at < from + 2 && spans.breaks[at] === 0; at++) {
    const term = spans.terms[at];
    if (!term || term.role !== ROLE.none || term.weight >= 0) return;
    taken[at] = 1;
  }
}

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
