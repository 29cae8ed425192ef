import { INTERVAL_MS } from '../../core/candle.ts';
import { rollingMean } from '../forecast/rolling.ts';
import { type CandleColumns, rowOpenMs } from './columns.ts';

/** Daily numbers about a coin, ascending by the moment each became available. */
export interface ObservationColumn {
  readonly availableAtMs: Float64Array;
  readonly values: Float64Array;
}

/** A number older than this says nothing about today. */
const FRESH_MS = 5 * 86_400_000;

/**
 * Log of the mean of the last 7 numbers over that of the last 90, at each row's close; NaN where fewer than 30 are known or
 * the newest is more than five days old. Only numbers available at the close are used.
 */
export function observationChange(columns: CandleColumns, observations: ObservationColumn | undefined): Float64Array {
  const out = new Float64Array(columns.rows).fill(Number.NaN);
  if (!observations || observations.values.length === 0) return out;
  const week = rollingMean(observations.values, 7, 4);
  const quarter = rollingMean(observations.values, 90, 30);
  let known = -1;
  for (let i = 0; i < columns.rows; i++) {
    const closeMs = rowOpenMs(columns, i) + INTERVAL_MS[columns.interval];
    while (known + 1 < observations.values.length && observations.availableAtMs[known + 1]! <= closeMs) known++;
    if (known < 0 || closeMs - observations.availableAtMs[known]! > FRESH_MS) continue;
    const change = Math.log(week[known]! / quarter[known]!);
    if (Number.isFinite(change)) out[i] = change;
  }
  return out;
}
