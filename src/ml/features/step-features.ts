import { INTERVAL_MS } from '../../core/candle.ts';
import type { CandleColumns } from './columns.ts';
import type { PreparedSeries } from './prepared-series.ts';
import { rollingMean } from './rolling.ts';

/** Names of the numbers that every candle of a window carries, in order. */
export const STEP_FEATURES = [
  'return',
  'logRange',
  'closePlace',
  'relativeVolume',
  'present',
  'btcReturn',
  'btcLogRange',
  'btcPresent',
] as const;

/** Row of `other` that is the same slot as row `row` of `columns`, or −1; so it is where their days end at different hours. */
export function alignedRow(columns: CandleColumns, row: number, other: CandleColumns): number {
  const at = row + (columns.startMs - other.startMs) / INTERVAL_MS[columns.interval];
  return at >= 0 && at < other.rows && Number.isInteger(at) ? at : -1;
}

const clip = (value: number, bound: number) => Math.min(Math.max(value, -bound), bound);

/** Scaled return and log range of one row by the volatility known before it; zeros with a zero mask where unknown. */
function scaledMove(
  series: PreparedSeries,
  row: number,
): readonly [scaledReturn: number, logRange: number, present: number] {
  if (row < 1) return [0, 0, 0];
  const sigma = series.sigma[row - 1]!;
  const move = series.returns[row]!;
  if (Number.isNaN(move) || Number.isNaN(sigma)) return [0, 0, 0];
  return [clip(move / sigma, 6), clip(Math.log(series.range[row]! / sigma), 4), 1];
}

/**
 * The per-candle inputs: rows × STEP_FEATURES, row-major. Row i uses candles up to and including i and is scaled by the
 * volatility known at i − 1, so a row means the same in every window it appears in. Rows before `from` are not wanted, and zero.
 */
export function stepFeatures(series: PreparedSeries, btc: PreparedSeries | null, from = 0): Float32Array {
  const { columns } = series;
  const width = STEP_FEATURES.length;
  const out = new Float32Array(columns.rows * width);
  const usualVolume = rollingMean(columns.volume, 30, 10);
  for (let i = from; i < columns.rows; i++) {
    const [scaledReturn, logRange, present] = scaledMove(series, i);
    const at = i * width;
    if (present) {
      const span = columns.high[i]! - columns.low[i]!;
      const usual = i > 0 ? usualVolume[i - 1]! : Number.NaN;
      const volume = columns.volume[i]!;
      out[at] = scaledReturn;
      out[at + 1] = logRange;
      out[at + 2] = span > 0 ? ((columns.close[i]! - columns.low[i]!) / span) * 2 - 1 : 0;
      out[at + 3] = volume > 0 && usual > 0 ? clip(Math.log(volume / usual), 4) : 0;
      out[at + 4] = 1;
    }
    if (btc) {
      const [btcReturn, btcRange, btcPresent] = scaledMove(btc, alignedRow(columns, i, btc.columns));
      out[at + 5] = btcReturn;
      out[at + 6] = btcRange;
      out[at + 7] = btcPresent;
    }
  }
  return out;
}
