import type { Interval } from '../../core/candle.ts';
import { CLIMATOLOGY_ROWS } from '../baselines/climatology.ts';
import { ewmaBaseline, randomWalkBaseline } from '../baselines/random-walk.ts';
import { type CoinHistory, columnsAsOf, knownColumns } from '../data/coin-history.ts';
import type { CandleColumns } from '../features/columns.ts';
import { prepareSeries } from '../features/prepared-series.ts';
import { forecastPlace } from '../forecast/rolling-forecaster.ts';
import { meanPinball } from './scores.ts';

/** Outcomes of one coin at one horizon: the rows of the candles that close at their origins (any order), and the log returns that came of them. */
export interface OriginOutcomes {
  /** Horizon in candles. */
  readonly steps: number;
  readonly rows: Int32Array;
  readonly returns: Float64Array;
}

/** Pinball losses of the two baselines that the ledger does not store, in the order of the rows; NaN where candles were missing. */
export interface BaselineLosses {
  readonly ewma: Float64Array;
  readonly randomWalk: Float64Array;
}

/** Candles before an origin that the baselines look back on: their window, the longest horizon, and what the volatility needs to settle. */
export function lookBackRows(interval: Interval, steps: number): number {
  return CLIMATOLOGY_ROWS[interval] + steps + 200;
}

/**
 * Scores what EWMA and the random walk would have said at each origin, from the candles up to it and nothing later. A flag on the origin's own candle rests
 * on the candle after it, so such an origin is forecast from the series cut there.
 */
export function baselineLosses(history: CoinHistory, groups: readonly OriginOutcomes[]): BaselineLosses[] {
  const known = knownColumns(history);
  return groups.map(({ steps, rows, returns }) => {
    const losses = { ewma: emptyLosses(rows.length), randomWalk: emptyLosses(rows.length) };
    const order = Int32Array.from(rows.keys()).sort((a, b) => rows[a]! - rows[b]!);
    const isThere = (index: number) => rows[index]! >= 0 && rows[index]! < history.raw.rows;
    const straight = order.filter((index) => isThere(index) && history.flagged[rows[index]!] === 0);
    const flagged = order.filter((index) => isThere(index) && history.flagged[rows[index]!] === 1);
    const score = (columns: CandleColumns, indices: Int32Array) => {
      // Forecasters take each row once.
      const wanted = Int32Array.from(new Set(Array.from(indices, (index) => rows[index]!)));
      const placeOf = new Map(Array.from(wanted, (row, at) => [row, at]));
      const coin = { series: prepareSeries(columns) };
      const quantiles = {
        ewma: ewmaBaseline.forecast(coin, [steps], wanted),
        randomWalk: randomWalkBaseline.forecast(coin, [steps], wanted),
      };
      for (const index of indices) {
        const place = forecastPlace(placeOf.get(rows[index]!)!, 0, 1);
        losses.ewma[index] = meanPinball(returns[index]!, quantiles.ewma, place);
        losses.randomWalk[index] = meanPinball(returns[index]!, quantiles.randomWalk, place);
      }
    };
    if (straight.length > 0) score(known, straight);
    for (const index of flagged) score(columnsAsOf(history, rows[index]!), Int32Array.of(index));
    return losses;
  });
}

const emptyLosses = (length: number) => new Float64Array(length).fill(Number.NaN);
