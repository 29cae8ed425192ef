/**
 * Statistics over trailing windows. Row i uses rows i − n + 1 … i only. NaN rows are skipped; where fewer than
 * `minimum` numbers are in the window the result is NaN.
 */

/** Mean of the last n numbers. */
export function rollingMean(values: Float64Array, n: number, minimum: number): Float64Array {
  const out = new Float64Array(values.length).fill(Number.NaN);
  let sum = 0;
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    const entering = values[i]!;
    if (!Number.isNaN(entering)) {
      sum += entering;
      count++;
    }
    if (i >= n) {
      const leaving = values[i - n]!;
      if (!Number.isNaN(leaving)) {
        sum -= leaving;
        count--;
      }
    }
    if (count >= minimum) out[i] = sum / count;
  }
  return out;
}

/** Sum over products of two columns divided by the count: the raw cross moment of the last n rows where both are numbers. */
export function rollingCrossMean(a: Float64Array, b: Float64Array, n: number, minimum: number): Float64Array {
  const products = new Float64Array(a.length);
  for (let i = 0; i < a.length; i++) products[i] = a[i]! * b[i]!;
  return rollingMean(products, n, minimum);
}

/** Largest of the last n numbers (monotone queue). */
export function rollingMax(values: Float64Array, n: number): Float64Array {
  const out = new Float64Array(values.length).fill(Number.NaN);
  const queue = new Int32Array(values.length);
  let head = 0;
  let tail = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isNaN(value)) {
      while (tail > head && values[queue[tail - 1]!]! <= value) tail--;
      queue[tail++] = i;
    }
    if (tail > head && queue[head]! <= i - n) head++;
    if (tail > head) out[i] = values[queue[head]!]!;
  }
  return out;
}

/** A window of numbers kept sorted, for medians and quantiles. */
export class SortedWindow {
  readonly #sorted: Float64Array;
  readonly #ring: Float64Array;
  #pushed = 0;
  #size = 0;

  constructor(capacity: number) {
    this.#sorted = new Float64Array(capacity);
    this.#ring = new Float64Array(capacity).fill(Number.NaN);
  }

  /** How many numbers are in the window. */
  get size(): number {
    return this.#size;
  }

  /** Takes one row in (NaN counts as a row without a number) and lets the oldest out when full. */
  push(value: number): void {
    const slot = this.#pushed % this.#ring.length;
    const leaving = this.#ring[slot]!;
    if (!Number.isNaN(leaving)) {
      const at = this.#lowerBound(leaving);
      this.#sorted.copyWithin(at, at + 1, this.#size);
      this.#size--;
    }
    this.#ring[slot] = value;
    this.#pushed++;
    if (Number.isNaN(value)) return;
    const at = this.#lowerBound(value);
    this.#sorted.copyWithin(at + 1, at, this.#size);
    this.#sorted[at] = value;
    this.#size++;
  }

  /** Quantile by linear interpolation between order statistics (Hyndman–Fan type 7, NumPy's default); NaN when empty. */
  quantile(level: number): number {
    if (this.#size === 0) return Number.NaN;
    const position = level * (this.#size - 1);
    const below = Math.floor(position);
    const low = this.#sorted[below]!;
    const high = this.#sorted[Math.min(below + 1, this.#size - 1)]!;
    return low + (position - below) * (high - low);
  }

  #lowerBound(value: number): number {
    let low = 0;
    let high = this.#size;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#sorted[middle]! < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Median of the last n numbers, from row `from` on; NaN before. */
export function rollingMedian(values: Float64Array, n: number, minimum: number, from = 0): Float64Array {
  const out = new Float64Array(values.length).fill(Number.NaN);
  const window = new SortedWindow(n);
  for (let i = Math.max(0, from - n + 1); i < values.length; i++) {
    window.push(values[i]!);
    if (i >= from && window.size >= minimum) out[i] = window.quantile(0.5);
  }
  return out;
}
