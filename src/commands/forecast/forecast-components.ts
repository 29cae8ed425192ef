import { parseHorizon } from '../../core/horizon.ts';
import { FORECAST_PREFIX, parseForecastPress } from '../../render/forecast/forecast-components.ts';
import type { ComponentHandler } from '../command.ts';
import { replyWithForecast } from './forecast-reply.ts';

/** The horizon select and the buttons under a forecast. */
export const forecastComponentHandler: ComponentHandler = {
  prefix: FORECAST_PREFIX,
  async execute(press, _caller, context) {
    const { action, symbol, horizon } = parseForecastPress(press.rest);
    if (action === 'refresh') return replyWithForecast({ symbol, horizon, refresh: true }, context);
    if (action === 'why') return replyWithForecast({ symbol, horizon }, context, true);
    if (action === 'hide') return replyWithForecast({ symbol, horizon }, context);
    const chosen = parseHorizon(press.values[0] ?? horizon);
    return replyWithForecast({ symbol, horizon: chosen.name }, context);
  },
};
