import { ROLE } from './lexicon.ts';
import type { Spans } from './spans.ts';
import { BREAK, type Tokens } from './tokenize.ts';

/** Asked whether something is good, one doubts it: what is left of praise in a question, besides {@link QUESTION}. */
export const ASKED_PRAISE = 0.5;
/** A question says less than a statement; a headline that begins with "why" or "how" explains more than it reports. */
const QUESTION = 0.6;
const EXPLAINS = 0.75;
/** What stands before "but" counts less, what follows it more. */
const BEFORE_BUT = 0.7;
const AFTER_BUT = 1.2;

/**
 * Writes for each span how much it counts where it stands: less in questions, behind "may", after "despite", before "but"; and in `asked`
 * whether it stands in a question.
 */
export function weighContext(tokens: Tokens, spans: Spans, factors: Float64Array, asked: Uint8Array): void {
  asked.fill(0, 0, spans.count);
  let sentence = 0;
  let clause = 1;
  let hedge = 1;
  let asks = false;
  let digest = 1;
  for (let at = 0; at < spans.count; at++) {
    const term = spans.terms[at];
    const gap = spans.breaks[at]!;
    if (gap !== BREAK.none) {
      hedge = 1;
      clause = 1;
      if (gap === BREAK.sentence) {
        sentence = at;
        asks = false;
      }
    }
    factors[at] = clause * hedge * (asks ? EXPLAINS : 1);
    if (term) {
      if (term.role === ROLE.hedge) hedge = term.factor;
      else if (term.role === ROLE.digest) digest = term.factor;
      else if (term.role === ROLE.ask) {
        if (at === sentence) asks = true;
      } else if (term.role === ROLE.despite) {
        clause = term.factor;
        hedge = 1;
      } else if (term.role === ROLE.but) {
        for (let before = sentence; before < at; before++) factors[before]! *= BEFORE_BUT;
        clause = AFTER_BUT;
        hedge = 1;
      }
    }
    if (tokens.questions[spans.lastToken[at]!]) {
      const damp = asks ? QUESTION / EXPLAINS : QUESTION;
      for (let before = sentence; before <= at; before++) {
        factors[before]! *= damp;
        asked[before] = 1;
      }
    }
  }
  // A digest reports several things; none of them is the headline's mood.
  if (digest !== 1) for (let at = 0; at < spans.count; at++) factors[at]! *= digest;
}

/** How many spans back a negation reaches. */
const REACH = 4;

/** The factor of the negations before a span in its clause: 1 without one, −0.7 behind "not", twice negated is positive again. */
export function negationOf(spans: Spans, at: number): number {
  let factor = 1;
  let spent = false;
  for (let back = at; back > 0 && at - back < REACH; ) {
    if (spans.breaks[back] !== BREAK.none) break;
    back--;
    const term = spans.terms[back];
    if (!term) continue;
    const { role } = term;
    // "No demand" is over with the noun; "no big crash" is not.
    if (term.object !== 0 && term.weight === 0) spent = true;
    if (role === ROLE.absence && !spent) factor *= term.factor;
    else if (role === ROLE.neg || role === ROLE.fail) factor *= term.factor;
    else if (role === ROLE.but || role === ROLE.despite) break;
  }
  return factor;
}

/** The factor of the words of degree around a span: "sharply falls", "falls slightly". */
export function degreeOf(spans: Spans, at: number): number {
  let factor = 1;
  for (let back = at; back > 0 && back > at - 2; back--) {
    if (spans.breaks[back] !== BREAK.none) break;
    factor *= spans.terms[back - 1]?.amplify ?? 1;
  }
  const next = at + 1;
  if (next < spans.count && spans.breaks[next] === BREAK.none && spans.terms[at]?.direction) {
    const after = spans.terms[next];
    if (after && after.weight === 0 && after.direction === 0) factor *= after.amplify;
  }
  return Math.min(factor, 2);
}

/** Whether a thing is said not to be there: "no demand", "lack of liquidity". */
export function isAbsent(spans: Spans, at: number): boolean {
  for (let back = at; back > 0 && at - back < 2; ) {
    if (spans.breaks[back] !== BREAK.none) return false;
    back--;
    const role = spans.terms[back]?.role;
    if (role === ROLE.absence) return true;
  }
  return false;
}
