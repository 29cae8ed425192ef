import type { BreakerName } from '../../../src/core/backtest.ts';
import { QUANTILE_LEVELS } from '../../../src/core/quantiles.ts';
import { DAY_MS } from '../../../src/core/time.ts';
import type { BacktestSpan, CoinTrack } from '../../../src/ml/backtest/coin-track.ts';
import { type ForecastView, forecastView } from '../../../src/ml/backtest/forecast-view.ts';
import { normalQuantile } from '../../../src/ml/baselines/distributions.ts';
import { normals } from '../../support/candles.ts';

const LEVELS = QUANTILE_LEVELS.length;
const Z = QUANTILE_LEVELS.map(normalQuantile);

/** Quantiles of a normal log return. */
export const normalForecast = (mean: number, deviation: number): number[] => Z.map((z) => mean + deviation * z);

/** A view of a normal forecast of one daily candle. */
export function viewOf(mean: number, deviation: number, blocked: BreakerName | null = null): ForecastView {
  const quantiles = normalForecast(mean, deviation);
  return forecastView({ originMs: 0, interval: '1d', steps: 1, quantiles, dollarVolume: 1e9, blocked });
}

/** Daily span of so many rows from 2022-01-01. */
export const spanOf = (rows: number, fromMs = Date.UTC(2022, 0, 1)): BacktestSpan => ({
  interval: '1d',
  steps: 1,
  fromMs,
  toMs: fromMs + (rows - 1) * DAY_MS,
});

/** What a forecaster says at a row's close: mean and deviation of the next log return, from the closes up to it. */
export type Forecast = (closes: Float64Array, row: number) => readonly [mean: number, deviation: number];

/** A track over given candles with forecasts that see no further than their row. */
export function trackOf(
  prices: Pick<CoinTrack, 'open' | 'high' | 'low' | 'close'>,
  forecast: Forecast,
  symbol = 'BTC',
): CoinTrack {
  const rows = prices.close.length;
  const quantiles = new Float64Array(rows * LEVELS);
  for (let row = 0; row < rows; row++) {
    const [mean, deviation] = forecast(prices.close.subarray(0, row + 1), row);
    quantiles.set(normalForecast(mean, deviation), row * LEVELS);
  }
  return {
    symbol,
    rows,
    ...prices,
    dollarVolume: new Float64Array(rows).fill(1e8),
    sigma: new Float64Array(rows).fill(0.03),
    quantiles,
    climatology: Float64Array.from(quantiles),
  };
}

/**
 * Candles of a random walk whose price is a fair game: a Brownian motion of the log price with drift −σ²/2. Lows are drawn exactly from
 * the motion between a candle's open and close (of a Brownian bridge), so a stop meets the price as it would at every moment.
 */
export function fairGame(rows: number, seed: number, sigma = 0.03): Pick<CoinTrack, 'open' | 'high' | 'low' | 'close'> {
  const normal = normals(seed);
  const uniform = () => Math.exp(-0.5 * (normal() ** 2 + normal() ** 2));
  const column = () => new Float64Array(rows);
  const prices = { open: column(), high: column(), low: column(), close: column() };
  let price = 0;
  for (let row = 0; row < rows; row++) {
    const change = -(sigma * sigma) / 2 + sigma * normal();
    const reach = () => Math.sqrt(change * change - 2 * sigma * sigma * Math.log(uniform()));
    prices.open[row] = 100 * Math.exp(price);
    prices.low[row] = 100 * Math.exp(price + (change - reach()) / 2);
    prices.high[row] = 100 * Math.exp(price + (change + reach()) / 2);
    price += change;
    prices.close[row] = 100 * Math.exp(price);
  }
  return prices;
}

/** Follows the last three moves: as good as any on a fair game, and busy. */
export const momentum: Forecast = (closes, row) => [row < 3 ? 0 : Math.log(closes[row]! / closes[row - 3]!) / 10, 0.03];
