import { silentLogger } from '../../src/core/logger.ts';
import { type ForecastMarket, forecastCandles } from '../../src/services/forecast/forecast-inputs.ts';
import type { RollingCandleService } from '../../src/services/forecast/rolling-candles.ts';

/** Days that end at midnight at every hour, as where a market has no hours. */
export function midnightDays(market: Pick<ForecastMarket, 'series'>): RollingCandleService {
  const candles: RollingCandleService['candles'] = async (symbol, asking) => ({
    ...(await forecastCandles(market, silentLogger, symbol, '1d', asking)),
    ...{ endHour: 0, fromHours: false, tooFewHours: false, hoursKey: '' },
  });
  return { candles, candlesAt: (symbol, _untilMs, asking) => candles(symbol, asking) };
}
