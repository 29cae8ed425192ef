import type { Interval95 } from '../../core/evaluation.ts';
import { seededRandom } from '../../core/random.ts';

/** An interval that holds the true value with the stated probability. */
export type Estimate = Interval95;

/** Resamples where nothing else is said: p-values come in steps of a thousandth. */
const RESAMPLES = 1_000;

/** Sums of a column from its first period on, twice around, so that a circular block is one subtraction. */
function runningSums(values: ArrayLike<number>): Float64Array {
  const n = values.length;
  const sums = new Float64Array(2 * n + 1);
  for (let i = 0; i < 2 * n; i++) sums[i + 1] = sums[i]! + values[i < n ? i : i - n]!;
  return sums;
}

/**
 * Resamples columns of sums per period by circular blocks (Politis & Romano 1992): neighbouring periods stay together, because what
 * happens in them is not independent. Calls `take` with the columns' sums of each resample (the array is reused). The same seed
 * draws the same periods, whatever the columns.
 */
export function resampleBlocks(
  columns: readonly ArrayLike<number>[],
  blockLength: number,
  take: (sums: Float64Array) => void,
  resamples = RESAMPLES,
  seed = 1,
): void {
  const n = columns[0]?.length ?? 0;
  const width = columns.length;
  const running = columns.map(runningSums);
  // Sums of the whole block from each period on: of one column they fit into the processor's nearest cache, which all resamples read thousands of times.
  const whole = Math.min(blockLength, n);
  const blocks = running.map((of) => of.slice(0, n));
  for (const [c, of] of running.entries()) {
    for (let start = 0; start < n; start++) blocks[c]![start] = of[start + whole]! - of[start]!;
  }
  const starts = new Int32Array(n === 0 ? 0 : Math.floor(n / whole));
  const rest = n - starts.length * whole;
  const perResample = starts.length + (rest > 0 ? 1 : 0);
  const drawn = numbersOf(seed, resamples * perResample);
  const sums = new Float64Array(width);
  for (let r = 0; r < resamples; r++) {
    const from = r * perResample;
    for (let k = 0; k < starts.length; k++) starts[k] = drawn[from + k]! * n;
    const last = rest > 0 ? Math.floor(drawn[from + starts.length]! * n) : 0;
    for (let c = 0; c < width; c++) {
      const sum = sumAt(blocks[c]!, starts);
      sums[c] = rest > 0 ? sum + (running[c]![last + rest]! - running[c]![last]!) : sum;
    }
    take(sums);
  }
}

/** The first numbers of the usual seed, which most resamples draw: a report of six horizons would draw them six times. */
let usual = new Float64Array(0);
const USUAL_SEED = 1;
/** Five years of days in blocks of a week. */
const MAX_USUAL = 300 * RESAMPLES;

/** The first `count` numbers of a seed, or more of them. */
function numbersOf(seed: number, count: number): Float64Array {
  if (seed === USUAL_SEED && usual.length >= count) return usual;
  const numbers = new Float64Array(count);
  const random = seededRandom(seed);
  for (let i = 0; i < count; i++) numbers[i] = random();
  if (seed === USUAL_SEED && count <= MAX_USUAL) usual = numbers;
  return numbers;
}

function sumAt(values: Float64Array, places: Int32Array): number {
  let sum = 0;
  for (let k = 0; k < places.length; k++) sum += values[places[k]!]!;
  return sum;
}

/** Value of a function of column sums with its 95 % interval, the 2.5 and 97.5 % quantiles over the resamples. */
export function bootstrapInterval(
  columns: readonly ArrayLike<number>[],
  statistic: (sums: ArrayLike<number>) => number,
  blockLength: number,
  resamples = RESAMPLES,
  seed = 1,
): Estimate {
  return bootstrapIntervals(columns, [statistic], blockLength, resamples, seed)[0]!;
}

/** The same of several functions of the sums of the same columns, over the same resamples. */
export function bootstrapIntervals(
  columns: readonly ArrayLike<number>[],
  statistics: readonly ((sums: ArrayLike<number>) => number)[],
  blockLength: number,
  resamples = RESAMPLES,
  seed = 1,
): Estimate[] {
  const whole = columns.map((column) => {
    let total = 0;
    for (let i = 0; i < column.length; i++) total += column[i]!;
    return total;
  });
  const drawn = statistics.map(() => new Float64Array(resamples));
  const counts = statistics.map(() => 0);
  const keep = (sums: Float64Array) => {
    for (let i = 0; i < statistics.length; i++) {
      const value = statistics[i]!(sums);
      if (!Number.isNaN(value)) drawn[i]![counts[i]!++] = value;
    }
  };
  resampleBlocks(columns, blockLength, keep, resamples, seed);
  return statistics.map((statistic, i) => {
    const values = drawn[i]!.subarray(0, counts[i]!).sort();
    const value = statistic(whole);
    if (values.length === 0) return { value, low: value, high: value };
    const [low, high] = [Math.floor(values.length * 0.025), Math.ceil(values.length * 0.975) - 1];
    return { value, low: values[low]!, high: values[high]! };
  });
}

/** Skill in per cent, 100 · (1 − model ÷ baseline). */
export const skillPct = (model: number, baseline: number) => (baseline > 0 ? 100 * (1 - model / baseline) : Number.NaN);

/**
 * Skill in per cent of the sums of two loss columns, with its interval. `modelLoss` and `baselineLoss` are sums per period
 * (all coins of a day or of an hour), in time order.
 */
export function skillInterval(
  modelLoss: ArrayLike<number>,
  baselineLoss: ArrayLike<number>,
  blockLength: number,
  resamples = RESAMPLES,
  seed = 1,
): Estimate {
  const statistic = (sums: ArrayLike<number>) => skillPct(sums[0]!, sums[1]!);
  return bootstrapInterval([modelLoss, baselineLoss], statistic, blockLength, resamples, seed);
}

/**
 * Two-sided p-value of the hypothesis that two forecasters' mean losses are equal, by a paired block bootstrap: the loss
 * difference is centred at its mean, resampled by blocks, and p is how often a resampled mean lies as far from zero as the one
 * that was seen ((1 + count) ÷ (1 + resamples), so never zero). `counts` are the forecasts in each period.
 */
export function pairedPValue(...[modelLoss, baselineLoss, counts, blockLength, resamples, seed]: PairedLosses): number {
  const asFar = (drawn: number, seen: number) => Math.abs(drawn) >= Math.abs(seen);
  return centredPValue(asFar, modelLoss, baselineLoss, counts, blockLength, resamples, seed);
}

/** One-sided p-value of the hypothesis that the model's mean loss is no higher than the baseline's, in the same way. */
export function worsePValue(...[modelLoss, baselineLoss, counts, blockLength, resamples, seed]: PairedLosses): number {
  const asHigh = (drawn: number, seen: number) => drawn >= seen;
  return centredPValue(asHigh, modelLoss, baselineLoss, counts, blockLength, resamples, seed);
}

type PairedLosses = [
  modelLoss: ArrayLike<number>,
  baselineLoss: ArrayLike<number>,
  counts: ArrayLike<number>,
  blockLength: number,
  resamples?: number,
  seed?: number,
];

function centredPValue(
  isAsExtreme: (drawn: number, seen: number) => boolean,
  modelLoss: ArrayLike<number>,
  baselineLoss: ArrayLike<number>,
  counts: ArrayLike<number>,
  blockLength: number,
  resamples = RESAMPLES,
  seed = 1,
): number {
  const n = counts.length;
  let sum = 0;
  let forecasts = 0;
  for (let i = 0; i < n; i++) {
    sum += modelLoss[i]! - baselineLoss[i]!;
    forecasts += counts[i]!;
  }
  const mean = sum / forecasts;
  const centred = Float64Array.from({ length: n }, (_, i) => modelLoss[i]! - baselineLoss[i]! - mean * counts[i]!);
  let drawn = 0;
  let asExtreme = 0;
  const count = (sums: Float64Array) => {
    if (sums[1] === 0) return;
    drawn++;
    if (isAsExtreme(sums[0]! / sums[1]!, mean)) asExtreme++;
  };
  resampleBlocks([centred, counts], blockLength, count, resamples, seed);
  return (1 + asExtreme) / (1 + drawn);
}

/** Share of successes with Wilson's (1927) 95 % score interval, which takes every trial as independent of the others. */
export function wilsonInterval(successes: number, trials: number): Estimate {
  const z = 1.959963984540054;
  const share = successes / trials;
  const weight = 1 + (z * z) / trials;
  const centre = (share + (z * z) / (2 * trials)) / weight;
  const half = (z / weight) * Math.sqrt((share * (1 - share)) / trials + (z * z) / (4 * trials * trials));
  return { value: share, low: centre - half, high: centre + half };
}
