import type { Interval } from '../../core/candle.ts';
import { MEDIAN_INDEX, QUANTILE_LEVELS } from '../../core/quantiles.ts';
import { visitClimatology } from '../baselines/climatology.ts';
import { type MedianShare, medianShareAt } from '../calibration/calibrate.ts';
import type { JoinedCoins } from '../data/dataset.ts';
import { horizonReturn } from '../data/targets.ts';
import { meanPinball } from '../scoring/scores.ts';

/** Windows that early stopping is decided on, with what does not change between validation checks. */
export interface ValidationSet {
  readonly windows: Int32Array;
  /** Mean pinball losses of climatology in log returns, windows × horizons; NaN where it or the outcome is unknown. */
  readonly baselineLosses: Float64Array;
  /** The same of scaled forecasts of `windows`. */
  losses(scaled: Float32Array): Float64Array;
  /** Skill over climatology in per cent at each horizon, for scaled forecasts of `windows`. */
  skillByHorizon(scaled: Float32Array): number[];
  /** Mean of the same over the horizons: the number that decides. */
  skill(scaled: Float32Array): number;
}

/**
 * Takes at most `limit` of the windows, evenly spread, and scores climatology on them once. `medianShare` is what calibration will keep
 * of the net's median.
 */
export function createValidationSet(
  joined: JoinedCoins,
  candidates: Int32Array,
  limit: number,
  medianShare: MedianShare = 1,
): ValidationSet {
  const stride = Math.max(1, Math.ceil(candidates.length / limit));
  const windows = candidates.filter((_, i) => i % stride === 0);
  const horizons = joined.steps.length;
  const outcomes = new Float64Array(windows.length * horizons).fill(Number.NaN);
  const scales = new Float64Array(windows.length * horizons);
  const baseline = new Float64Array(horizons);
  const baselineLosses = new Float64Array(windows.length * horizons).fill(Number.NaN);
  const place = new Map(Array.from(windows, (row, index) => [row, index]));
  for (const coin of joined.coins) {
    const { close } = coin.features.series.columns;
    joined.steps.forEach((steps, at) => {
      visitClimatology(
        close,
        joined.interval,
        steps,
        (row) => place.has(coin.firstRow + row),
        (row, quantiles) => {
          const outcome = horizonReturn(close, row, steps);
          if (Number.isNaN(outcome) || Number.isNaN(quantiles[0]!)) return;
          const index = place.get(coin.firstRow + row)! * horizons + at;
          outcomes[index] = outcome;
          scales[index] = coin.features.series.sigma[row]! * Math.sqrt(steps);
          baselineLosses[index] = meanPinball(outcome, quantiles);
          baseline[at]! += baselineLosses[index];
        },
      );
    });
  }
  return {
    windows,
    baselineLosses,
    skill(scaled) {
      return this.skillByHorizon(scaled).reduce((sum, skill) => sum + skill, 0) / horizons;
    },
    skillByHorizon(scaled) {
      const loss = new Float64Array(horizons);
      this.losses(scaled).forEach((value, index) => {
        if (!Number.isNaN(value)) loss[index % horizons]! += value;
      });
      return Array.from(loss, (value, at) => 100 * (1 - value / baseline[at]!));
    },
    losses(scaled) {
      return outcomes.map((outcome, index) => {
        if (Number.isNaN(outcome)) return Number.NaN;
        const at = index * QUANTILE_LEVELS.length;
        // Moving the curve towards the last price is the same as moving the outcome the other way.
        const towards = (1 - medianShareAt(medianShare, index % horizons)) * scaled[at + MEDIAN_INDEX]!;
        const moved = outcome / scales[index]! + towards;
        // Pinball loss scales with its arguments, so the scaled loss times the scale is the loss in log returns.
        return scales[index]! * meanPinball(moved, scaled, at);
      });
    },
  };
}

const LEVELS = QUANTILE_LEVELS.length;
/** Candidate shares of climatology. */
const CANDIDATES = [0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3] as const;
/**
 * Prior expectation of the share: for days the best one was 0.15 to 0.2 when nets fitted before 2020 and 2021 forecast 2021 and
 * 2022; for hours it was none when nets fitted up to 2021-12 and 2022-06 forecast the rest of 2022. One stopping year holds
 * only a few dozen independent fortnights, so its own best share has half the weight.
 */
const EXPECTED: Readonly<Record<Interval, number>> = { '1d': 0.15, '1h': 0 };

/**
 * The share of climatology at each horizon: halfway between the one with the least pinball loss on windows the nets were not
 * fitted on and the expected one. `scaled` is the ensemble's windows × horizons × levels in units of σ √steps.
 */
export function chooseClimatologyWeights(
  joined: JoinedCoins,
  windows: Int32Array,
  scaled: Float32Array,
  medianShare: MedianShare,
): number[] {
  const place = new Map(Array.from(windows, (row, index) => [row, index]));
  const mixed = new Float64Array(LEVELS);
  return joined.steps.map((steps, at) => {
    const losses = CANDIDATES.map(() => 0);
    const moved = 1 - medianShareAt(medianShare, at);
    for (const { features, firstRow } of joined.coins) {
      const { close } = features.series.columns;
      const wanted = (row: number) => place.has(firstRow + row);
      visitClimatology(close, joined.interval, steps, wanted, (row, usual) => {
        const outcome = horizonReturn(close, row, steps);
        if (Number.isNaN(outcome) || Number.isNaN(usual[0]!)) return;
        const from = (place.get(firstRow + row)! * joined.steps.length + at) * LEVELS;
        const scale = features.series.sigma[row]! * Math.sqrt(steps);
        const towards = moved * scaled[from + MEDIAN_INDEX]!;
        CANDIDATES.forEach((weight, candidate) => {
          for (let k = 0; k < LEVELS; k++) {
            mixed[k] = (1 - weight) * (scaled[from + k]! - towards) * scale + weight * usual[k]!;
          }
          losses[candidate]! += meanPinball(outcome, mixed);
        });
      });
    }
    return (CANDIDATES[losses.indexOf(Math.min(...losses))]! + EXPECTED[joined.interval]) / 2;
  });
}
