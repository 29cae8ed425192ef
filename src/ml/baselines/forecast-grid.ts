import { QUANTILE_LEVELS } from '../../core/quantiles.ts';

const LEVELS = QUANTILE_LEVELS.length;

/** The array a rolling forecaster returns, rows × steps × levels, all NaN at first. */
export function emptyForecasts(rows: Int32Array, steps: readonly number[]): Float64Array {
  return new Float64Array(rows.length * steps.length * LEVELS).fill(Number.NaN);
}

/** Where the quantiles of the row and horizon with these indices begin. */
export function forecastPlace(rowIndex: number, stepIndex: number, stepCount: number): number {
  return (rowIndex * stepCount + stepIndex) * LEVELS;
}
