import { INTERVAL_MS } from '../../core/candle.ts';
import { type CoinHistory, historyFeatures, isFlaggedLater } from '../data/coin-history.ts';
import { rowOpenMs } from '../features/columns.ts';
import type { EnsembleCache, QuantileForecaster } from '../forecast/quantile-forecaster.ts';
import type { CoinRatios } from './width-stream.ts';

/**
 * Forecasts a coin at every origin from `fromMs` to `toMs`, from candles up to each, and says how the forecasts came out before any width factor, as ratios or, where experts are averaged with the model, as curves. Origins
 * whose candle (or Bitcoin's) was flagged later are left out: what was known of it then is not what is known now. Receives the ensemble's quantiles
 * of the origins in `cache`. Throws as the forecaster.
 */
export function coinRatios(
  history: CoinHistory,
  btc: CoinHistory | null,
  forecaster: QuantileForecaster,
  span: { readonly fromMs: number; readonly toMs: number },
  cache?: EnsembleCache,
): CoinRatios {
  const features = historyFeatures(history, btc);
  const { columns } = features.series;
  const originOf = (row: number) => rowOpenMs(columns, row) + INTERVAL_MS[columns.interval];
  const rows = Int32Array.from(columns.close.keys()).filter(
    (row) =>
      originOf(row) >= span.fromMs &&
      originOf(row) <= span.toMs &&
      !Number.isNaN(columns.close[row]!) &&
      !isFlaggedLater(history, btc, row),
  );
  // A close that a later candle shows to be wrong was the outcome all the same when it was the newest.
  const all = forecaster.outcomes(features, rows, history.raw.close, cache);
  const size = all.length / Math.max(rows.length, 1);
  // Origins without a usable window, or whose every outcome is unknown, would only take room.
  const known = [...rows.keys()].filter((i) => !all.subarray(i * size, (i + 1) * size).every(Number.isNaN));
  const values = new Float32Array(known.length * size);
  known.forEach((i, at) => {
    values.set(all.subarray(i * size, (i + 1) * size), at * size);
  });
  const originMs = Float64Array.from(known, (i) => originOf(rows[i]!));
  return { symbol: history.symbol, originMs, ...outcomeColumns(forecaster, values) };
}

/** What a forecaster's `outcomes` are, by its name. */
export const outcomeColumns = (
  { hasExperts }: Pick<QuantileForecaster, 'hasExperts'>,
  values: Float32Array,
): Pick<CoinRatios, 'ratios' | 'curves'> =>
  hasExperts ? { ratios: new Float32Array(), curves: values } : { ratios: values };
