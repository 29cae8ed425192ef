import type { CalibrationState, TrackState } from '../../core/calibration-state.ts';
import { INTERVAL_MS, type Interval } from '../../core/candle.ts';
import { MEDIAN_INDEX, QUANTILE_LEVELS } from '../../core/quantiles.ts';
import { visitClimatology } from '../baselines/climatology.ts';
import { horizonReturn } from '../data/targets.ts';
import { rowOpenMs } from '../features/columns.ts';
import type { PreparedSeries } from '../features/prepared-series.ts';
import { ConformalTrack } from './conformal.ts';
import { CURVE } from './expert-shares.ts';
import { PAIRS, scaleWidths, setRatios, type WidthsAt } from './widths.ts';

/** Share of the net's median that is kept, 0 … 1: one for all horizons, or one for each. */
export type MedianShare = number | readonly number[];

/** The share at the horizon with the given index; a horizon that a list does not name keeps all of its median. */
export const medianShareAt = (share: MedianShare, at: number): number =>
  typeof share === 'number' ? share : (share[at] ?? 1);

const LEVELS = QUANTILE_LEVELS.length;

/** How a model's raw forecasts are turned into final ones; chosen on the stopping period and stored in its card. */
export interface CalibrationOptions {
  /**
   * Share of the net's median that is kept; the whole curve moves with it. Coins are strongly correlated, so a hundred of them hold
   * little more information about direction than two, and nets overfit the direction of the training years. One hour ahead they do not:
   * docs/recipe.md has the figures.
   */
  readonly medianShare: MedianShare;
  /** Share of trailing climatology in every quantile, 0 … 1, by horizon. */
  readonly climatologyWeight: readonly number[];
  /** Conformal step in units of σ √horizon for a horizon of one candle; longer ones take it divided by their length. 0: off. */
  readonly conformalStep: number;
}

/** Averages a row's quantiles, in units of σ √steps (`scale`), with the experts' in place, at the horizon with an index. */
export type AverageExperts = (row: number, horizon: number, scale: number, quantiles: Float64Array) => void;

/** Final quantiles, with the calibration state before the last row, from which the next call can continue. */
export interface Calibrated {
  /** rows × steps × levels, log returns; NaN where σ is unknown. */
  readonly quantiles: Float64Array;
  /** Null where there were no rows, or calibration is off. */
  readonly state: CalibrationState | null;
}

/**
 * Turns the net's quantiles of one coin into final log-return quantiles: moved towards the last price, averaged with trailing
 * climatology and with the experts, scaled by the width factors at each row's close, then shifted by adaptive conformal calibration. Rows ascend; the shifts at a row are updated only by forecasts whose
 * target was complete at that row's close, so there is no look-ahead. `raw` is rows × steps × levels in units of σ √steps. With `from`, the
 * rows go on after the state's last candle. The state given back leaves the last row out, so that the same candle can be
 * forecast again, after a correction too.
 */
export function calibrate(
  raw: ArrayLike<number>,
  series: PreparedSeries,
  interval: Interval,
  steps: readonly number[],
  rows: Int32Array,
  options: CalibrationOptions,
  from: CalibrationState | null = null,
  widths: WidthsAt | null = null,
  experts: AverageExperts | null = null,
): Calibrated {
  const out = new Float64Array(rows.length * steps.length * LEVELS);
  const { close, startMs } = series.columns;
  const on = options.conformalStep > 0;
  const last = rows.length - 1;
  const kept: TrackState[] = [];
  steps.forEach((ahead, at) => {
    const mixed = mixedQuantiles(raw, series, interval, steps, at, rows, options);
    const track = new ConformalTrack(options.conformalStep / ahead, from?.horizons[at] ?? null, (openMs) =>
      Math.round((openMs - startMs) / INTERVAL_MS[interval]),
    );
    const outcomeOf = (row: number) => horizonReturn(close, row, ahead) / (series.sigma[row]! * Math.sqrt(ahead));
    const scaled = new Float64Array(LEVELS);
    rows.forEach((row, index) => {
      const scale = series.sigma[row]! * Math.sqrt(ahead);
      if (on && index === last) kept.push(track.state((issuedRow) => rowOpenMs(series.columns, issuedRow)));
      if (on) track.settle(row, ahead, outcomeOf);
      mixed(index, scaled);
      experts?.(row, at, scale, scaled);
      const factors = widths?.(rowOpenMs(series.columns, row) + INTERVAL_MS[interval], at);
      if (factors) scaleWidths(scaled, factors);
      const first = (index * steps.length + at) * LEVELS;
      if (on) track.issue(row, scaled);
      for (let k = 0; k < LEVELS; k++) out[first + k] = scaled[k]! * scale;
    });
  });
  const before = last > 0 ? rowOpenMs(series.columns, rows[last - 1]!) : from?.untilMs;
  const state = on && last >= 0 && before !== undefined ? { untilMs: before, horizons: kept } : null;
  return { quantiles: out, state };
}

/**
 * How the rows' forecasts came out before any width factor: rows × steps × PAIRS, as in `MaturedMoment`; NaN where the target is not complete.
 * Takes what `calibrate` takes, and the closes that outcomes are read from.
 */
export function outcomeRatios(
  raw: ArrayLike<number>,
  series: PreparedSeries,
  interval: Interval,
  steps: readonly number[],
  rows: Int32Array,
  options: CalibrationOptions,
  close: Float64Array,
): Float32Array {
  const out = new Float32Array(rows.length * steps.length * PAIRS).fill(Number.NaN);
  visitOutcomes(raw, series, interval, steps, rows, options, close, (place, outcome, scale, scaled) =>
    setRatios(out, place * PAIRS, outcome / scale, scaled),
  );
  return out;
}

/**
 * The outcome of each row's forecast, the model's quantiles before any width factor and the experts' beside them: rows × steps × CURVE, log returns; the outcome is
 * NaN where the target is not complete. `experts`: rows × steps × levels each; where one is not a number the model's stand in. Takes what `outcomeRatios` takes.
 */
export function outcomeCurves(
  raw: ArrayLike<number>,
  series: PreparedSeries,
  interval: Interval,
  steps: readonly number[],
  rows: Int32Array,
  options: CalibrationOptions,
  close: Float64Array,
  experts: readonly Float64Array[],
): Float32Array {
  const out = new Float32Array(rows.length * steps.length * CURVE).fill(Number.NaN);
  visitOutcomes(raw, series, interval, steps, rows, options, close, (place, outcome, scale, scaled) => {
    const first = place * CURVE;
    out[first] = outcome;
    for (let k = 0; k < LEVELS; k++) {
      const own = scaled[k]! * scale;
      out[first + 1 + k] = own;
      experts.forEach((quantiles, expert) => {
        const value = quantiles[place * LEVELS + k]!;
        out[first + 1 + (1 + expert) * LEVELS + k] = Number.isNaN(value) ? own : value;
      });
    }
  });
  return out;
}

/**
 * Visits every row and horizon whose target is complete: its place (row × steps + horizon), the outcome as a log return, σ √horizon, and the quantiles before
 * any width factor in units of that. The quantiles are overwritten after each visit.
 */
function visitOutcomes(
  raw: ArrayLike<number>,
  series: PreparedSeries,
  interval: Interval,
  steps: readonly number[],
  rows: Int32Array,
  options: CalibrationOptions,
  close: Float64Array,
  visit: (place: number, outcome: number, scale: number, scaled: Float64Array) => void,
): void {
  const scaled = new Float64Array(LEVELS);
  steps.forEach((ahead, at) => {
    const mixed = mixedQuantiles(raw, series, interval, steps, at, rows, options);
    rows.forEach((row, index) => {
      const outcome = horizonReturn(close, row, ahead);
      const scale = series.sigma[row]! * Math.sqrt(ahead);
      if (Number.isNaN(outcome / scale)) return;
      mixed(index, scaled);
      visit(index * steps.length + at, outcome, scale, scaled);
    });
  });
}

/** Gives the quantiles of the row with an index, moved towards the last price and averaged with climatology, in units of σ √steps. */
function mixedQuantiles(
  raw: ArrayLike<number>,
  series: PreparedSeries,
  interval: Interval,
  steps: readonly number[],
  at: number,
  rows: Int32Array,
  options: CalibrationOptions,
): (index: number, into: Float64Array) => void {
  const ahead = steps[at]!;
  const weight = options.climatologyWeight[at] ?? 0;
  const moved = 1 - medianShareAt(options.medianShare, at);
  const usual = weight === 0 ? null : climatologyAt(series.columns.close, interval, ahead, rows);
  return (index, into) => {
    const scale = series.sigma[rows[index]!]! * Math.sqrt(ahead);
    const first = (index * steps.length + at) * LEVELS;
    const towards = moved * raw[first + MEDIAN_INDEX]!;
    for (let k = 0; k < LEVELS; k++) {
      const net = raw[first + k]! - towards;
      const past = usual ? usual[index * LEVELS + k]! / scale : Number.NaN;
      into[k] = Number.isNaN(past) ? net : (1 - weight) * net + weight * past;
    }
  };
}

/** Climatology of the given ascending rows, rows × levels; NaN where too little is known. */
function climatologyAt(close: Float64Array, interval: Interval, ahead: number, rows: Int32Array): Float64Array {
  const place = new Map(Array.from(rows, (row, i) => [row, i]));
  const out = new Float64Array(rows.length * LEVELS).fill(Number.NaN);
  visitClimatology(
    close,
    interval,
    ahead,
    (row) => place.has(row),
    (row, quantiles) => out.set(quantiles, place.get(row)! * LEVELS),
  );
  return out;
}
