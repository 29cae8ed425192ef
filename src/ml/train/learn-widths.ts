import { INTERVAL_MS } from '../../core/candle.ts';
import { outcomeColumns } from '../calibration/coin-ratios.ts';
import { createWidthFactors, type WidthState } from '../calibration/width-factors.ts';
import { type CoinRatios, learnFromMs, recordWidths } from '../calibration/width-stream.ts';
import type { WidthTable } from '../calibration/width-table.ts';
import type { JoinedCoins } from '../data/dataset.ts';
import { rowOpenMs } from '../features/columns.ts';
import type { QuantileForecaster } from '../forecast/quantile-forecaster.ts';

/** Width factors of a period, and what they had learnt at its end. */
export interface PeriodWidths {
  readonly tableOf: (symbol: string) => WidthTable;
  readonly state: WidthState;
}

/**
 * Learns width factors from a model's forecasts of a period that it has not seen, and of a while before, which it has; at each moment from what had
 * matured by then. The state has what all coins share alone, since what recurs is learnt from candles wherever the model serves.
 */
export function learnPeriodWidths(
  joined: JoinedCoins,
  forecaster: QuantileForecaster,
  period: { readonly fromMs: number; readonly toMs: number },
): PeriodWidths {
  const { interval, steps } = joined;
  const fromMs = learnFromMs(interval, { data: { stopUntilMs: period.fromMs } }, period.fromMs);
  const firstMs = fromMs - Math.max(...steps) * INTERVAL_MS[interval];
  const coins = joined.coins.map(({ symbol, features }): CoinRatios => {
    const { columns } = features.series;
    const originOf = (row: number) => rowOpenMs(columns, row) + INTERVAL_MS[interval];
    const rows = Int32Array.from(columns.close.keys()).filter(
      (row) => originOf(row) >= firstMs && originOf(row) <= period.toMs && !Number.isNaN(columns.close[row]!),
    );
    const originMs = Float64Array.from(rows, originOf);
    return { symbol, originMs, ...outcomeColumns(forecaster, forecaster.outcomes(features, rows, columns.close)) };
  });
  const widths = createWidthFactors(interval, steps);
  const symbols = joined.coins.map(({ symbol }) => symbol);
  const stream = { interval, steps, coins, fromMs, toMs: period.toMs, learntUntilMs: period.fromMs };
  const tableOf = recordWidths(widths, stream, symbols);
  const { untilMs, market, experts } = widths.state();
  return { tableOf, state: { untilMs, market, ...(experts ? { experts } : {}) } };
}
