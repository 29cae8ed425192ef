import type { Candle } from '../../core/candle.ts';
import type { FanPoint, ForecastReport } from '../../core/forecast.ts';
import type { Horizon } from '../../core/horizon.ts';

/** The part of a report that the fan chart shows: small enough to post to a worker; its hash is the cache's key. */
export interface FanChartInput {
  readonly symbol: string;
  readonly name: string;
  readonly horizon: Horizon;
  readonly originMs: number;
  readonly targetMs: number;
  readonly lastPrice: number;
  readonly quantiles: readonly number[];
  readonly fan: readonly FanPoint[];
  readonly history: readonly Candle[];
  readonly simulated: boolean;
}

/** How many candles of the past go with a horizon: enough for context, few enough that the fan stays readable. */
export function historyLength(steps: number): number {
  return Math.min(Math.round(22 + 8 * Math.sqrt(steps)), 60);
}

/** The part of a report that its chart shows. */
export function fanChartInput(report: ForecastReport): FanChartInput {
  return {
    symbol: report.asset.symbol,
    name: report.asset.name,
    horizon: report.horizon,
    originMs: report.originMs,
    targetMs: report.targetMs,
    lastPrice: report.lastPrice,
    quantiles: report.quantiles,
    fan: report.fan,
    history: report.history.slice(-historyLength(report.horizon.steps)),
    simulated: report.simulated,
  };
}
