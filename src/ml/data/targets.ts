import type { PreparedSeries } from '../features/prepared-series.ts';

/** The training targets at every row, row-major rows × horizons; NaN where the future is unknown. */
export interface Targets {
  /** Log return over the horizon ÷ (σ at the row · √steps). */
  readonly scaledReturns: Float32Array;
  /** Log of (range volatility over the horizon ÷ σ at the row). */
  readonly logRangeVolatility: Float32Array;
}

/** Log return from the close of row `row` to that of `row + steps`; NaN where either is missing. */
export function horizonReturn(close: Float64Array, row: number, steps: number): number {
  const at = row + steps;
  return at < close.length && row >= 0 ? Math.log(close[at]! / close[row]!) : Number.NaN;
}

/** Targets of one coin for the given horizons in candles. */
export function makeTargets(series: PreparedSeries, steps: readonly number[]): Targets {
  const { columns, sigma, range } = series;
  const scaledReturns = new Float32Array(columns.rows * steps.length).fill(Number.NaN);
  const logRangeVolatility = new Float32Array(columns.rows * steps.length).fill(Number.NaN);
  for (let row = 0; row < columns.rows; row++) {
    steps.forEach((ahead, at) => {
      scaledReturns[row * steps.length + at] =
        horizonReturn(columns.close, row, ahead) / (sigma[row]! * Math.sqrt(ahead));
      if (row + ahead >= columns.rows) return;
      let squares = 0;
      for (let i = row + 1; i <= row + ahead; i++) squares += range[i]! * range[i]!;
      logRangeVolatility[row * steps.length + at] = Math.log(Math.sqrt(squares / ahead) / sigma[row]!);
    });
  }
  return { scaledReturns, logRangeVolatility };
}
