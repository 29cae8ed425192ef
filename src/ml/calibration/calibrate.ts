import type { Interval } from '../../core/candle.ts';
import { MEDIAN_INDEX, QUANTILE_LEVELS } from '../../core/quantiles.ts';
import { climatology } from '../baselines/climatology.ts';
import type { PreparedSeries } from '../features/step-features.ts';
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
  /** Conformal step in units of σ √horizon for a horizon of one candle; longer ones take it divided by their length. 0: off. */
  readonly conformalStep: number;
}

/**
 * Turns the net's quantiles of one coin into final log-return quantiles: moved towards the last price, averaged with trailing
 * climatology, then shifted by adaptive conformal calibration. Rows ascend; the shifts at a row have learnt only from forecasts whose target was
 * complete at that row's close, so nothing looks ahead. `raw` is rows × steps × levels in units of σ √steps, and so is
 * the layout of the result, in log returns; NaN where σ is unknown.
 */
export function calibrate(
  raw: ArrayLike<number>,
  series: PreparedSeries,
  interval: Interval,
  steps: readonly number[],
  rows: Int32Array,
  options: CalibrationOptions,
): Float64Array {
  const out = new Float64Array(rows.length * steps.length * LEVELS);
  const { close } = series.columns;
  steps.forEach((ahead, at) => {
    const weight = options.climatologyWeight[at] ?? 0;
    const conformal = new ConformalShift(options.conformalStep / ahead);
    const root = Math.sqrt(ahead);
    const issued = new Float64Array(rows.length * LEVELS);
    const scaled = new Float64Array(LEVELS);
    const usual = weight === 0 ? null : climatologyAt(close, interval, ahead, rows);
    let matured = 0;
    rows.forEach((row, index) => {
      const scale = series.sigma[row]! * root;
      // Whatever was issued at a row whose target has closed by now may teach.
      for (; matured < index && rows[matured]! + ahead <= row; matured++) {
        const outcome = horizonReturn(close, rows[matured]!, ahead) / (series.sigma[rows[matured]!]! * root);
        if (!Number.isNaN(outcome)) conformal.learn(outcome, issued, matured * LEVELS);
      }
      const from = (index * steps.length + at) * LEVELS;
      const towards = (1 - options.medianShare) * raw[from + MEDIAN_INDEX]!;
      for (let k = 0; k < LEVELS; k++) {
        const net = raw[from + k]! - towards;
        const past = usual ? usual[index * LEVELS + k]! / scale : Number.NaN;
        scaled[k] = Number.isNaN(past) ? net : (1 - weight) * net + weight * past;
      }
      if (options.conformalStep > 0) conformal.apply(scaled);
      issued.set(scaled, index * LEVELS);
      for (let k = 0; k < LEVELS; k++) out[from + k] = scaled[k]! * scale;
    });
  });
  return out;
}

/** Climatology of the given ascending rows, rows × levels; NaN where too little is known. */
function climatologyAt(close: Float64Array, interval: Interval, ahead: number, rows: Int32Array): Float64Array {
  const place = new Map(Array.from(rows, (row, i) => [row, i]));
  const out = new Float64Array(rows.length * LEVELS).fill(Number.NaN);
  climatology(
    close,
    interval,
    ahead,
    (row) => place.has(row),
    (row, quantiles) => out.set(quantiles, place.get(row)! * LEVELS),
  );
  return out;
}
