/**
 * The rows of a round in two bags: those the tree is grown on, and the others, which only follow it. As the tree grows both are divided in
 * place, so that a leaf is a range of each and no row has to be routed afterwards.
 */
export class RowBags {
  /** Rows that the tree is grown on. */
  readonly grownRows: number;
  readonly otherRows: number;
  /** They themselves, ascending. */
  readonly grown: Int32Array;
  /** Places in `grown`, in the order of the leaves. */
  readonly order: Int32Array;
  /** The other rows, in the order of the leaves. */
  readonly others: Int32Array;
  readonly #aside: Int32Array;

  /** For `rows` rows, of which a share is grown on, at least one. */
  constructor(rows: number, share: number) {
    this.grownRows = Math.max(1, Math.round(rows * share));
    this.otherRows = rows - this.grownRows;
    // One more than is needed: see `draw`.
    this.grown = new Int32Array(this.grownRows + 1);
    this.others = new Int32Array(this.otherRows + 1);
    this.order = new Int32Array(this.grownRows);
    this.#aside = new Int32Array(rows);
  }

  /** Draws the rows anew, without replacement (Knuth, selection sampling), and puts both bags into ascending order. */
  draw(random: () => number): void {
    const { grown, others, order, grownRows } = this;
    const rows = grownRows + this.otherRows;
    let taken = 0;
    for (let row = 0; row < rows; row++) {
      // Both are written and one counts, here and below: a branch would be mispredicted half of the time.
      grown[taken] = row;
      others[row - taken] = row;
      taken += random() * (rows - row) < grownRows - taken ? 1 : 0;
    }
    for (let i = 0; i < grownRows; i++) order[i] = i;
  }

  /**
   * Moves those of a range of `order` to its front whose bin, the byte of the word at `shift`, is at most `bin`; both parts keep their
   * order. Returns where the second part begins.
   */
  divideGrown(from: number, to: number, word: Uint32Array, shift: number, bin: number): number {
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

  /** The same for a range of the others, with the bins of all rows. */
  divideOthers(from: number, to: number, bins: Uint8Array, bin: number): number {
    const { others } = this;
    const aside = this.#aside;
    let left = from;
    let right = 0;
    for (let i = from; i < to; i++) {
      const row = others[i]!;
      const toRight = bins[row]! > bin ? 1 : 0;
      others[left] = row;
      aside[right] = row;
      left += 1 - toRight;
      right += toRight;
    }
    for (let i = 0; i < right; i++) others[left + i] = aside[i]!;
    return left;
  }
}
