/**
 * How the count of rows and their hessians share one number of a histogram: `count · 2^shift + Σ round(hessian · scale)`. Whole numbers
 * below 2^53 are exact, so counts are, and a sibling's histogram by subtraction has no rounding in them; and a row costs two additions a
 * column in place of three, which is where training spends its time.
 */
export interface Packing {
  /** 2^shift. */
  readonly unit: number;
  /** A power of two, so that hessians like 1 or 1/4 stay what they are. */
  readonly scale: number;
}

/** Above this many rows too few bits would be left for the hessians (here 11). */
export const MAX_ROWS = 2 ** 20;
const MAX_HESSIAN_BITS = 24;

/** The packing for up to `rows` rows whose largest hessian is `largest`. */
export function packingFor(rows: number, largest: number): Packing {
  let countBits = 1;
  while (2 ** countBits <= rows) countBits++;
  const hessianBits = Math.min(53 - 2 * countBits, MAX_HESSIAN_BITS);
  const most = 2 ** hessianBits;
  let scale = 1;
  if (largest > 0) {
    while (largest * scale > most) scale /= 2;
    while (largest * scale * 2 <= most && scale < 2 ** 80) scale *= 2;
  }
  return { unit: 2 ** (countBits + hessianBits), scale };
}

/** Rows in a packed sum. */
export const packedCount = (packed: number, { unit }: Packing): number => Math.floor(packed / unit);

/** Sum of hessians in a packed sum. */
export const packedHessian = (packed: number, { unit, scale }: Packing): number =>
  (packed - Math.floor(packed / unit) * unit) / scale;

/**
 * Where the histograms of some columns lie in one array: two numbers a bin, the sum of gradients and the packed count and hessians.
 */
export interface HistogramLayout {
  /** The columns, ascending. */
  readonly columns: Int32Array;
  /** Where each one's first bin is. */
  readonly offsets: Int32Array;
  readonly length: number;
}

/** The layout for the given columns. */
export function layoutFor(columns: Int32Array, bins: (column: number) => number): HistogramLayout {
  const offsets = new Int32Array(columns.length);
  let length = 0;
  for (const [i, column] of columns.entries()) {
    offsets[i] = length;
    length += 2 * bins(column);
  }
  return { columns, offsets, length };
}

/** Columns that share a word of `BinWords`. */
export const COLUMNS_PER_WORD = 4;

/** Bins of a tree's columns for its rows only, four columns to a 32-bit word: a row costs one read for four additions. */
export type BinWords = readonly Uint32Array[];

/** Fills the words with the bins of the layout's columns in the given rows, in their order. */
export function fillWords(
  words: BinWords,
  layout: HistogramLayout,
  bins: readonly Uint8Array[],
  rows: Int32Array,
  count: number,
): void {
  const { columns } = layout;
  for (let i = 0, word = 0; i < columns.length; i += COLUMNS_PER_WORD, word++) {
    const column = (k: number) => bins[columns[Math.min(i + k, columns.length - 1)]!]!;
    fillWord(words[word]!, column(0), column(1), column(2), column(3), rows, count);
  }
}

function fillWord(
  word: Uint32Array,
  a: Uint8Array,
  b: Uint8Array,
  c: Uint8Array,
  d: Uint8Array,
  rows: Int32Array,
  count: number,
): void {
  for (let i = 0; i < count; i++) {
    const row = rows[i]!;
    word[i] = a[row]! | (b[row]! << 8) | (c[row]! << 16) | (d[row]! << 24);
  }
}

/**
 * Fills a histogram from the places `from` to `to` of `order`, each the place of a row among the words; `pairs` holds gradient and packed
 * hessian of each of them, in that order from 0. Additions into different columns do not wait for one another.
 */
export function fillHistogram(
  histogram: Float64Array,
  layout: HistogramLayout,
  words: BinWords,
  order: Int32Array,
  from: number,
  to: number,
  pairs: Float64Array,
): void {
  const { columns, offsets, length } = layout;
  histogram.fill(0, 0, length);
  for (let i = 0, word = 0; i < columns.length; i += COLUMNS_PER_WORD, word++) {
    // Beyond the last column there is none: what is added there goes past the end of the layout and is never read.
    const at = (k: number) => (i + k < columns.length ? offsets[i + k]! : length + 2 * MAX_BINS * (k - 1));
    fillFour(histogram, at(0), at(1), at(2), at(3), words[word]!, order, from, to, pairs);
  }
}

/** Different values of a byte. */
const MAX_BINS = 256;

/** Numbers that a histogram needs beyond its layout. */
export const HISTOGRAM_SPARE = 2 * MAX_BINS * (COLUMNS_PER_WORD - 1);

function fillFour(
  histogram: Float64Array,
  atA: number,
  atB: number,
  atC: number,
  atD: number,
  word: Uint32Array,
  order: Int32Array,
  from: number,
  to: number,
  pairs: Float64Array,
): void {
  for (let i = from, j = 0; i < to; i++, j += 2) {
    const bins = word[order[i]!]!;
    const gradient = pairs[j]!;
    const packed = pairs[j + 1]!;
    // Two numbers a bin, so every shift is one short.
    const a = atA + ((bins << 1) & 0x1fe);
    histogram[a]! += gradient;
    histogram[a + 1]! += packed;
    const b = atB + ((bins >>> 7) & 0x1fe);
    histogram[b]! += gradient;
    histogram[b + 1]! += packed;
    const c = atC + ((bins >>> 15) & 0x1fe);
    histogram[c]! += gradient;
    histogram[c + 1]! += packed;
    const d = atD + ((bins >>> 23) & 0x1fe);
    histogram[d]! += gradient;
    histogram[d + 1]! += packed;
  }
}

/** Turns the parent's histogram into the other child's by taking one child's away. */
export function subtractHistogram(parent: Float64Array, child: Float64Array, length: number): void {
  for (let i = 0; i < length; i++) parent[i]! -= child[i]!;
}

/** What a leaf's rows add up to. */
export interface LeafSums {
  readonly gradient: number;
  /** Count and hessians, see `Packing`. */
  readonly packed: number;
}

/** The best way to divide a leaf: rows with a bin of at most `bin` in `column` go left. */
export interface Split {
  /** Which of the layout's columns it is, and the column itself. */
  readonly place: number;
  readonly column: number;
  readonly bin: number;
  /** How much less the loss gets by Newton steps, times two: Σ G²/(H+λ) of the children minus the leaf's own. */
  readonly gain: number;
  readonly left: LeafSums;
}

/** What limits a split. */
export interface SplitLimits {
  readonly minimumRows: number;
  readonly l2: number;
}

/** A child must weigh more than this, or its value would be a division by almost nothing. */
const MIN_HESSIAN = 1e-3;
/** A gain below this share of the children's score is the rounding of sums. */
const ROUNDING = 1e-10;

/**
 * The split of largest gain over all columns and bins, the first of equals; null where none gains within the limits
 * (XGBoost, Chen & Guestrin 2016, equation 7 without the constant).
 */
export function bestSplit(
  histogram: Float64Array,
  layout: HistogramLayout,
  sums: LeafSums,
  packing: Packing,
  limits: SplitLimits,
): Split | null {
  const { columns, offsets, length } = layout;
  const { minimumRows, l2 } = limits;
  const { unit, scale } = packing;
  const rows = packedCount(sums.packed, packing);
  const hessian = packedHessian(sums.packed, packing);
  const own = (sums.gradient * sums.gradient) / (hessian + l2);
  let best = 0;
  let bestPlace = -1;
  let bestBin = 0;
  let bestGradient = 0;
  let bestPacked = 0;
  for (let i = 0; i < columns.length; i++) {
    const first = offsets[i]!;
    const last = (i + 1 < columns.length ? offsets[i + 1]! : length) - 2;
    let gradient = 0;
    let packed = 0;
    for (let k = first; k < last; k += 2) {
      const inBin = histogram[k + 1]!;
      if (inBin === 0) continue;
      gradient += histogram[k]!;
      packed += inBin;
      const count = Math.floor(packed / unit);
      if (count < minimumRows) continue;
      if (rows - count < minimumRows) break;
      const left = (packed - count * unit) / scale;
      const right = hessian - left;
      if (left <= MIN_HESSIAN || right <= MIN_HESSIAN) continue;
      const other = sums.gradient - gradient;
      const score = (gradient * gradient) / (left + l2) + (other * other) / (right + l2);
      const gain = score - own;
      if (gain <= best || gain <= ROUNDING * score) continue;
      best = gain;
      bestPlace = i;
      bestBin = (k - first) >> 1;
      bestGradient = gradient;
      bestPacked = packed;
    }
  }
  if (bestPlace < 0) return null;
  return {
    place: bestPlace,
    column: columns[bestPlace]!,
    bin: bestBin,
    gain: best,
    left: { gradient: bestGradient, packed: bestPacked },
  };
}
