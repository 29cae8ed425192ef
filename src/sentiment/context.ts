import { ROLE } from './lexicon.ts';
import type { Spans } from './spans.ts';
import { BREAK, type Tokens } from './tokenize.ts';

/** Factor of positive weights in a question, on top of {@link QUESTION}: a question about something good expresses doubt. */
export const POSITIVE_IN_QUESTION = 0.5;
/** Factors of a question, and of a sentence that begins with "why", "how" or another question word without being one. */
const QUESTION = 0.6;
const QUESTION_WORD = 0.75;
/** Factors of the words before "but" and of those after it. */
const BEFORE_BUT = 0.7;
const AFTER_BUT = 1.2;

/**
 * Writes the factor of each span's position into `factors`: lower in questions, after "may", after "despite" and before "but"; and into
 * `inQuestion` 1 for the spans of a question.
 */
export function writeContextFactors(tokens: Tokens, spans: Spans, factors: Float64Array, inQuestion: Uint8Array): void {
  inQuestion.fill(0, 0, spans.count);
  let sentence = 0;
  let clause = 1;
  let hedge = 1;
  let questionWord = false;
  let digest = 1;
  for (let at = 0; at < spans.count; at++) {
    const term = spans.terms[at];
    const gap = spans.breaks[at]!;
    if (gap !== BREAK.none) {
      hedge = 1;
      clause = 1;
      if (gap === BREAK.sentence) {
        sentence = at;
        questionWord = false;
      }
    }
    factors[at] = clause * hedge * (questionWord ? QUESTION_WORD : 1);
    if (term) {
      if (term.role === ROLE.hedge) hedge = term.factor;
      else if (term.role === ROLE.digest) digest = term.factor;
      else if (term.role === ROLE.ask) {
        if (at === sentence) questionWord = true;
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
      const factor = questionWord ? QUESTION / QUESTION_WORD : QUESTION;
      for (let before = sentence; before <= at; before++) {
        factors[before]! *= factor;
        inQuestion[before] = 1;
      }
    }
  }
  // A digest names several events, so each of them counts less.
  if (digest !== 1) for (let at = 0; at < spans.count; at++) factors[at]! *= digest;
}

/** That something bad is not so ("no correction expected") says less than that something good is not. */
const NO_HARM = 0.8;
/** Spans before a span in which a negation is looked for. */
const NEGATION_REACH = 5;

/** The product of the negations before a span in its clause: 1 without one, −0.7 after "not", positive after two. */
export function negationOf(spans: Spans, at: number, weight: number): number {
  let factor = 1;
  let nounPassed = false;
  for (let back = at; back > 0 && at - back < NEGATION_REACH; ) {
    if (spans.breaks[back] !== BREAK.none) break;
    back--;
    const term = spans.terms[back];
    if (!term) continue;
    const { role } = term;
    // "No" negates up to its noun ("no demand") and no further; in "no big crash" and "no bitcoin crash" the word before does not end it.
    if (term.object !== 0 && term.weight === 0 && role !== ROLE.asset) nounPassed = true;
    if (role === ROLE.absence && !nounPassed) factor *= term.factor;
    else if (role === ROLE.neg || role === ROLE.fail || (role === ROLE.less && back === at - 1)) factor *= term.factor;
    else if (role === ROLE.but || role === ROLE.despite) break;
  }
  return factor < 0 && weight < 0 ? factor * NO_HARM : factor;
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

/** Whether the text says that a thing is absent: "no demand", "lack of liquidity". */
export function isAbsent(spans: Spans, at: number): boolean {
  for (let back = at; back > 0 && at - back < 2; ) {
    if (spans.breaks[back] !== BREAK.none) return false;
    back--;
    const role = spans.terms[back]?.role;
    if (role === ROLE.absence) return true;
  }
  return false;
}

/** Spans after a word in which the coin that it is about is looked for. */
const ASSET_REACH = 5;

/** Whether a coin is the object of the word at a span: "to acquire bitcoin", "launches a regulated ether fund". */
export function takesAsset(spans: Spans, at: number): boolean {
  for (let next = at + 1; next < spans.count && next <= at + ASSET_REACH && spans.breaks[next] === BREAK.none; next++) {
    const role = spans.terms[next]?.role;
    if (role === ROLE.asset) return true;
    if (role === ROLE.clause || role === ROLE.but || role === ROLE.despite) return false;
  }
  return false;
}
