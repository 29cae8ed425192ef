import { ROLE, type Term } from './lexicon.ts';
import type { Spans } from './spans.ts';
import { BREAK, MONEY, PERCENT, type Tokens } from './tokenize.ts';

/** Spans before and after a direction word in which its object is looked for. */
const MAX_LEFT = 6;
const MAX_RIGHT = 4;
/** Weight of the end of a bad thing; that of a good thing has the other sign. */
const ENDING = 1.2;

/** What something did says more than a word of judgement. */
const MOVE = 1.15;

/** Absolute weight from which on a word counts as a good or bad thing: "lawsuit" does, "face" does not. */
const MIN_THING_WEIGHT = 0.7;

/** The span of the object that {@link moveOf} found last; −1 when it found none. */
export const lastObject = { at: -1 };

/** +1 when more of a thing is good, −1 when more of it is bad, 0 when the lexicon does not say. */
function polarity(term: Term, withMoves: boolean): number {
  if (term.object !== 0) return term.object;
  if (term.weight !== 0) return Math.abs(term.weight) >= MIN_THING_WEIGHT ? Math.sign(term.weight) : 0;
  return withMoves ? Math.sign(term.direction) : 0;
}

const endsSearch = (role: number) =>
  role === ROLE.in ||
  role === ROLE.clause ||
  role === ROLE.despite ||
  role === ROLE.but ||
  role === ROLE.of ||
  role === ROLE.hedge;

/** Whether a span is one word, not a phrase. */
const isWord = (spans: Spans, at: number) => spans.firstToken[at] === spans.lastToken[at];
/** First words of phrases that name a level ("in the red", "below $10") and not a thing that moves or ends. */
const PLACE = /^(in|into|below|under|sub|above|near|off|from|out|back|on|at|past|toward|towards|over)$/;
const VERB = /(s|ed|ing|rose|fell|sank|grew|slid)$/;

/** Whether a span is a word of degree: "sudden", "broad". */
const isDegree = (spans: Spans, at: number) => (spans.terms[at]?.amplify ?? 1) !== 1;

/** Polarity of the object after a direction word, 0 without one: "cuts fees", "rise in scams", "falling inflation", "denies fraud". */
function polarityAfter(tokens: Tokens, spans: Spans, at: number, reachRight: number): number {
  const { reach } = spans.terms[at]!;
  // After a verb like "rise" only a noun listed as an object counts, right after it or after "in"; after one like "cut" or "end", any good
  // or bad thing.
  const thing = reach === 'subject';
  const noun = thing ? !VERB.test(tokens.words[spans.firstToken[at]!]!) : reach !== 'undo';
  let near = true;
  let asset = -1;
  for (let next = at + 1; next < spans.count && next <= at + reachRight; next++) {
    if (spans.breaks[next] !== BREAK.none) break;
    const term = spans.terms[next];
    if (!term) {
      if (thing) near = false;
      continue;
    }
    if (term.role === ROLE.in && noun) {
      near = true;
      continue;
    }
    if (endsSearch(term.role) || term.role === ROLE.neg || term.role === ROLE.fail) break;
    const moves = !thing && (term.reach === 'subject' || term.reach === 'object');
    const place = term.object === 0 && !isWord(spans, next) && PLACE.test(tokens.words[spans.firstToken[next]!]!);
    const sign = thing || place ? term.object : polarity(term, moves);
    // "Dismisses bitcoin startup's lawsuit": the name of a coin is the object only where nothing else is.
    if (reach === 'undo' && term.role === ROLE.asset) {
      if (asset < 0) asset = next;
      continue;
    }
    if (sign !== 0 && near) {
      // "Bitcoin fees": of two nouns the second is the object.
      const after = next + 1 < spans.count && spans.breaks[next + 1] === BREAK.none ? spans.terms[next + 1] : null;
      if (sign > 0 && term.direction === 0 && after && after.direction === 0 && polarity(after, false) < 0) {
        lastObject.at = next + 1;
        return polarity(after, false);
      }
      lastObject.at = next;
      return sign;
    }
    if (thing && term.direction !== 0) break;
    if (thing && term.role !== ROLE.skip) near = false;
  }
  if (asset < 0) return 0;
  lastObject.at = asset;
  return spans.terms[asset]!.object;
}

/**
 * Polarity of the object before a direction word, 0 without one: "fees fall", "outflows from funds slow", "rally fades". With `level`
 * other direction words may stand between: "fees fall to a record low". With
 * `state` it may stand behind "in": "adoption in decline".
 */
function polarityBefore(spans: Spans, at: number, participle: boolean, level: boolean, state = false): number {
  let sign = 0;
  let crossed = false;
  for (let back = at; back > 0 && at - back < MAX_LEFT; ) {
    if (spans.breaks[back] !== BREAK.none) break;
    back--;
    const term = spans.terms[back];
    // "Its worst fall": no bad thing that falls.
    if (!term || term.role === ROLE.skip) continue;
    // "Shorts suffer in a sudden rally": what suffers does not rally; "adoption in decline" does decline.
    if (term.role === ROLE.in && !state && (back === at - 1 || (back === at - 2 && isDegree(spans, at - 1)))) break;
    if (term.role === ROLE.of || term.role === ROLE.in) {
      crossed = true;
      continue;
    }
    if (term.role === ROLE.clause || term.role === ROLE.but || term.role === ROLE.despite) break;
    // "Risks dropping" is no risk that drops.
    if (participle && back === at - 1 && term.weight < 0) continue;
    const near = !level && at - back <= 2 && isWord(spans, back);
    const here = term.object !== 0 || near ? polarity(term, at - back === 1) : 0;
    if (here === 0) {
      if (term.direction !== 0 && !level) break;
      continue;
    }
    if (sign === 0 || crossed) {
      // "Fees on Bitcoin fall" is about fees.
      const last = sign !== 0;
      sign = here;
      lastObject.at = back;
      if (last) break;
    }
    crossed = false;
  }
  return sign;
}

/** The factor of the number after a direction word, 1 without one: 12 % weighs more than 1 %. */
function sizeOf(tokens: Tokens, spans: Spans, at: number): number {
  for (let next = at + 1; next < spans.count && next <= at + 4; next++) {
    if (spans.breaks[next] !== BREAK.none) return 1;
    const token = spans.firstToken[next]!;
    const value = Math.abs(tokens.values[token]!);
    if (Number.isNaN(value)) continue;
    const percent =
      (tokens.marks[token]! & PERCENT) !== 0 || /^(percent|pc|per|pct)$/.test(tokens.words[token + 1] ?? '');
    if (percent) return 0.85 + 0.35 * Math.log10(1 + Math.min(value, 1_000));
    return (tokens.marks[token]! & MONEY) !== 0 && value >= 1e6 ? 1.2 : 1;
  }
  return 1;
}

/** Whether "up" or "down" describes a price move here: before a number, or right after a thing that moves. */
function isParticleOfMove(tokens: Tokens, spans: Spans, at: number): boolean {
  let before = at > 0 && spans.breaks[at] === BREAK.none ? spans.terms[at - 1] : null;
  // "Futures marginally up": the thing that moves stands before the adverb.
  if (before && before.amplify !== 1 && at > 1 && spans.breaks[at - 1] === BREAK.none) before = spans.terms[at - 2];
  for (let next = at + 1; next < spans.count && next <= at + 3 && spans.breaks[next] === BREAK.none; next++) {
    const token = spans.firstToken[next]!;
    if (!Number.isNaN(tokens.values[token]!)) return true;
  }
  return before != null && before.object !== 0;
}

/** Words that say behind "in" what the thing before does. */
const STATE = /^(decline|retreat|free|freefall)$/;

/** Words that say of the thing before them that it ended or is not so: "lawsuit dismissed", "fears overblown", "claims baseless",
 * "winter is over". */
const PASSIVE = /(ed|en|own|less|over)$/;
/** Factors of a reached high or low where a move began ("rises from a two-year low"), and of one that prices stayed away from ("below its high"). */
const MOVE_BEGAN = -0.4;
const NOT_REACHED = -0.2;

/** 1 for a level that is reached; the words before it say otherwise: "from", "off", "below". */
function levelFactor(tokens: Tokens, spans: Spans, at: number): number {
  for (let back = at; back > 0 && at - back < 3 && spans.breaks[back] === BREAK.none; ) {
    back--;
    const word = tokens.words[spans.lastToken[back]!]!;
    if (word === 'from' || word === 'off' || word === 'since') return MOVE_BEGAN;
    const short = word === 'below' || word === 'under' || word === 'shy' || word === 'short';
    if (short && spans.terms[at]!.direction > 0) return NOT_REACHED;
  }
  return 1;
}

/**
 * The weight of a direction word before its context: its strength times the polarity of its object, which it leaves in
 * {@link lastObject}. Words like "prevent" (reach `undo`) are 0 without an object; then their own weight counts.
 */
export function moveOf(tokens: Tokens, spans: Spans, at: number, term: Term): number {
  lastObject.at = -1;
  const word = tokens.words[spans.firstToken[at]!]!;
  if (term.reach === 'undo') {
    const after = polarityAfter(tokens, spans, at, MAX_RIGHT);
    // "Lawsuit dismissed", "bug fixed".
    const before =
      after === 0 && PASSIVE.test(tokens.words[spans.lastToken[at]!]!) ? polarityBefore(spans, at, false, false) : 0;
    // "Bitcoin abandoned": a price does not end.
    const sign = after !== 0 ? after : Math.abs(before) < 1 ? 0 : before;
    // "Fix" and "resolve" do not end good things.
    return sign > 0 && term.weight > 0 ? 0 : -ENDING * term.factor * sign;
  }
  if (term.reach === 'particle' && !isParticleOfMove(tokens, spans, at)) return 0;
  const size = sizeOf(tokens, spans, at);
  let sign = 0;
  if (term.reach === 'level' || term.reach === 'adjective') {
    const factor = levelFactor(tokens, spans, at);
    if (factor !== 1) return term.direction * size * factor;
  }
  if (term.reach === 'object') sign = polarityAfter(tokens, spans, at, MAX_RIGHT);
  else if (term.reach === 'adjective') sign = polarityAfter(tokens, spans, at, 2);
  else if (term.reach === 'subject') sign = polarityAfter(tokens, spans, at, MAX_RIGHT);
  if (sign === 0) {
    sign = polarityBefore(spans, at, word.endsWith('ing'), term.reach === 'level', STATE.test(word));
  }
  return MOVE * term.direction * size * (sign === 0 ? 1 : sign);
}
