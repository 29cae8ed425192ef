import { INTERVAL_MS } from '../../core/candle.ts';
import { QUANTILE_LEVELS } from '../../core/quantiles.ts';
import { climatologyBaseline } from '../baselines/climatology.ts';
import type { WidthTable } from '../calibration/width-table.ts';
import { type CoinHistory, historyFeatures, isFlaggedLater } from '../data/coin-history.ts';
import { horizonReturn } from '../data/targets.ts';
import { rowOpenMs } from '../features/columns.ts';
import type { QuantileForecaster } from '../forecast/quantile-forecaster.ts';
import { emptyPeriod, mergePeriods, type ScoredPeriod, withForecast } from './scored-period.ts';

const LEVELS = QUANTILE_LEVELS.length;

/** Scored periods of one coin or of many, by horizon and origin. */
export type PeriodsByMoment = Map<string, ScoredPeriod>;

const keyOf = ({ originMs, steps }: ScoredPeriod) => `${steps} ${originMs}`;

/**
 * Forecasts a coin at every origin from `fromMs` on, from candles up to each origin, and scores them on the outcomes. It is the code path
 * of the served forecasts, calibration and the coin's width factors included. Origins whose candle (or Bitcoin's) was flagged later are
 * left out: what was known of it then is not what is known now.
 */
export function replayCoin(
  history: CoinHistory,
  btc: CoinHistory | null,
  forecaster: QuantileForecaster,
  fromMs: number,
  widths: WidthTable | null = null,
): readonly ScoredPeriod[] {
  const features = historyFeatures(history, btc);
  const { columns } = features.series;
  const { interval, close } = columns;
  const originOf = (row: number) => rowOpenMs(columns, row) + INTERVAL_MS[interval];
  const rows = Int32Array.from(close.keys()).filter(
    (row) => originOf(row) >= fromMs && !Number.isNaN(close[row]!) && !isFlaggedLater(history, btc, row),
  );
  const model = forecaster.predictQuantiles(features, rows, undefined, widths);
  const climatology = climatologyBaseline.forecast(features, forecaster.steps, rows);
  const periods: ScoredPeriod[] = [];
  forecaster.steps.forEach((steps, at) => {
    rows.forEach((row, index) => {
      const outcome = horizonReturn(close, row, steps);
      const from = (index * forecaster.steps.length + at) * LEVELS;
      if (Number.isNaN(outcome) || Number.isNaN(model[from]!) || Number.isNaN(climatology[from]!)) return;
      const [own, past] = [model, climatology].map((values) => values.subarray(from, from + LEVELS));
      periods.push(withForecast(emptyPeriod(originOf(row), steps), { outcome, model: own!, climatology: past! }));
    });
  });
  return periods;
}

/** Adds one coin's periods to those of the others. */
export function addPeriods(all: PeriodsByMoment, coin: readonly ScoredPeriod[]): void {
  for (const period of coin) {
    const known = all.get(keyOf(period));
    all.set(keyOf(period), known ? mergePeriods(known, period) : period);
  }
}

/** All of them in the order a monitor takes them. */
export function inOrder(all: PeriodsByMoment): ScoredPeriod[] {
  return [...all.values()].sort((a, b) => a.originMs - b.originMs || a.steps - b.steps);
}
