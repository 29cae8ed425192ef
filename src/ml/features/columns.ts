import { type Candle, type CandleFlag, INTERVAL_MS, type Interval } from '../../core/candle.ts';
import { rollingMean } from './rolling.ts';

/**
 * One coin's candles as columns on a regular grid: row i is the slot that opens at `startMs + i · interval`. A slot
 * without a candle, or with one that is not trusted, is NaN in every column. Columns are what workers are sent.
 */
export interface CandleColumns {
  readonly interval: Interval;
  readonly startMs: number;
  readonly rows: number;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly volume: Float64Array;
}

/** Lays candles (ascending, one a slot) out on the grid; flagged ones become gaps, except the newest, whose flag cannot be known yet. */
export function toColumns(
  candles: readonly (Candle & { readonly flag?: CandleFlag | null })[],
  interval: Interval,
): CandleColumns {
  const step = INTERVAL_MS[interval];
  const startMs = candles[0]?.openTimeMs ?? 0;
  const rows = candles.length === 0 ? 0 : Math.round((candles[candles.length - 1]!.openTimeMs - startMs) / step) + 1;
  const column = () => new Float64Array(rows).fill(Number.NaN);
  const columns = { open: column(), high: column(), low: column(), close: column(), volume: column() };
  candles.forEach((candle, index) => {
    if (candle.flag && index !== candles.length - 1) return;
    const row = Math.round((candle.openTimeMs - startMs) / step);
    columns.open[row] = candle.open;
    columns.high[row] = candle.high;
    columns.low[row] = candle.low;
    columns.close[row] = candle.close;
    columns.volume[row] = candle.volume;
  });
  return { interval, startMs, rows, ...columns };
}

/** Close times of all rows, ms. */
export function closeTimesMs(columns: CandleColumns): Float64Array {
  return Float64Array.from({ length: columns.rows }, (_, row) => rowOpenMs(columns, row + 1));
}

/** Open time of a row, ms. */
export function rowOpenMs(columns: Pick<CandleColumns, 'interval' | 'startMs'>, row: number): number {
  return columns.startMs + row * INTERVAL_MS[columns.interval];
}

/** Daily numbers about a coin, ascending by the moment each became available. */
export interface ObservationColumn {
  readonly availableAtMs: Float64Array;
  readonly values: Float64Array;
}

/** A number older than this counts as unknown. */
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
