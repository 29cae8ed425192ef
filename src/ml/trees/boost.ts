import { CandlecastError } from '../../core/errors.ts';
import { seededRandom } from '../../core/random.ts';
import { requireShape, requireWhole } from '../engine/checks.ts';
import { Bagging } from './bagging.ts';
import type { BinnedRows } from './binning.ts';
import { type Forest, joinTrees } from './forest.ts';
import { TreeGrower, type TreeNode } from './grow-tree.ts';
import { MAX_ROWS } from './histogram.ts';

/** A loss of one raw number a row, by its first two derivatives. */
export interface BoostLoss {
  /** The raw number that boosting starts from, for every row. */
  readonly start: number;
  /** Fills in both derivatives at the raw numbers; second derivatives are never negative. */
  derivatives(raw: Float64Array, gradient: Float64Array, hessian: Float64Array): void;
}

/** How a forest is grown. */
export interface BoostOptions {
  /** Trees, one after the other. */
  readonly rounds: number;
  /** Most leaves of a tree. */
  readonly leaves: number;
  /** Share of a Newton step that a leaf takes. */
  readonly learningRate: number;
  /** Fewest rows in a leaf, of those drawn for its tree. */
  readonly minimumRows: number;
  /** Added to every leaf's sum of second derivatives. */
  readonly l2: number;
  /** Share of the columns drawn for each tree, of those that vary; at least one. */
  readonly columnShare: number;
  /** Share of the rows drawn for each tree, without replacement; at least one. */
  readonly rowShare: number;
  readonly seed: number;
}

const MAX_LEAVES = 4096;
const MAX_ROUNDS = 100_000;

/**
 * Grows a forest by gradient boosting with Newton steps, as LightGBM does: leaf by leaf, on histograms of the bins. `raw` of the result are
 * the final raw numbers of the binned rows, bit for bit what `addForest` computes from their inputs. The same seed gives the same bits.
 * Calls `onRound` with the rounds done. Throws `CC_ENGINE_SHAPE` for an option or size that is wrong, `CC_TRAINING_DIVERGED` when a
 * derivative is not finite, `CC_TRAINING_CANCELLED` when `cancel` holds 1.
 */
export function boost(
  binned: BinnedRows,
  loss: BoostLoss,
  options: BoostOptions,
  onRound?: (done: number) => void,
  cancel?: Int32Array,
): { readonly forest: Forest; readonly raw: Float64Array } {
  checkOptions(binned, loss, options);
  const { rows, width, cuts } = binned;
  const random = seededRandom(options.seed);
  const bagging = new Bagging(rows, options.rowShare);
  const grower = new TreeGrower(binned, bagging, options, random);
  const raw = new Float64Array(rows).fill(loss.start);
  const gradient = new Float64Array(rows);
  const hessian = new Float64Array(rows);
  const trees: TreeNode[] = [];
  for (let round = 0; round < options.rounds; round++) {
    if (cancel && Atomics.load(cancel, 0) === 1) {
      throw new CandlecastError('CC_TRAINING_CANCELLED', `Training was cancelled after ${round} trees.`);
    }
    loss.derivatives(raw, gradient, hessian);
    requireSound(gradient, hessian, round);
    bagging.draw(random);
    trees.push(grower.grow(gradient, hessian, raw));
    onRound?.(round + 1);
  }
  return { forest: joinTrees(trees, cuts, width, loss.start), raw };
}

function requireSound(gradient: Float64Array, hessian: Float64Array, round: number): void {
  let sum = 0;
  let least = 0;
  for (let i = 0; i < gradient.length; i++) {
    sum += Math.abs(gradient[i]!) + hessian[i]!;
    least = Math.min(least, hessian[i]!);
  }
  if (Number.isFinite(sum) && least >= 0) return;
  throw new CandlecastError(
    'CC_TRAINING_DIVERGED',
    `The derivatives of the loss are no longer sound before tree ${round + 1}.`,
  );
}

function checkOptions({ rows, width, cuts, columns }: BinnedRows, loss: BoostLoss, options: BoostOptions): void {
  requireWhole('The number of rows', rows, 1, MAX_ROWS);
  requireShape(
    cuts.length === width && columns.length === width && columns.every((column) => column.length === rows),
    `The bins are not those of ${rows} rows of ${width} columns.`,
  );
  requireShape(Number.isFinite(loss.start), `A forest cannot start from ${loss.start}.`);
  requireWhole('The number of rounds', options.rounds, 1, MAX_ROUNDS);
  requireWhole('The number of leaves', options.leaves, 2, MAX_LEAVES);
  requireWhole('The fewest rows of a leaf', options.minimumRows, 1, MAX_ROWS);
  for (const name of ['learningRate', 'columnShare', 'rowShare'] as const) {
    requireShape(
      options[name] > 0 && options[name] <= 1,
      `${name} must be above 0 and at most 1, not ${options[name]}.`,
    );
  }
  requireShape(options.l2 >= 0 && Number.isFinite(options.l2), `l2 must not be negative, and is ${options.l2}.`);
}

type Numbers = Float64Array | Float32Array;

/** Smaller returns count as this, so that a price that did not move gives a small scale and not a scale of zero. */
const MIN_MOVE = 1e-3;

/**
 * Loss of a raw number f, the log of the size of scaled returns y: with a = max(|y|, 0.001) it is
 * f + a·e^(−f) + ½ (f + c − log range)², the negative log likelihood of a Gamma distribution's mean plus half the squared error of the
 * log range volatility. Both measure the width of moves, the range with far less noise; c is the mean distance of the two.
 * Throws `CC_ENGINE_SHAPE` when there are no rows, the lengths differ or a number is not finite.
 */
export function scaleLoss(scaledReturns: Numbers, logRange: Numbers): BoostLoss {
  const rows = scaledReturns.length;
  requireRows(scaledReturns);
  requireShape(logRange.length === rows, `There are ${rows} returns and ${logRange.length} ranges.`);
  requireRows(logRange);
  const moves = Float64Array.from(scaledReturns, (value) => Math.max(Math.abs(value), MIN_MOVE));
  const start = Math.log(mean(moves));
  const centre = mean(logRange) - start;
  return {
    start,
    derivatives(raw, gradient, hessian) {
      for (let i = 0; i < rows; i++) {
        const f = raw[i]!;
        const share = moves[i]! * Math.exp(-f);
        gradient[i] = 1 - share + (f + centre - logRange[i]!);
        hessian[i] = share + 1;
      }
    },
  };
}

/**
 * Logistic loss of a raw number, the log-odds that the return is above zero. Starts from the base rate, kept half a row away from 0 and 1.
 * Throws `CC_ENGINE_SHAPE` when there are no rows or a number is not finite.
 */
export function directionLoss(scaledReturns: Numbers): BoostLoss {
  const rows = scaledReturns.length;
  requireRows(scaledReturns);
  const up = Uint8Array.from(scaledReturns, (value) => (value > 0 ? 1 : 0));
  const rises = up.reduce((sum, one) => sum + one, 0);
  const rate = Math.min(Math.max(rises, 0.5), rows - 0.5) / rows;
  return {
    start: Math.log(rate / (1 - rate)),
    derivatives(raw, gradient, hessian) {
      for (let i = 0; i < rows; i++) {
        const chance = 1 / (1 + Math.exp(-raw[i]!));
        gradient[i] = chance - up[i]!;
        hessian[i] = chance * (1 - chance);
      }
    },
  };
}

function requireRows(values: Numbers): void {
  requireShape(values.length > 0, 'There are no rows to learn from.');
  requireShape(values.every(Number.isFinite), 'A target is not a finite number.');
}

function mean(values: Numbers): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
