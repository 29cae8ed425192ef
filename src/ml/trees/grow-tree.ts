import { shuffle } from '../../core/random.ts';
import type { Bagging } from './bagging.ts';
import type { BinnedRows } from './binning.ts';
import {
  type BinWords,
  bestSplit,
  COLUMNS_PER_WORD,
  fillHistogram,
  fillWords,
  HISTOGRAM_SPARE,
  type HistogramLayout,
  type LeafSums,
  layoutFor,
  type Packing,
  packedHessian,
  packingFor,
  type Split,
  subtractHistogram,
} from './histogram.ts';

/** What a tree is grown by. */
export interface GrowOptions {
  /** Most leaves of the tree. */
  readonly leaves: number;
  readonly learningRate: number;
  /** Minimum of in-bag rows in a leaf. */
  readonly minimumRows: number;
  /** λ: as if every leaf had this much hessian more, at a gradient of zero. */
  readonly l2: number;
  /** Share of the columns that a tree may split on, drawn for each tree. */
  readonly columnShare: number;
}

/** A split of a grown tree, or a leaf with its value. */
export type TreeNode =
  | { readonly column: number; readonly bin: number; readonly left: TreeNode; readonly right: TreeNode }
  | { readonly value: number };

/** A leaf while the tree grows: its ranges of in-bag and out-of-bag rows, its sums, and how it would be split. */
interface OpenLeaf {
  readonly inBagFrom: number;
  readonly inBagTo: number;
  readonly outOfBagFrom: number;
  readonly outOfBagTo: number;
  readonly sums: LeafSums;
  histogram: Float64Array | null;
  split: Split | null;
  children: readonly [OpenLeaf, OpenLeaf] | null;
}

/** Grows trees on the same rows one after the other, with its memory allocated once. */
export class TreeGrower {
  readonly #binned: BinnedRows;
  readonly #bagging: Bagging;
  readonly #options: GrowOptions;
  readonly #random: () => number;
  /** Columns with more than one bin. */
  readonly #useful: Int32Array;
  readonly #picked: number;
  /** Bins of the tree's columns for its in-bag rows. */
  readonly #words: BinWords;
  /** The leaf that each row ends in. */
  readonly #leafOf: Uint16Array;
  /** Gradient and packed hessian of the in-bag rows, and those of one leaf's rows side by side. */
  readonly #pairs: Float64Array;
  readonly #gathered: Float64Array;
  readonly #spare: Float64Array[] = [];
  readonly #histogramLength: number;

  constructor(binned: BinnedRows, bagging: Bagging, options: GrowOptions, random: () => number) {
    this.#binned = binned;
    this.#bagging = bagging;
    this.#options = options;
    this.#random = random;
    const { cuts, rows } = binned;
    this.#useful = Int32Array.from(cuts.keys()).filter((column) => cuts[column]!.length > 0);
    this.#picked = Math.min(this.#useful.length, Math.max(1, Math.round(this.#useful.length * options.columnShare)));
    const words = Math.ceil(this.#picked / COLUMNS_PER_WORD);
    this.#words = Array.from({ length: words }, () => new Uint32Array(bagging.inBagRows));
    this.#leafOf = new Uint16Array(rows);
    this.#pairs = new Float64Array(2 * bagging.inBagRows);
    this.#gathered = new Float64Array(2 * bagging.inBagRows);
    this.#histogramLength = cuts.reduce((sum, points) => sum + 2 * (points.length + 1), HISTOGRAM_SPARE);
  }

  /**
   * Grows a tree on the in-bag rows, always splitting the leaf that gains most, and adds every leaf's value (rounded to 32 bits, as it
   * is kept) to `raw` for all rows. Gradients must be finite and hessians not negative.
   */
  grow(gradient: Float64Array, hessian: Float64Array, raw: Float64Array): TreeNode {
    const { leaves } = this.#options;
    const packing = this.#pack(gradient, hessian);
    const layout = this.#layout();
    fillWords(this.#words, layout, this.#binned.columns, this.#bagging.inBag, this.#bagging.inBagRows);
    const root = this.#root();
    const open = [root];
    this.#consider(root, layout, packing);
    while (open.length < leaves) {
      let next = -1;
      for (let i = 0; i < open.length; i++) {
        const gain = open[i]!.split?.gain ?? 0;
        if (gain > (next < 0 ? 0 : open[next]!.split!.gain)) next = i;
      }
      if (next < 0) break;
      const leaf = open[next]!;
      const [left, right] = this.#divide(leaf, leaf.split!);
      open[next] = left;
      open.push(right);
      // The last two leaves stay as they are.
      if (open.length < leaves) this.#considerChildren(leaf, left, right, layout, packing);
      else this.#release(leaf);
    }
    for (const leaf of open) this.#release(leaf);
    const values = open.map((leaf) => this.#value(leaf, packing));
    this.#addValues(open, values, raw);
    return toNode(root, new Map(open.map((leaf, i) => [leaf, values[i]!])));
  }

  #pack(gradient: Float64Array, hessian: Float64Array): Packing {
    const { inBag, inBagRows } = this.#bagging;
    let largest = 0;
    for (let i = 0; i < inBagRows; i++) largest = Math.max(largest, hessian[inBag[i]!]!);
    const packing = packingFor(inBagRows, largest);
    const { unit, scale } = packing;
    const pairs = this.#pairs;
    for (let i = 0; i < inBagRows; i++) {
      const row = inBag[i]!;
      pairs[2 * i] = gradient[row]!;
      pairs[2 * i + 1] = unit + Math.round(hessian[row]! * scale);
    }
    return packing;
  }

  #layout(): HistogramLayout {
    const columns = shuffle(this.#useful.slice(), this.#random).slice(0, this.#picked).sort();
    return layoutFor(columns, (column) => this.#binned.cuts[column]!.length + 1);
  }

  #root(): OpenLeaf {
    const { inBagRows, outOfBagRows } = this.#bagging;
    let gradient = 0;
    let packed = 0;
    for (let i = 0; i < inBagRows; i++) {
      gradient += this.#pairs[2 * i]!;
      packed += this.#pairs[2 * i + 1]!;
    }
    const ranges = { inBagFrom: 0, inBagTo: inBagRows, outOfBagFrom: 0, outOfBagTo: outOfBagRows };
    return { ...ranges, sums: { gradient, packed }, histogram: null, split: null, children: null };
  }

  #divide(leaf: OpenLeaf, { place, column, bin, left }: Split): readonly [OpenLeaf, OpenLeaf] {
    const { inBagFrom, inBagTo, outOfBagFrom, outOfBagTo, sums } = leaf;
    const word = this.#words[Math.floor(place / COLUMNS_PER_WORD)]!;
    const shift = 8 * (place % COLUMNS_PER_WORD);
    const inBagMiddle = this.#bagging.partitionInBag(inBagFrom, inBagTo, word, shift, bin);
    const outOfBagMiddle = this.#bagging.partitionOutOfBag(
      outOfBagFrom,
      outOfBagTo,
      this.#binned.columns[column]!,
      bin,
    );
    const rest = { gradient: sums.gradient - left.gradient, packed: sums.packed - left.packed };
    const unknown = { histogram: null, split: null, children: null };
    leaf.children = [
      { ...unknown, inBagFrom, inBagTo: inBagMiddle, outOfBagFrom, outOfBagTo: outOfBagMiddle, sums: left },
      { ...unknown, inBagFrom: inBagMiddle, inBagTo, outOfBagFrom: outOfBagMiddle, outOfBagTo, sums: rest },
    ];
    return leaf.children;
  }

  #splittable = ({ inBagFrom, inBagTo }: OpenLeaf): boolean => inBagTo - inBagFrom >= 2 * this.#options.minimumRows;

  /** Finds the root's split. */
  #consider(leaf: OpenLeaf, layout: HistogramLayout, packing: Packing): void {
    if (!this.#splittable(leaf) || layout.columns.length === 0) return;
    leaf.histogram = this.#fill(leaf, layout);
    leaf.split = bestSplit(leaf.histogram, layout, leaf.sums, packing, this.#options);
  }

  /** Finds the children's splits: the smaller one's histogram is counted, the other's is what is left of the parent's. */
  #considerChildren(
    parent: OpenLeaf,
    left: OpenLeaf,
    right: OpenLeaf,
    layout: HistogramLayout,
    packing: Packing,
  ): void {
    const leftIsSmall = left.inBagTo - left.inBagFrom <= right.inBagTo - right.inBagFrom;
    const [small, large] = leftIsSmall ? [left, right] : [right, left];
    if (this.#splittable(large)) {
      small.histogram = this.#fill(small, layout);
      large.histogram = parent.histogram!;
      parent.histogram = null;
      subtractHistogram(large.histogram, small.histogram, layout.length);
      for (const leaf of [left, right]) {
        if (this.#splittable(leaf)) leaf.split = bestSplit(leaf.histogram!, layout, leaf.sums, packing, this.#options);
        if (!leaf.split) this.#release(leaf);
      }
    }
    this.#release(parent);
  }

  #fill({ inBagFrom, inBagTo }: OpenLeaf, layout: HistogramLayout): Float64Array {
    const { order } = this.#bagging;
    const gathered = this.#gathered;
    const pairs = this.#pairs;
    for (let i = inBagFrom, j = 0; i < inBagTo; i++, j += 2) {
      const at = 2 * order[i]!;
      gathered[j] = pairs[at]!;
      gathered[j + 1] = pairs[at + 1]!;
    }
    const histogram = this.#spare.pop() ?? new Float64Array(this.#histogramLength);
    fillHistogram(histogram, layout, this.#words, order, inBagFrom, inBagTo, gathered);
    return histogram;
  }

  #release(leaf: OpenLeaf): void {
    if (leaf.histogram) this.#spare.push(leaf.histogram);
    leaf.histogram = null;
  }

  #value({ sums }: OpenLeaf, packing: Packing): number {
    const { l2, learningRate } = this.#options;
    const weight = packedHessian(sums.packed, packing) + l2;
    return weight > 0 ? Math.fround((-sums.gradient / weight) * learningRate) : 0;
  }

  /** Adds each row's leaf value. Through an array of leaves: it stays in the cache, and the larger ones are passed in order. */
  #addValues(leaves: readonly OpenLeaf[], values: readonly number[], raw: Float64Array): void {
    const { inBag, order, outOfBag } = this.#bagging;
    const leafOf = this.#leafOf;
    leaves.forEach(({ inBagFrom, inBagTo, outOfBagFrom, outOfBagTo }, leaf) => {
      for (let i = inBagFrom; i < inBagTo; i++) leafOf[inBag[order[i]!]!] = leaf;
      for (let i = outOfBagFrom; i < outOfBagTo; i++) leafOf[outOfBag[i]!] = leaf;
    });
    const added = Float64Array.from(values);
    for (let row = 0; row < raw.length; row++) raw[row]! += added[leafOf[row]!]!;
  }
}

function toNode(leaf: OpenLeaf, values: ReadonlyMap<OpenLeaf, number>): TreeNode {
  if (!leaf.children) return { value: values.get(leaf)! };
  const { column, bin } = leaf.split!;
  const [left, right] = leaf.children;
  return { column, bin, left: toNode(left, values), right: toNode(right, values) };
}
