import type { ForecastReport } from '../../src/core/forecast.ts';
import type { CloseForecast } from '../../src/services/forecast/close-forecast.ts';

/** The forecast from a close that has the numbers of a report, as far as the record reads it. */
export function closeOf(report: ForecastReport): CloseForecast {
  const { asset, horizon, originMs, lastPrice, model, data, unconfirmed, volatility } = report;
  const returns = (prices: readonly number[]) => prices.map((price) => Math.log(price / lastPrice));
  const distribution = {
    steps: horizon.steps,
    quantiles: returns(report.quantiles),
    climatology: report.climatology && returns(report.climatology),
    expectedVolatility: volatility.expected,
    usualVolatility: volatility.usual,
    sentimentShare: report.sentiment?.share ?? null,
  };
  const series = { symbol: asset.symbol, interval: horizon.interval, source: data.source, unconfirmed, candles: [] };
  const card = { version: model.version, interval: horizon.interval };
  const made = { asset, horizon, originMs, lastPrice, distribution, series, model: { card }, climatologyReason: null };
  return made as unknown as CloseForecast;
}
