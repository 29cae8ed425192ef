import type { Term } from './lexicon.ts';
import { ROLE } from './lexicon.ts';
import type { Tokens } from './tokenize.ts';
import { BREAK, MONEY, PERCENT } from './tokenize.ts';
import type { Units } from './units.ts';

/** How many units before or behind a direction its object is looked for. */
const LEFT = 6;
const RIGHT = 4;

/** Where the object was found; −1 when a direction stands for itself. */
export const found = { at: -1 };

/** +1 when more of a thing is good, −1 when it is bad, 0 when nobody knows. */
function polarity(term: Term, withMoves: boolean): number {
  if (term.object !== 0) return term.object;
  if (term.weight !== 0) return term.own || Math.abs(term.weight) >= 0.5 ? Math.sign(term.weight) : 0;
  return withMoves ? Math.sign(term.direction) : 0;
}

const endsSearch = (role: number) =>
  role === ROLE.clause || role === ROLE.despite || role === ROLE.but || role === ROLE.of || role === ROLE.hedge;

/** Looks behind the verb: "cuts fees", "rise in scams", "falling inflation". */
function rightOf(units: Units, at: number, span: number, afterIn: boolean, withMoves: boolean): number {
  let sawIn = !afterIn;
  for (let next = at + 1; next < units.count && next <= at + span; next++) {
    if (units.breaks[next] !== BREAK.none) return 0;
    const term = units.terms[next];
    if (!term) continue;
    if (term.role === ROLE.in) {
      sawIn = true;
      continue;
    }
    if (endsSearch(term.role)) return 0;
    if (term.role === ROLE.neg || term.role === ROLE.fail) return 0;
    // "Slides into the red": only things can be what slides, not what else is bad.
    const sign = afterIn ? term.object : polarity(term, withMoves);
    if (sign !== 0 && (sawIn || next === at + 1)) {
      // "Bitcoin fees": the second noun is what it is about.
      const after = next + 1 < units.count && units.breaks[next + 1] === BREAK.none ? units.terms[next + 1] : null;
      if (term.object > 0 && after && after.direction === 0 && polarity(after, false) < 0) {
        found.at = next + 1;
        return polarity(after, false);
      }
      found.at = next;
      return sign;
    }
    if (afterIn && !sawIn && term.direction !== 0) return 0;
  }
  return 0;
}

/** Looks before the verb: "fees fall", "outflows from funds slow", "rally fades". */
function leftOf(units: Units, at: number, participle: boolean): number {
  let sign = 0;
  let crossed = false;
  for (let back = at; back > 0 && at - back < LEFT; ) {
    if (units.breaks[back] !== BREAK.none) break;
    back--;
    const term = units.terms[back];
    if (!term) continue;
    if (term.role === ROLE.of || term.role === ROLE.in) {
      crossed = true;
      continue;
    }
    if (term.role === ROLE.clause || term.role === ROLE.but || term.role === ROLE.despite) break;
    const near = at - back <= 2;
    // "Risks dropping" is no risk that drops.
    if (participle && back === at - 1 && term.weight < 0) continue;
    const single = units.firstToken[back] === units.lastToken[back];
    const here = term.object !== 0 || (near && single) ? polarity(term, at - back === 1) : 0;
    if (here === 0) {
      if (term.direction !== 0) break;
      continue;
    }
    if (sign === 0) {
      sign = here;
      found.at = back;
      crossed = false;
    } else if (crossed) {
      // "fees on Bitcoin fall" is about fees.
      sign = here;
      found.at = back;
      break;
    } else break;
  }
  return sign;
}

/** How much a number behind a move adds: 12 % is more of a move than 1 %. */
function sizeOf(tokens: Tokens, units: Units, at: number): number {
  for (let next = at + 1; next < units.count && next <= at + 4; next++) {
    if (units.breaks[next] !== BREAK.none) return 1;
    const token = units.firstToken[next]!;
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
function isVane(tokens: Tokens, units: Units, at: number): boolean {
  let before = at > 0 && units.breaks[at] === BREAK.none ? units.terms[at - 1] : null;
  // "Futures marginally up": what moves stands before the degree.
  if (before && before.amplify !== 1 && at > 1 && units.breaks[at - 1] === BREAK.none) before = units.terms[at - 2];
  for (let next = at + 1; next < units.count && next <= at + 3 && units.breaks[next] === BREAK.none; next++) {
    const token = units.firstToken[next]!;
    if (!Number.isNaN(tokens.values[token]!)) return true;
  }
  return before != null && before.object !== 0;
}

/**
 * What a direction contributes, before its context: its strength with the sign of what moves. Leaves the object in `found`.
 * "Prevent" and its kin need an object; without one they are 0 and their own weight counts.
 */
export function moveOf(tokens: Tokens, units: Units, at: number, term: Term): number {
  found.at = -1;
  if (term.reach === 'undo') return -rightOf(units, at, RIGHT, false, true);
  if (term.reach === 'vane' && !isVane(tokens, units, at)) return 0;
  const size = sizeOf(tokens, units, at);
  let sign = 0;
  if (term.reach === 'object') sign = rightOf(units, at, RIGHT, false, true);
  else if (term.reach === 'adjective') sign = rightOf(units, at, 2, false, true);
  else sign = rightOf(units, at, RIGHT, true, false);
  if (sign === 0) sign = leftOf(units, at, tokens.words[units.firstToken[at]!]!.endsWith('ing'));
  return term.direction * size * (sign === 0 ? 1 : sign);
}
