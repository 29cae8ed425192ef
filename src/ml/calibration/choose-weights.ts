import { QUANTILE_LEVELS } from '../../core/quantiles.ts';
import { climatologyBaseline } from '../baselines/climatology.ts';
import { harBaseline } from '../baselines/har.ts';
import type { JoinedCoins } from '../dataset.ts';
import { meanPinball } from '../scoring/scores.ts';
import { horizonReturn } from '../targets.ts';
import { blended } from './calibrate.ts';

const LEVELS = QUANTILE_LEVELS.length;
/** Shares that are tried, of climatology and of HAR. */
const CANDIDATES = [0, 0.1, 0.2, 0.3].flatMap((climatology) => [0, 0.1, 0.2, 0.3].map((har) => ({ climatology, har })));
/**
 * What the shares are expected to be: the best ones when nets fitted before 2020 and 2021 forecast 2021 and 2022. One stopping
 * year is a few dozen independent fortnights, so its own best counts for half.
 */
const EXPECTED = { climatology: 0.1, har: 0.15 } as const;

/** Shares of the final quantiles, by horizon. */
export interface BlendWeights {
  readonly climatologyWeight: number[];
  readonly harWeight: number[];
}

/**
 * The shares of climatology and HAR at each horizon: halfway between those with the least pinball loss on windows the nets
 * were not fitted on and the expected ones. `scaled` is the ensemble's windows × horizons × levels in units of σ √steps.
 */
export function chooseBlendWeights(
  joined: JoinedCoins,
  windows: Int32Array,
  scaled: Float32Array,
  medianShare: number,
): BlendWeights {
  const { steps } = joined;
  const width = steps.length * LEVELS;
  const place = new Map(Array.from(windows, (row, index) => [row, index]));
  const losses = steps.map(() => CANDIDATES.map(() => 0));
  const mixed = new Float64Array(LEVELS);
  for (const { features, firstRow } of joined.coins) {
    const { close } = features.series.columns;
    const rows = Int32Array.from(close.keys()).filter((row) => place.has(firstRow + row));
    if (rows.length === 0) continue;
    const raw = new Float32Array(rows.length * width);
    rows.forEach((row, i) => {
      const from = place.get(firstRow + row)! * width;
      raw.set(scaled.subarray(from, from + width), i * width);
    });
    const net = blended(raw, features, steps, rows, { medianShare, climatologyWeight: [], conformalStep: 0 });
    const usual = climatologyBaseline.forecast(features, steps, rows);
    const har = harBaseline.forecast(features, steps, rows);
    rows.forEach((row, i) => {
      steps.forEach((ahead, at) => {
        const from = (i * steps.length + at) * LEVELS;
        const outcome = horizonReturn(close, row, ahead);
        if ([outcome, usual[from]!, har[from]!].some(Number.isNaN)) return;
        CANDIDATES.forEach((share, candidate) => {
          const rest = 1 - share.climatology - share.har;
          for (let k = from; k < from + LEVELS; k++) {
            mixed[k - from] = rest * net[k]! + share.climatology * usual[k]! + share.har * har[k]!;
          }
          losses[at]![candidate]! += meanPinball(outcome, mixed);
        });
      });
    });
  }
  const best = losses.map((sums) => CANDIDATES[sums.indexOf(Math.min(...sums))]!);
  return {
    climatologyWeight: best.map((share) => (share.climatology + EXPECTED.climatology) / 2),
    harWeight: best.map((share) => (share.har + EXPECTED.har) / 2),
  };
}
