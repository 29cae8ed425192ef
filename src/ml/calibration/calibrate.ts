import { MEDIAN_INDEX, QUANTILE_LEVELS } from '../../core/quantiles.ts';
import { climatologyBaseline } from '../baselines/climatology.ts';
import { harBaseline } from '../baselines/har.ts';
import type { CoinFeatures } from '../features/build.ts';
import { horizonReturn } from '../targets.ts';
import { ConformalShift } from './conformal.ts';

const LEVELS = QUANTILE_LEVELS.length;

/** How raw forecasts of a model become those that are shown; chosen on the stopping period and kept in its card. */
export interface CalibrationOptions {
  /**
   * Share of the net's median that is kept, 0 … 1; the whole curve moves with it. All coins ride one market, so a hundred of them say
   * little more about direction than two, and a net learns the direction of its training years by heart.
   */
  readonly medianShare: number;
  /** Share of trailing climatology in every quantile, 0 … 1, by horizon. */
  readonly climatologyWeight: readonly number[];
  /** Share of the coin's own HAR forecast, likewise: what it knows of this coin, the net knows of all. None where left out. */
  readonly harWeight?: readonly number[] | undefined;
  /** Conformal step in units of σ √horizon for a horizon of one candle; longer ones take it divided by their length. 0: off. */
  readonly conformalStep: number;
}

/** What the net is averaged with, and by how much at each horizon. */
const blendsOf = (options: CalibrationOptions) => [
  { forecaster: climatologyBaseline, weights: options.climatologyWeight },
  { forecaster: harBaseline, weights: options.harWeight ?? [] },
];

/**
 * Turns the net's quantiles of one coin into final log-return quantiles: moved towards the last price, averaged with trailing
 * climatology and the coin's own HAR forecast, then shifted by adaptive conformal calibration. Rows ascend; the shifts at a row have
 * learnt only from forecasts whose target was complete at that row's close, so nothing looks ahead. `raw` is rows × steps ×
 * levels in units of σ √steps, and so is the layout of the result, in log returns.
 */
export function calibrate(
  raw: ArrayLike<number>,
  coin: CoinFeatures,
  steps: readonly number[],
  rows: Int32Array,
  options: CalibrationOptions,
): Float64Array {
  const out = blended(raw, coin, steps, rows, options);
  if (options.conformalStep === 0) return out;
  const { close } = coin.series.columns;
  const { sigma } = coin.series;
  const scaled = new Float64Array(LEVELS);
  const issued = new Float64Array(rows.length * LEVELS);
  steps.forEach((ahead, at) => {
    const conformal = new ConformalShift(options.conformalStep / ahead);
    const root = Math.sqrt(ahead);
    let matured = 0;
    rows.forEach((row, index) => {
      // Whatever was issued at a row whose target has closed by now may teach.
      for (; matured < index && rows[matured]! + ahead <= row; matured++) {
        const outcome = horizonReturn(close, rows[matured]!, ahead) / (sigma[rows[matured]!]! * root);
        if (!Number.isNaN(outcome)) conformal.learn(outcome, issued, matured * LEVELS);
      }
      const from = (index * steps.length + at) * LEVELS;
      const scale = sigma[row]! * root;
      for (let k = 0; k < LEVELS; k++) scaled[k] = out[from + k]! / scale;
      conformal.apply(scaled);
      issued.set(scaled, index * LEVELS);
      for (let k = 0; k < LEVELS; k++) out[from + k] = scaled[k]! * scale;
    });
  });
  return out;
}

/** The net moved towards the last price and averaged with what else is known; a share that has no forecast falls to the net. */
export function blended(
  raw: ArrayLike<number>,
  coin: CoinFeatures,
  steps: readonly number[],
  rows: Int32Array,
  options: CalibrationOptions,
): Float64Array {
  const out = new Float64Array(rows.length * steps.length * LEVELS);
  rows.forEach((row, index) => {
    steps.forEach((ahead, at) => {
      const from = (index * steps.length + at) * LEVELS;
      const scale = coin.series.sigma[row]! * Math.sqrt(ahead);
      const towards = (1 - options.medianShare) * raw[from + MEDIAN_INDEX]!;
      for (let k = 0; k < LEVELS; k++) out[from + k] = (raw[from + k]! - towards) * scale;
    });
  });
  const net = out.slice();
  for (const { forecaster, weights } of blendsOf(options)) {
    if (!weights.some((weight) => weight > 0)) continue;
    const other = forecaster.forecast(coin, steps, rows);
    for (let i = 0; i < out.length; i++) {
      const weight = weights[Math.floor(i / LEVELS) % steps.length] ?? 0;
      if (!Number.isNaN(other[i]!)) out[i]! += weight * (other[i]! - net[i]!);
    }
  }
  return out;
}
