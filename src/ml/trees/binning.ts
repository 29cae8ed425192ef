import { requireShape, requireWhole } from '../engine/checks.ts';

/**
 * Rows with every number replaced by the bin it falls into. A value is in the first bin whose cut is at least as large, in the last one
 * past all cuts, so "bin ≤ b" and "value ≤ cuts[b]" hold for the same numbers.
 */
export interface BinnedRows {
  readonly rows: number;
  readonly width: number;
  /** Ascending cut points of each column, one fewer than its bins; none where the column is constant. They are values of the rows. */
  readonly cuts: readonly Float32Array[];
  /** Bins of each column, one byte a row. */
  readonly columns: readonly Uint8Array[];
}

/** Cut points are read off at most this many rows. */
const MAX_SAMPLED_ROWS = 50_000;
const MAX_BINS = 256;
/** So that a column's number fits into 16 bits beside a mark of its own, in forests. */
const MAX_COLUMNS = 65_534;

/**
 * Sorts the given rows of `inputs` (all rows × width, row-major) into at most `mostBins` bins a column, equally full as far as ties allow.
 * Throws `CC_ENGINE_SHAPE` when a size is wrong, a row is not there or a number is not finite.
 */
export function binRows(inputs: Float32Array, width: number, rows: Int32Array, mostBins = 128): BinnedRows {
  requireWhole('The width', width, 1, MAX_COLUMNS);
  requireWhole('The number of bins', mostBins, 2, MAX_BINS);
  requireShape(inputs.length % width === 0, `${inputs.length} inputs are no whole rows of ${width}.`);
  requireShape(rows.length > 0, 'There are no rows to bin.');
  checkRows(inputs, width, rows);
  const sampled = Math.min(rows.length, MAX_SAMPLED_ROWS);
  const sample = new Float32Array(sampled);
  const cuts: Float32Array[] = [];
  const columns: Uint8Array[] = [];
  for (let column = 0; column < width; column++) {
    for (let i = 0; i < sampled; i++) {
      sample[i] = inputs[rows[Math.floor((i * rows.length) / sampled)]! * width + column]!;
    }
    const points = cutPoints(sample.sort(), mostBins);
    cuts.push(points);
    columns.push(binColumn(inputs, width, column, rows, points));
  }
  return { rows: rows.length, width, cuts, columns };
}

/** The same bins for some of the rows, given by their places among them. Throws `CC_ENGINE_SHAPE` for a place that is not there. */
export function takeRows(binned: BinnedRows, places: Int32Array): BinnedRows {
  for (const place of places) {
    requireShape(place >= 0 && place < binned.rows, `There is no row ${place} among ${binned.rows}.`);
  }
  const columns = binned.columns.map((column) => {
    const taken = new Uint8Array(places.length);
    for (let i = 0; i < places.length; i++) taken[i] = column[places[i]!]!;
    return taken;
  });
  return { rows: places.length, width: binned.width, cuts: binned.cuts, columns };
}

function checkRows(inputs: Float32Array, width: number, rows: Int32Array): void {
  const all = inputs.length / width;
  for (const row of rows) {
    requireShape(row >= 0 && row < all, `There is no row ${row} among ${all}.`);
    for (let i = row * width; i < (row + 1) * width; i++) {
      if (!Number.isFinite(inputs[i])) {
        requireShape(false, `Column ${i - row * width} of row ${row} is ${inputs[i]}, not a finite number.`);
      }
    }
  }
}

/**
 * Cut points of ascending values. A value as frequent as an average bin gets a bin of its own, and the others share the rest evenly
 * (as LightGBM's `GreedyFindBin` does), so that a column that is mostly zero keeps its detail elsewhere. Cuts are values, not midpoints:
 * then only their order matters, also for rows that were not seen.
 */
function cutPoints(sorted: Float32Array, mostBins: number): Float32Array {
  const { values, counts } = countTies(sorted);
  const distinct = values.length;
  if (distinct <= mostBins) return Float32Array.from(values.slice(0, -1));
  const frequent = sorted.length / mostBins;
  const large = counts.map((count) => count >= frequent);
  let binsLeft = mostBins;
  let rowsLeft = sorted.length;
  for (let i = 0; i < distinct; i++) {
    if (!large[i]) continue;
    binsLeft--;
    rowsLeft -= counts[i]!;
  }
  let mean = rowsLeft / Math.max(binsLeft, 1);
  const cuts: number[] = [];
  let held = 0;
  for (let i = 0; i < distinct - 1 && cuts.length < mostBins - 1; i++) {
    held += counts[i]!;
    if (!large[i]) rowsLeft -= counts[i]!;
    const full = large[i] || held >= mean || (large[i + 1] && held >= Math.max(1, mean / 2));
    if (!full) continue;
    cuts.push(values[i]!);
    held = 0;
    if (large[i]) continue;
    binsLeft--;
    mean = rowsLeft / Math.max(binsLeft, 1);
  }
  return Float32Array.from(cuts);
}

function countTies(sorted: Float32Array): { readonly values: number[]; readonly counts: number[] } {
  const values: number[] = [];
  const counts: number[] = [];
  for (let i = 0; i < sorted.length; i++) {
    if (i > 0 && sorted[i] === sorted[i - 1]) {
      counts[counts.length - 1]!++;
    } else {
      values.push(sorted[i]!);
      counts.push(1);
    }
  }
  return { values, counts };
}

function binColumn(
  inputs: Float32Array,
  width: number,
  column: number,
  rows: Int32Array,
  cuts: Float32Array,
): Uint8Array {
  const bins = new Uint8Array(rows.length);
  if (cuts.length === 0) return bins;
  for (let i = 0; i < rows.length; i++) {
    const value = inputs[rows[i]! * width + column]!;
    let low = 0;
    let high = cuts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (value <= cuts[middle]!) high = middle;
      else low = middle + 1;
    }
    bins[i] = low;
  }
  return bins;
}
