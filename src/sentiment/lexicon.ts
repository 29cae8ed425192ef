import { createRequire } from 'node:module';
import { inflect } from './inflect.ts';
import { ADOPTION, TECHNOLOGY } from './lexicon/adoption.ts';
import { COMPANIES, MACRO } from './lexicon/economy.ts';
import { GRAMMAR } from './lexicon/grammar.ts';
import { FLOWS, PRICE_MOVES } from './lexicon/market.ts';
import { REGULATION, SECURITY } from './lexicon/risks.ts';
import { SLANG } from './lexicon/slang.ts';
import { createTokens, tokenize } from './tokenize.ts';

/** What a word does to the words around it. */
export const ROLE = {
  none: 0,
  neg: 1,
  fail: 2,
  hedge: 3,
  ask: 4,
  but: 5,
  despite: 6,
  clause: 7,
  of: 8,
  in: 9,
  skip: 10,
  digest: 11,
  absence: 12,
  asset: 13,
  less: 14,
  use: 15,
} as const;

/** What is known of a word or a phrase. */
export interface Term {
  /** Polarity of its own; 0 for none. */
  weight: number;
  /** Signed strength of a direction (soar +, plunge −); 0 for none. */
  direction: number;
  /** How the direction finds its object. */
  reach: 'subject' | 'object' | 'adjective' | 'level' | 'undo' | 'particle';
  /** As the object of a direction: +1 when more of it is good, −1 when bad. */
  object: number;
  /** One of {@link ROLE}. */
  role: number;
  /** Factor of the role: of the clause that follows, or of what is negated. */
  factor: number;
  /** Factor on the words next to it ("sharply", "slightly"); 1 for none. */
  amplify: number;
}

/** A word of the vocabulary: what it means alone, and the phrases that begin with it. */
export interface Word {
  lemma: number;
  term: Term | null;
  phrases: Phrases | null;
}

/** A step of a phrase: what may follow, by lemma, and what it means when it ends here. */
export interface Phrases {
  term: Term | null;
  readonly next: Map<number, Phrases>;
}

const THEMES = [PRICE_MOVES, FLOWS, REGULATION, SECURITY, ADOPTION, TECHNOLOGY, MACRO, COMPANIES, SLANG, GRAMMAR];
/** Factor from AFINN's scale (−5 … 5) to the lexicon's, on which 1 is a clearly positive word. */
const AFINN_SCALE = 0.3;
/** Weight of a word of failure; the weights of the words after it count with the other sign. */
const FAILURE = -0.7;
const SKIP = 'a an the its their new usd us eur rs inr gbp'.split(' ');

/** Every word of the lexicon; {@link ARTICLES} holds the lemmas that may stand inside a phrase without being part of it. */
export const WORDS = new Map<string, Word>();
export const ARTICLES = new Set<number>();

const blank = (): Term => ({
  weight: 0,
  direction: 0,
  reach: 'subject',
  object: 0,
  role: ROLE.none,
  factor: 1,
  amplify: 1,
});
const listed = new Set<string>();
let lemmas = 0;

function wordFor(text: string): Word {
  let word = WORDS.get(text);
  if (!word) {
    word = { lemma: lemmas++, term: null, phrases: null };
    WORDS.set(text, word);
  }
  return word;
}

/** The heads of direction words, and how each finds its object. */
const REACH: Readonly<Record<string, Term['reach']>> = {
  up: 'subject',
  down: 'subject',
  high: 'adjective',
  low: 'adjective',
  level: 'level',
  particle: 'particle',
};
const AMOUNT = /^[+-]?\d+(\.\d+)?$/;

/** Sets a term's fields by the head of its line. */
function apply(head: readonly string[], term: Term): void {
  const [name = '', amount = ''] = head;
  const value = Number(amount) || 1;
  if (AMOUNT.test(name)) {
    term.weight = Number(name);
  } else if (name in REACH) {
    term.direction = name === 'down' || name === 'low' ? -value : value;
    term.reach = head.includes('tr') ? 'object' : REACH[name]!;
  } else if (name === 'undo') {
    if (term.direction === 0) {
      term.reach = 'undo';
      term.factor = value;
    }
  } else if (name === 'good' || name === 'bad') {
    term.object = name === 'good' ? value : -value;
  } else if (name === 'amp') {
    term.amplify = value;
  } else if (name in ROLE) {
    if (name === 'asset') term.object = value;
    if (name === 'use') term.weight = value;
    term.role = ROLE[name as keyof typeof ROLE];
    term.factor = value;
    if (name === 'fail') term.weight = FAILURE;
  }
}

/** One word or phrase of a line, and the line's head. */
interface Entry {
  readonly head: readonly string[];
  readonly words: readonly string[];
  readonly inflected: boolean;
}

const scratch = createTokens();

/**
 * Reads a theme: lines of `head: item, item` (a line that begins with two spaces continues the one above). Heads: a number is a weight;
 * `up`, `down` N a movement (`tr`: of the object after it), `high`, `low` an adjective of movement, `level` a reached high or low,
 * `particle` "up" and "down"; `good`, `bad` a thing of which more is good or bad; `undo` N a word that ends things; `amp` N a factor on the
 * words next to it; `asset` a coin, good by N, `use` N a mildly positive verb
 * that counts for more with a coin as its object; the rest are roles. `=`, on a line or an item, keeps the words as written; others are inflected. In phrases `#` is any
 * number and `$` an amount of money.
 */
function entriesOf(theme: string): Entry[] {
  return theme
    .trim()
    .replaceAll('\n  ', ' ')
    .split('\n')
    .flatMap((line) => {
      const colon = line.indexOf(':');
      const head = line.slice(0, colon).split(' ');
      return line
        .slice(colon + 1)
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== '')
        .map((item) => {
          const phrase = item.replace(/ =$/, '');
          tokenize(phrase, scratch);
          const words = /[#$]/.test(phrase) ? phrase.split(' ') : scratch.words.slice(0, scratch.count);
          return { head, words, inflected: !head.includes('=') && !item.endsWith(' =') };
        });
    });
}

function compile(): void {
  const entries = THEMES.flatMap(entriesOf);
  const singles = entries.filter((entry) => entry.words.length === 1);
  for (const { head, words } of singles) {
    const word = wordFor(words[0]!);
    word.term ??= blank();
    listed.add(words[0]!);
    apply(head, word.term);
  }
  // Inflected forms are added after all listed words, which keep their own meaning.
  for (const { words, inflected } of singles) if (inflected) addForms(words[0]!);
  const phrases = entries.filter((entry) => entry.words.length > 1);
  for (const text of phrases.flatMap((entry) => entry.words)) wordFor(text);
  for (const { words, inflected } of phrases) if (inflected) for (const text of words) addForms(text);
  for (const { head, words } of phrases) {
    const [first, ...rest] = words.map(wordFor);
    first!.phrases ??= { term: null, next: new Map() };
    let step = first!.phrases;
    for (const { lemma } of rest) {
      let next = step.next.get(lemma);
      if (!next) {
        next = { term: null, next: new Map() };
        step.next.set(lemma, next);
      }
      step = next;
    }
    step.term ??= blank();
    apply(head, step.term);
  }
  // An inflected form begins the same phrases as its base word.
  const byLemma = new Map<number, Phrases>();
  for (const { lemma, phrases: own } of WORDS.values()) {
    const shared = byLemma.get(lemma);
    if (own && shared) merge(shared, own);
    else if (own) byLemma.set(lemma, own);
  }
  for (const word of WORDS.values()) word.phrases = byLemma.get(word.lemma) ?? null;
  for (const text of SKIP) ARTICLES.add(wordFor(text).lemma);
  wordFor('#');
  wordFor('$');
}

function addForms(base: string): void {
  const from = WORDS.get(base)!;
  for (const form of inflect(base)) {
    const word = WORDS.get(form);
    if (!word) WORDS.set(form, { ...from, phrases: null });
    else if (form !== base && (listed.has(form) || !word.term)) word.lemma = from.lemma;
  }
}

function merge(into: Phrases, from: Phrases): void {
  into.term ??= from.term;
  for (const [lemma, next] of from.next) {
    const shared = into.next.get(lemma);
    if (shared) merge(shared, next);
    else into.next.set(lemma, next);
  }
}

function addAfinn(): void {
  const require = createRequire(import.meta.url);
  const labels = require('sentiment/languages/en/labels.json') as Readonly<Record<string, number>>;
  const emoji = require('sentiment/build/emoji.json') as Readonly<Record<string, number>>;
  for (const [text, value] of [...Object.entries(labels), ...Object.entries(emoji)]) {
    if (!/^[^\s-]+$/.test(text)) continue;
    const word = wordFor(text);
    word.term ??= { ...blank(), weight: value * AFINN_SCALE };
  }
}

compile();
addAfinn();
