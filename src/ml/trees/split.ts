import { type HistogramLayout, type Packing, packedCount, packedHessian } from './histogram.ts';

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
const SMALLEST_HESSIAN = 1e-3;
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
      if (left <= SMALLEST_HESSIAN || right <= SMALLEST_HESSIAN) continue;
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
