import { probabilityAbove, QUANTILE_LEVELS } from '../../core/quantiles.ts';

/** First line of a file of forecasts. */
export const FORECAST_HEADER = [
  'symbol',
  'interval',
  'horizon',
  'origin',
  'target',
  'origin_close',
  'actual_close',
  'p_up',
  ...QUANTILE_LEVELS.map((level) => `q${level}`),
].join(',');

/** One forecast whose outcome is known. */
export interface ForecastRow {
  readonly symbol: string;
  readonly interval: string;
  readonly steps: number;
  readonly originMs: number;
  readonly targetMs: number;
  readonly originClose: number;
  readonly actualClose: number;
  /** Log returns at QUANTILE_LEVELS, ascending. */
  readonly quantiles: ArrayLike<number>;
}

const iso = (ms: number) => new Date(ms).toISOString().replace('.000Z', 'Z');

/** A line of the file, without its end; numbers in full precision, quantiles as prices at the target. */
export function forecastLine(row: ForecastRow): string {
  const { symbol, interval, steps, originMs, targetMs, originClose, actualClose, quantiles } = row;
  const cells = [symbol, interval, steps, iso(originMs), iso(targetMs), originClose, actualClose];
  let line = `${cells.join(',')},${probabilityAbove(quantiles, 0)}`;
  for (let k = 0; k < QUANTILE_LEVELS.length; k++) line += `,${originClose * Math.exp(quantiles[k]!)}`;
  return line;
}
