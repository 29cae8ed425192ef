import { ASKED_PRAISE, degreeOf, isVoid, negationOf, weighContext } from './context.ts';
import { found, moveOf } from './direction.ts';
import { ROLE } from './lexicon.ts';
import { createTokens, MAX_CHARACTERS, PERCENT, SIGNED, tokenize } from './tokenize.ts';
import { createUnits, joinUnits } from './units.ts';

/** Told of every word that counts: characters from and to, weight, why. */
export type TermSink = (start: number, end: number, weight: number, why: string) => void;

// One text at a time is scored, start to end, so these are shared between calls.
const tokens = createTokens();
const units = createUnits();
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
  joinUnits(tokens, units);
  weighContext(tokens, units, factors, asked);
  const { count } = units;
  taken.fill(0, 0, count);
  for (let at = 0; at < count; at++) {
    moves[at] = 0;
    const term = units.terms[at];
    if (!term || taken[at] || (term.direction === 0 && term.reach !== 'undo')) continue;
    const move = moveOf(tokens, units, at, term);
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
    const term = units.terms[at];
    if (taken[at]) continue;
    let weight = moves[at]!;
    let why = 'direction';
    if (weight === 0) {
      const token = units.firstToken[at]!;
      if (tokens.marks[token]! & SIGNED && tokens.marks[token]! & PERCENT) {
        weight = Math.sign(tokens.values[token]!) * 1.3;
        why = 'number';
      } else {
        weight = term?.weight ?? 0;
        why = 'lexicon';
        // Whole objects only: "no bitcoin" says nothing about bitcoin.
        if (weight === 0 && term && Math.abs(term.object) === 1 && isVoid(units, at)) {
          weight = term.object;
        }
        if (weight > 0 && weight <= MILD_PRAISE) {
          if (praised) weight *= SAID_AGAIN;
          praised = true;
        }
      }
    }
    if (weight === 0) continue;
    const negation = term?.role === ROLE.fail ? 1 : negationOf(units, at);
    if (negation !== 1) why = 'negated';
    weight *= negation * degreeOf(units, at) * factors[at]!;
    if (weight > 0 && asked[at]) weight *= ASKED_PRAISE;
    sum += weight;
    if (sink) sink(tokens.starts[units.firstToken[at]!]!, tokens.ends[units.lastToken[at]!]!, weight, why);
  }
  return sum;
}

/** "Dismisses phishing lawsuit": the whole bad thing is dismissed. */
function takeRest(from: number): void {
  for (let at = from; at < units.count && at < from + 2 && units.breaks[at] === 0; at++) {
    const term = units.terms[at];
    if (!term || term.role !== ROLE.none || term.weight >= 0) return;
    taken[at] = 1;
  }
}
