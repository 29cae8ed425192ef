import { ROLE, type Term } from './lexicon.ts';
import type { Spans } from './spans.ts';
import { BREAK, MONEY, PERCENT, type Tokens } from './tokenize.ts';

/** How many spans before or behind a direction its object is looked for. */
const LEFT = 6;
const RIGHT = 4;
/** What the end of a bad thing is worth. */
const UNDONE = 1.2;

/** Weights that make a word a good or bad thing: "lawsuit", not "face". */
const CLEAR = 0.6;

/** Where the object was found; −1 when a direction stands for itself. */
export const found = { at: -1 };

/** +1 when more of a thing is good, −1 when it is bad, 0 when nobody knows. */
function polarity(term: Term, withMoves: boolean): number {
  if (term.object !== 0) return term.object;
  if (term.weight !== 0) return Math.abs(term.weight) >= CLEAR ? Math.sign(term.weight) : 0;
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
/** Phrases that say where something is ("in the red", "below $10") are no things that move or end. */
const PLACE = /^(in|into|below|under|sub|above|near|off|from|out|back|on|at|past|toward|towards|over)$/;
const VERB = /(s|ed|ing|rose|fell|sank|grew|slid)$/;

/** Looks behind the verb: "cuts fees", "rise in scams", "falling inflation", "denies fraud". */
function rightOf(tokens: Tokens, spans: Spans, at: number, reachRight: number): number {
  const { reach } = spans.terms[at]!;
  // What moves by itself has a noun known to move behind it, at once or after "in"; what moves or ends others has any good or bad thing.
  const thing = reach === 'subject';
  const noun = thing ? !VERB.test(tokens.words[spans.firstToken[at]!]!) : reach !== 'undo';
  let near = true;
  for (let next = at + 1; next < spans.count && next <= at + reachRight; next++) {
    if (spans.breaks[next] !== BREAK.none) return 0;
    const term = spans.terms[next];
    if (!term) {
      if (thing) near = false;
      continue;
    }
    if (term.role === ROLE.in && noun) {
      near = true;
      continue;
    }
    if (endsSearch(term.role) || term.role === ROLE.neg || term.role === ROLE.fail) return 0;
    const moves = !thing && term.reach !== 'adjective' && term.reach !== 'particle';
    const place = term.object === 0 && !isWord(spans, next) && PLACE.test(tokens.words[spans.firstToken[next]!]!);
    const sign = thing || place ? term.object : polarity(term, moves);
    if (sign !== 0 && near) {
      // "Bitcoin fees": the second noun is what it is about.
      const after = next + 1 < spans.count && spans.breaks[next + 1] === BREAK.none ? spans.terms[next + 1] : null;
      if (sign > 0 && term.direction === 0 && after && after.direction === 0 && polarity(after, false) < 0) {
        found.at = next + 1;
        return polarity(after, false);
      }
      found.at = next;
      return sign;
    }
    if (thing && term.direction !== 0) return 0;
    if (thing && term.role !== ROLE.skip) near = false;
  }
  return 0;
}

/**
 * Looks before the verb: "fees fall", "outflows from funds slow", "rally fades". `level` is for "fees fall to a record low", where
 * other moves stand between.
 */
function leftOf(spans: Spans, at: number, participle: boolean, level: boolean): number {
  let sign = 0;
  let crossed = false;
  for (let back = at; back > 0 && at - back < LEFT; ) {
    if (spans.breaks[back] !== BREAK.none) break;
    back--;
    const term = spans.terms[back];
    if (!term) continue;
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
      found.at = back;
      if (last) break;
    }
    crossed = false;
  }
  return sign;
}

/** How much a number behind a move adds: 12 % is more of a move than 1 %. */
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

/** Whether "up" or "down" tells of a move here: before a number, or behind what moves. */
function isParticleOfMove(tokens: Tokens, spans: Spans, at: number): boolean {
  let before = at > 0 && spans.breaks[at] === BREAK.none ? spans.terms[at - 1] : null;
  // "Futures marginally up": what moves stands before the degree.
  if (before && before.amplify !== 1 && at > 1 && spans.breaks[at - 1] === BREAK.none) before = spans.terms[at - 2];
  for (let next = at + 1; next < spans.count && next <= at + 3 && spans.breaks[next] === BREAK.none; next++) {
    const token = spans.firstToken[next]!;
    if (!Number.isNaN(tokens.values[token]!)) return true;
  }
  return before != null && before.object !== 0;
}

/**
 * What a direction contributes, before its context: its strength with the sign of what moves. Leaves the object in `found`.
 * "Prevent" and its kin need an object; without one they are 0 and their own weight counts.
 */
export function moveOf(tokens: Tokens, spans: Spans, at: number, term: Term): number {
  found.at = -1;
  const word = tokens.words[spans.firstToken[at]!]!;
  if (term.reach === 'undo') {
    const behind = rightOf(tokens, spans, at, RIGHT);
    // "Lawsuit dismissed", "bug fixed".
    const sign = behind !== 0 || !/(ed|en)$/.test(word) ? behind : leftOf(spans, at, false, false);
    // "Fix" and "resolve" do no harm to good things.
    return sign > 0 && term.weight > 0 ? 0 : -UNDONE * sign;
  }
  if (term.reach === 'particle' && !isParticleOfMove(tokens, spans, at)) return 0;
  const size = sizeOf(tokens, spans, at);
  let sign = 0;
  if (term.reach === 'object') sign = rightOf(tokens, spans, at, RIGHT);
  else if (term.reach === 'adjective') sign = rightOf(tokens, spans, at, 2);
  else if (term.reach === 'subject') sign = rightOf(tokens, spans, at, RIGHT);
  if (sign === 0) sign = leftOf(spans, at, word.endsWith('ing'), term.reach === 'level');
  return term.direction * size * (sign === 0 ? 1 : sign);
}
