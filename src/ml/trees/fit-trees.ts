import { setImmediate as nextTurn } from 'node:timers/promises';
import { CandlecastError } from '../../core/errors.ts';
import { requireShape } from '../engine/checks.ts';
import { type BinnedRows, binRows, takeRows } from './binning.ts';
import { type BoostOptions, boost, directionLoss, scaleLoss } from './boost.ts';
import type { TreeHorizon, TreeModel } from './tree-model.ts';

/** How the trees of one forest grow. */
export interface ForestOptions extends Omit<BoostOptions, 'seed' | 'minimumRows'> {
  /** Share of the rows drawn for a tree that a leaf holds at least, 0 … 1. */
  readonly leastShare: number;
}

/** What trees are fitted with. */
export interface TreeOptions {
  readonly scale: ForestOptions;
  readonly direction: ForestOptions;
  /** Of more rows than this an evenly spread part is taken. */
  readonly mostRows: number;
}

/**
 * Default options. Leaves are large because rows are not independent: coins share a market, and the returns of neighbouring
 * origins overlap. More rows improved nothing, for the same reason. Direction is nearly all noise, so its trees are few, small and strongly
 * regularised.
 */
export const TREE_OPTIONS: TreeOptions = {
  scale: { rounds: 200, leaves: 31, learningRate: 0.05, leastShare: 0.04, l2: 1, columnShare: 0.5, rowShare: 0.5 },
  direction: { rounds: 60, leaves: 15, learningRate: 0.05, leastShare: 0.1, l2: 100, columnShare: 0.5, rowShare: 0.5 },
  mostRows: 120_000,
};

/** What fitting needs. */
export interface TreeFit {
  /** All rows × width. */
  readonly inputs: Float32Array;
  readonly width: number;
  /** The rows to fit on. */
  readonly rows: Int32Array;
  /** All rows × horizons: scaled returns, and log range volatility relative to σ. A row is left out of a horizon where one is not finite. */
  readonly targets: Float32Array;
  readonly auxiliary: Float32Array;
  readonly horizons: number;
  /** Ascending levels of the quantiles. */
  readonly levels: readonly number[];
  readonly options: TreeOptions;
  readonly seed: number;
  /** Called with the trees grown and how many there will be. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** Set to 1 (Atomics.store) from any thread to cancel. */
  readonly cancel?: Int32Array | undefined;
}

/** With fewer rows the outer quantiles would be single rows. */
const MIN_ROWS = 100;
/** The density at the median is measured between these levels. */
const MEDIAN_HALF_WIDTH = 0.025;

/**
 * Fits both forests of every horizon and measures how returns spread around their scale. Throws `CC_TRAINING_DATA` when a horizon has
 * fewer than 100 rows, `CC_ENGINE_SHAPE` when a size is wrong or an input is not finite, and as `boost` does. Blocks the calling thread
 * or process while a forest grows and lets messages in between two.
 */
export async function fitTrees(fit: TreeFit): Promise<TreeModel> {
  checkSizes(fit);
  const { inputs, width, options } = fit;
  const rows = spreadRows(knownRows(fit), options.mostRows);
  requireRows(rows.length);
  const binned = binRows(inputs, width, rows);
  const perHorizon = options.scale.rounds + options.direction.rounds;
  const horizons: TreeHorizon[] = [];
  for (let horizon = 0; horizon < fit.horizons; horizon++) {
    const before = horizon * perHorizon;
    const report = (done: number) => fit.onProgress?.(before + done, fit.horizons * perHorizon);
    horizons.push(await fitHorizon(fit, binned, rows, horizon, report));
  }
  return { width, horizons };
}

async function fitHorizon(
  { targets, auxiliary, horizons, levels, options, seed, cancel }: TreeFit,
  all: BinnedRows,
  rows: Int32Array,
  horizon: number,
  report: (done: number) => void,
): Promise<TreeHorizon> {
  const at = (place: number) => rows[place]! * horizons + horizon;
  const places = Int32Array.from(rows.keys()).filter(
    (place) => Number.isFinite(targets[at(place)]) && Number.isFinite(auxiliary[at(place)]),
  );
  requireRows(places.length);
  const binned = places.length === rows.length ? all : takeRows(all, places);
  const returns = Float32Array.from(places, (place) => targets[at(place)]!);
  const ranges = Float32Array.from(places, (place) => auxiliary[at(place)]!);
  // Numbers of their own for each forest, so that one's rounds do not change another.
  const own = (forest: number) => (Math.imul(seed, 0x2545f491) + 2 * horizon + forest) >>> 0;
  const scaleOptions = { ...forRows(options.scale, places.length), seed: own(0) };
  const directionOptions = { ...forRows(options.direction, places.length), seed: own(1) };
  // A process receives a cancellation, or its parent's end, only between two forests; a thread reads `cancel` in every round.
  await nextTurn();
  const { forest: scale, raw } = boost(binned, scaleLoss(returns, ranges), scaleOptions, report, cancel);
  await nextTurn();
  const { forest: direction } = boost(
    binned,
    directionLoss(returns),
    directionOptions,
    (done) => report(options.scale.rounds + done),
    cancel,
  );
  const spread = Float64Array.from(returns, (value, i) => value / Math.exp(raw[i]!)).sort();
  const median = quantile(spread, 0.5);
  const slope =
    (quantile(spread, 0.5 + MEDIAN_HALF_WIDTH) - quantile(spread, 0.5 - MEDIAN_HALF_WIDTH)) / (2 * MEDIAN_HALF_WIDTH);
  return {
    scale,
    direction,
    shape: levels.map((level) => quantile(spread, level) - median),
    // dq/dp times dp/dlogit, which is a quarter where the odds are even.
    perLogit: slope / 4,
  };
}

/** Rows with both targets of at least one horizon. */
function knownRows({ rows, targets, auxiliary, horizons }: TreeFit): Int32Array {
  return rows.filter((row) => {
    for (let i = row * horizons; i < (row + 1) * horizons; i++) {
      if (Number.isFinite(targets[i]) && Number.isFinite(auxiliary[i])) return true;
    }
    return false;
  });
}

function spreadRows(rows: Int32Array, most: number): Int32Array {
  if (rows.length <= most) return rows;
  return Int32Array.from({ length: most }, (_, i) => rows[Math.floor((i * rows.length) / most)]!);
}

function forRows({ leastShare, ...options }: ForestOptions, rows: number): Omit<BoostOptions, 'seed'> {
  return { ...options, minimumRows: Math.max(1, Math.floor(leastShare * options.rowShare * rows)) };
}

/** Quantile of ascending values by linear interpolation. */
function quantile(sorted: Float64Array, level: number): number {
  const place = level * (sorted.length - 1);
  const low = Math.floor(place);
  const below = sorted[low]!;
  return below + (place - low) * (sorted[Math.min(low + 1, sorted.length - 1)]! - below);
}

function requireRows(rows: number): void {
  if (rows >= MIN_ROWS) return;
  throw new CandlecastError('CC_TRAINING_DATA', `Trees need ${MIN_ROWS} rows for each horizon; one has ${rows}.`);
}

function checkSizes({ inputs, width, targets, auxiliary, horizons, levels, rows, options }: TreeFit): void {
  const all = inputs.length / width;
  requireShape(
    horizons > 0 && targets.length === all * horizons && auxiliary.length === all * horizons,
    `${all} rows need ${horizons} targets each, not ${targets.length} and ${auxiliary.length} in all.`,
  );
  requireShape(
    levels.every((level, k) => level > 0 && level < 1 && (k === 0 || level > levels[k - 1]!)),
    'The levels must ascend between 0 and 1.',
  );
  requireShape(Number.isInteger(options.mostRows) && options.mostRows > 0, 'mostRows must be a whole number above 0.');
  for (const row of rows) requireShape(row >= 0 && row < all, `There is no row ${row} among ${all}.`);
}
