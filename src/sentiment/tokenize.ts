/** Only this many UTF-16 units of a text count. */
export const MAX_CHARACTERS = 1_000;

/** What separates a token from the one before: at most a space, a comma or the like, the end of a sentence. */
export const BREAK = { none: 0, clause: 1, sentence: 2 } as const;

/** The tokens of one text, in arrays that are reused for the next text; only the first `count` items are valid. */
export interface Tokens {
  count: number;
  /** Lower-case word, `#` for a number, `$` for an amount of money, an emoji. */
  readonly words: string[];
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** One of {@link BREAK}: what separates the token from the one before. */
  readonly breaks: Uint8Array;
  /** 1 where the sentence that begins at or before the token ends with a question mark right after it. */
  readonly questions: Uint8Array;
  /** Number value with its sign; NaN for words. */
  readonly values: Float64Array;
  /** 1 for a percentage, 2 for money, 4 for a sign before it (added up). */
  readonly marks: Uint8Array;
}

export const PERCENT = 1;
export const MONEY = 2;
export const SIGNED = 4;

export function createTokens(): Tokens {
  const size = MAX_CHARACTERS + 1;
  return {
    count: 0,
    words: new Array<string>(size).fill(''),
    starts: new Int32Array(size),
    ends: new Int32Array(size),
    breaks: new Uint8Array(size),
    questions: new Uint8Array(size),
    values: new Float64Array(size),
    marks: new Uint8Array(size),
  };
}

const SPACE = 0;
const LETTER = 1;
const DIGIT = 2;
const APOSTROPHE = 3;
const STOP = 4;
const CLAUSE = 5;
const CURRENCY = 6;
const SIGN = 7;
const SYMBOL = 8;
const JOINER = 9;

const KINDS = new Uint8Array(128);
for (let code = 0; code < 128; code++) {
  const char = String.fromCharCode(code);
  if (/[a-z]/i.test(char)) KINDS[code] = LETTER;
  else if (/[0-9]/.test(char)) KINDS[code] = DIGIT;
  else if (char === "'") KINDS[code] = APOSTROPHE;
  else if ('.!?\n'.includes(char)) KINDS[code] = STOP;
  else if (',;:|()[]"'.includes(char)) KINDS[code] = CLAUSE;
  else if (char === '$') KINDS[code] = CURRENCY;
  else if ('+-'.includes(char)) KINDS[code] = SIGN;
}

function kindOf(code: number): number {
  if (code < 128) return KINDS[code]!;
  if (code === 0x2019 || code === 0x2018) return APOSTROPHE;
  if (code === 0x2014 || code === 0x2013 || code === 0x2026 || code === 0x201c || code === 0x201d) return CLAUSE;
  if (code === 0x20ac || code === 0xa3 || code === 0x20b9 || code === 0x20bf || code === 0xa5) return CURRENCY;
  if (code === 0x2212) return SIGN;
  if (code === 0x200d || code === 0xfe0f) return JOINER;
  if (code < 0xc0 || (code >= 0x2000 && code < 0x2190) || (code >= 0x3000 && code < 0x3040)) return SPACE;
  if (code >= 0x2190 && code < 0x2e80) return SYMBOL;
  if (code >= 0xd800 && code < 0xdc00) return SYMBOL;
  return LETTER;
}

const SCALES = new Map([
  ['k', 1e3],
  ['m', 1e6],
  ['mn', 1e6],
  ['mln', 1e6],
  ['b', 1e9],
  ['bn', 1e9],
  ['t', 1e12],
  ['tn', 1e12],
]);

/** Splits a text into words, numbers and emoji; hyphens separate words, `'s` is removed. Never throws. */
export function tokenize(text: string, into: Tokens): void {
  const length = Math.min(text.length, MAX_CHARACTERS);
  let count = 0;
  let pending: number = BREAK.none;
  let at = 0;
  into.questions[0] = 0;
  while (at < length) {
    const code = text.charCodeAt(at);
    const kind = kindOf(code);
    if (kind === LETTER || kind === DIGIT) {
      const start = at;
      const number = kind === DIGIT;
      let end = at + 1;
      while (end < length) {
        const next = kindOf(text.charCodeAt(end));
        if (next === LETTER) {
          if (number) break;
        } else if (next === DIGIT) {
          // "web3" is a word.
        } else if (next === APOSTROPHE) {
          if (number || end + 1 >= length || kindOf(text.charCodeAt(end + 1)) !== LETTER) break;
        } else if (number && (text[end] === '.' || text[end] === ',')) {
          if (end + 1 >= length || kindOf(text.charCodeAt(end + 1)) !== DIGIT) break;
        } else break;
        end++;
      }
      into.starts[count] = start;
      into.breaks[count] = pending;
      into.questions[count] = 0;
      pending = BREAK.none;
      if (!number) {
        into.words[count] = wordOf(text, start, end);
        into.values[count] = Number.NaN;
        into.marks[count] = 0;
      } else end = readNumber(text, start, end, length, count, into);
      into.ends[count++] = end;
      at = end;
      continue;
    }
    if (kind === SYMBOL) {
      const end = Math.min(at + (code >= 0xd800 && code < 0xdc00 ? 2 : 1), length);
      into.words[count] = text.slice(at, end);
      into.starts[count] = at;
      into.ends[count] = end;
      into.breaks[count] = pending;
      into.questions[count] = 0;
      into.values[count] = Number.NaN;
      into.marks[count++] = 0;
      pending = BREAK.none;
      at = end;
      continue;
    }
    if (kind === CLAUSE) pending = Math.max(pending, BREAK.clause);
    else if (kind === SIGN) {
      const spaced = at > 0 && text[at - 1] === ' ' && text[at + 1] === ' ';
      if (spaced) pending = Math.max(pending, BREAK.clause);
    } else if (kind === STOP && count > 0) {
      const next = at + 1 < length ? kindOf(text.charCodeAt(at + 1)) : SPACE;
      const initial = text[at] === '.' && into.ends[count - 1]! - into.starts[count - 1]! === 1;
      if (text[at] === '?') into.questions[count - 1] = 1;
      if (text[at] !== '.' || (next !== LETTER && next !== DIGIT && !initial)) pending = BREAK.sentence;
    }
    at++;
  }
  into.count = count;
}

function wordOf(text: string, start: number, end: number): string {
  let word = text.slice(start, end).toLowerCase();
  if (word.includes('’') || word.includes('‘')) word = word.replace(/[‘’]/g, "'");
  return word.endsWith("'s") ? word.slice(0, -2) : word;
}

/** Reads a number with its suffix (k, bn, %, x) and its sign or currency; returns the place after it. */
function readNumber(text: string, start: number, digitsEnd: number, length: number, at: number, into: Tokens): number {
  let end = digitsEnd;
  let letters = end;
  while (letters < length && kindOf(text.charCodeAt(letters)) === LETTER) letters++;
  let value = Number(text.slice(start, end).replaceAll(',', ''));
  if (!Number.isFinite(value)) value = Number.parseFloat(text.slice(start, end)) || 0;
  let marks = 0;
  if (letters > end) {
    const suffix = text.slice(end, letters).toLowerCase();
    const scale = SCALES.get(suffix);
    if (scale === undefined) {
      // "10x", "3rd": a word, not a number.
      into.words[at] = text.slice(start, letters).toLowerCase();
      into.values[at] = Number.NaN;
      into.marks[at] = 0;
      return letters;
    }
    value *= scale;
    end = letters;
  }
  if (end < length && text[end] === '%') {
    marks |= PERCENT;
    end++;
  }
  const before = start > 0 ? kindOf(text.charCodeAt(start - 1)) : SPACE;
  if (before === CURRENCY) marks |= MONEY;
  const signAt = before === CURRENCY ? start - 2 : start - 1;
  if (signAt >= 0 && kindOf(text.charCodeAt(signAt)) === SIGN) {
    const startsNumber = signAt === 0 || kindOf(text.charCodeAt(signAt - 1)) !== LETTER;
    const digitBefore = signAt > 0 && /[0-9%)]/.test(text[signAt - 1]!);
    if (startsNumber && !digitBefore) {
      marks |= SIGNED;
      into.starts[at] = signAt;
      if (text[signAt] !== '+') value = -value;
    }
  }
  const name = at > 0 ? into.words[at - 1]! : '';
  if (name === 'usd' || name === 'rs' || name === 'eur' || name === 'inr' || name === 'gbp') marks |= MONEY;
  into.words[at] = marks & MONEY ? '$' : '#';
  into.values[at] = value;
  into.marks[at] = marks;
  return end;
}
