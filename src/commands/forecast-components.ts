import { parseHorizon } from '../core/horizon.ts';
import { FORECAST_PREFIX, parseForecastPress } from '../render/forecast-components.ts';
import type { ComponentHandler } from './command.ts';
import { replyWithForecast } from './forecast-reply.ts';

/** The horizon select and the Refresh button under a forecast. */
export const forecastComponentHandler: ComponentHandler = {
  prefix: FORECAST_PREFIX,
  async execute(press, _caller, context) {
    const { action, symbol, horizon } = parseForecastPress(press.rest);
    if (action === 'refresh') return replyWithForecast({ symbol, horizon, refresh: true }, context);
    const chosen = parseHorizon(press.values[0] ?? horizon);
    return replyWithForecast({ symbol, horizon: chosen.name }, context);
  },
};
