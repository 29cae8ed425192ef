import type { Interval } from '../../core/candle.ts';
import { MEDIAN_INDEX, QUANTILE_LEVELS } from '../../core/quantiles.ts';
import { visitClimatology } from '../baselines/climatology.ts';
import type { JoinedCoins } from '../data/dataset.ts';
import { horizonReturn } from '../data/targets.ts';
import { meanPinball } from '../scoring/scores.ts';
import { type MedianShare, medianShareAt } from './calibrate.ts';

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
