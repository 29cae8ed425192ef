import type { Asset } from '../core/asset.ts';

/** A coin with what is compared, prepared once. */
export interface SearchEntry {
  readonly asset: Asset;
  readonly symbol: string;
  readonly name: string;
  readonly words: readonly string[];
  /** Symbol, name and its words, with the letters they consist of, for {@link fuzzyMatches}. */
  readonly spellings: readonly { readonly text: string; readonly letters: number }[];
}

/** Prepares coins for searching; they must come largest first, and matches of one rank keep that order. */
export function searchEntries(assets: readonly Asset[]): SearchEntry[] {
  return assets.map((asset) => {
    const symbol = asset.symbol.toLowerCase();
    const name = plain(asset.name);
    const words = name.split(/[^\p{L}\p{N}]+/u).filter(Boolean);
    const spellings = [...new Set([symbol, name, ...words])].map((text) => ({ text, letters: lettersOf(text) }));
    return { asset, symbol, name, words, spellings };
  });
}

/** Lower case, without accents and doubled spaces. */
export function plain(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().trim().replace(/\s+/g, ' ');
}

/** Ranks of a match, best first; within one, the larger coin comes first. */
const EXACT_SYMBOL = 0;
const EXACT_NAME = 1;
const SYMBOL_PREFIX = 2;
const NAME_PREFIX = 3;
const WORD_PREFIX = 4;
const SUBSTRING = 5;

/**
 * Coins that match a text (which {@link plain} has been applied to) as it was typed: symbol, name, the beginning of
 * either, of a word, or any part. Best first. An empty text matches all.
 */
export function literalMatches(entries: readonly SearchEntry[], text: string): SearchEntry[] {
  if (text === '') return [...entries];
  const ranks = Array.from({ length: SUBSTRING + 1 }, (): SearchEntry[] => []);
  for (const entry of entries) {
    const rank = literalRank(entry, text);
    if (rank !== null) ranks[rank]?.push(entry);
  }
  return ranks.flat();
}

/** The coin with exactly that symbol, or else that name. */
export function exactMatch(entries: readonly SearchEntry[], text: string): SearchEntry | undefined {
  return entries.find(({ symbol }) => symbol === text) ?? entries.find(({ name }) => name === text);
}

function literalRank({ symbol, name, words }: SearchEntry, text: string): number | null {
  if (symbol === text) return EXACT_SYMBOL;
  if (name === text) return EXACT_NAME;
  if (symbol.startsWith(text)) return SYMBOL_PREFIX;
  if (name.startsWith(text)) return NAME_PREFIX;
  if (words.some((word) => word.startsWith(text))) return WORD_PREFIX;
  return symbol.includes(text) || name.includes(text) ? SUBSTRING : null;
}

/** Texts longer than this are not taken for a misspelt name. */
const MAX_FUZZY_LENGTH = 30;

/** Coins whose symbol, name, or a word of it differs from the text by a typing error or two. Closest first. */
export function fuzzyMatches(entries: readonly SearchEntry[], text: string): SearchEntry[] {
  if (text.length < 3 || text.length > MAX_FUZZY_LENGTH) return [];
  const budget = text.length <= 4 ? 1 : 2;
  const letters = lettersOf(text);
  const found: { entry: SearchEntry; distance: number }[] = [];
  for (const entry of entries) {
    let best = budget + 1;
    for (const spelling of entry.spellings) {
      // Each letter that the other lacks costs at least one error; this spares most comparisons.
      if (ones(letters & ~spelling.letters) <= budget)
        best = Math.min(best, typingDistance(text, spelling.text, budget));
    }
    if (best <= budget) found.push({ entry, distance: best });
  }
  return found.sort((a, b) => a.distance - b.distance).map(({ entry }) => entry);
}

/** Rows of the table in {@link typingDistance}, made once: allocating them would be most of its work. */
const scratch = Array.from({ length: 3 }, () => new Uint8Array(MAX_FUZZY_LENGTH + 4));

/**
 * How many insertions, deletions, replacements and swaps of neighbours lie between what was typed and a word (optimal
 * string alignment), or half an error more if it is the beginning of the word that is so close; `budget + 1` when more
 * than the budget. `typed` has at most {@link MAX_FUZZY_LENGTH} letters. Only the band of cells within the budget of the diagonal is computed.
 */
function typingDistance(typed: string, word: string, budget: number): number {
  const over = budget + 1;
  const columns = Math.min(word.length, typed.length + budget);
  if (columns < typed.length - budget) return over;
  let [beforeLast, last, row] = scratch as [Uint8Array, Uint8Array, Uint8Array];
  for (let j = 0; j <= columns; j++) last[j] = j;
  for (let i = 1; i <= typed.length; i++) {
    row.fill(over, 0, columns + 1);
    row[0] = i;
    let smallest = over;
    for (let j = Math.max(1, i - budget); j <= Math.min(columns, i + budget); j++) {
      const same = typed.charCodeAt(i - 1) === word.charCodeAt(j - 1);
      let cost = Math.min(last[j - 1]! + (same ? 0 : 1), last[j]! + 1, row[j - 1]! + 1);
      const swapped =
        i > 1 &&
        j > 1 &&
        typed.charCodeAt(i - 1) === word.charCodeAt(j - 2) &&
        typed.charCodeAt(i - 2) === word.charCodeAt(j - 1);
      if (swapped) cost = Math.min(cost, beforeLast[j - 2]! + 1);
      row[j] = cost;
      smallest = Math.min(smallest, cost);
    }
    if (smallest > budget) return over;
    [beforeLast, last, row] = [last, row, beforeLast];
  }
  const whole = columns === word.length ? last[columns]! : over;
  return Math.min(whole, Math.min(...last.subarray(0, columns + 1)) + 0.5, over);
}

/** A bit for each letter and digit class that occurs. */
function lettersOf(text: string): number {
  let bits = 0;
  for (let i = 0; i < text.length; i++) bits |= 1 << (text.charCodeAt(i) & 31);
  return bits;
}

function ones(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}
