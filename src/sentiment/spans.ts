import { ARTICLES, type Phrases, type Term, WORDS, type Word } from './lexicon.ts';
import { BREAK, MAX_CHARACTERS, type Tokens } from './tokenize.ts';

/** The words and phrases of one text in order, which the rules work on. The arrays are reused for the next text. */
export interface Spans {
  count: number;
  readonly terms: (Term | null)[];
  /** The vocabulary's entry of each token (not of each span). */
  readonly tokenWords: (Word | undefined)[];
  readonly firstToken: Int32Array;
  readonly lastToken: Int32Array;
  readonly breaks: Uint8Array;
}

export function createSpans(): Spans {
  const size = MAX_CHARACTERS + 1;
  return {
    count: 0,
    terms: new Array<Term | null>(size).fill(null),
    tokenWords: new Array<Word | undefined>(size).fill(undefined),
    firstToken: new Int32Array(size),
    lastToken: new Int32Array(size),
    breaks: new Uint8Array(size),
  };
}

let matchedTo = -1;
/** The longest phrase that begins at a token; leaves its last token in `matchedTo`. */
function phraseAt(root: Phrases, at: number, tokens: Tokens, words: readonly (Word | undefined)[]): Term | null {
  let best: Term | null = null;
  let step = root;
  for (let next = at + 1; next < tokens.count; next++) {
    if (tokens.breaks[next] === BREAK.sentence) break;
    const word = words[next];
    if (!word) break;
    const found =
      step.next.get(word.lemma) ?? (tokens.words[next] === '$' ? step.next.get(WORDS.get('#')!.lemma) : undefined);
    if (found) {
      step = found;
      if (found.term) {
        best = found.term;
        matchedTo = next;
      }
    } else if (!ARTICLES.has(word.lemma)) break;
  }
  return best;
}

/** Looks every token up and joins those that are a phrase together. */
export function matchSpans(tokens: Tokens, into: Spans): void {
  const words = into.tokenWords;
  for (let at = 0; at < tokens.count; at++) words[at] = WORDS.get(tokens.words[at]!);
  let count = 0;
  for (let at = 0; at < tokens.count; at++) {
    const word = words[at];
    let term = word?.term ?? null;
    let last = at;
    if (word?.phrases) {
      const phrase = phraseAt(word.phrases, at, tokens, words);
      if (phrase) {
        term = phrase;
        last = matchedTo;
      }
    }
    into.terms[count] = term;
    into.firstToken[count] = at;
    into.lastToken[count] = last;
    into.breaks[count++] = tokens.breaks[at]!;
    at = last;
  }
  into.count = count;
}
