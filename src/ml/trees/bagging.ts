/**
 * Bagging: the rows of a round, divided into those that the tree is grown on (in the bag) and the others (out of the bag), which only get its
 * values. As the tree grows both are partitioned in place, so that a leaf is a range of each and no row has to be routed afterwards.
 */
export class Bagging {
  /** Rows that the tree is grown on. */
  readonly inBagRows: number;
  readonly outOfBagRows: number;
  /** The rows that the tree is grown on, ascending. */
  readonly inBag: Int32Array;
  /** Places in `inBag`, in the order of the leaves. */
  readonly order: Int32Array;
  /** The other rows, in the order of the leaves. */
  readonly outOfBag: Int32Array;
  readonly #aside: Int32Array;

  /** For `rows` rows, of which a share is grown on, at least one. */
  constructor(rows: number, share: number) {
    this.inBagRows = Math.max(1, Math.round(rows * share));
    this.outOfBagRows = rows - this.inBagRows;
    // One more than is needed: see `draw`.
    this.inBag = new Int32Array(this.inBagRows + 1);
    this.outOfBag = new Int32Array(this.outOfBagRows + 1);
    this.order = new Int32Array(this.inBagRows);
    this.#aside = new Int32Array(rows);
  }

  /** Draws the rows anew, without replacement (Knuth, selection sampling), and puts both parts into ascending order. */
  draw(random: () => number): void {
    const { inBag, outOfBag, order, inBagRows } = this;
    const rows = inBagRows + this.outOfBagRows;
    let taken = 0;
    for (let row = 0; row < rows; row++) {
      // Both are written and one counts, here and below: a branch would be mispredicted half of the time.
      inBag[taken] = row;
      outOfBag[row - taken] = row;
      taken += random() * (rows - row) < inBagRows - taken ? 1 : 0;
    }
    for (let i = 0; i < inBagRows; i++) order[i] = i;
  }

  /**
   * Moves those of a range of `order` to its front whose bin, the byte of the word at `shift`, is at most `bin`; both parts keep their
   * order. Returns where the second part begins.
   */
  partitionInBag(from: number, to: number, word: Uint32Array, shift: number, bin: number): number {
    const { order } = this;
    const aside = this.#aside;
    let left = from;
    let right = 0;
    for (let i = from; i < to; i++) {
      const place = order[i]!;
      const toRight = ((word[place]! >>> shift) & 0xff) > bin ? 1 : 0;
      order[left] = place;
      aside[right] = place;
      left += 1 - toRight;
      right += toRight;
    }
    for (let i = 0; i < right; i++) order[left + i] = aside[i]!;
    return left;
  }

  /** The same for a range of `outOfBag`, with the bins of all rows. */
  partitionOutOfBag(from: number, to: number, bins: Uint8Array, bin: number): number {
    const { outOfBag } = this;
    const aside = this.#aside;
    let left = from;
    let right = 0;
    for (let i = from; i < to; i++) {
      const row = outOfBag[i]!;
      const toRight = bins[row]! > bin ? 1 : 0;
      outOfBag[left] = row;
      aside[right] = row;
      left += 1 - toRight;
      right += toRight;
    }
    for (let i = 0; i < right; i++) outOfBag[left + i] = aside[i]!;
    return left;
  }
}
