import type { ForecastReport } from '../core/forecast.ts';
import { forecastReply } from '../render/forecast-embed.ts';
import type { Reply } from '../render/reply.ts';
import type { ForecastRequest } from '../services/services.ts';
import type { CommandContext } from './command.ts';

/** The picture brings its own dark background, which reads on Discord's dark and light themes. */
const THEME = 'dark';

/** Asks for a forecast and renders it; a chart that cannot be drawn leaves a reply that says so. */
export async function replyWithForecast(request: ForecastRequest, context: CommandContext): Promise<Reply> {
  const report = await context.services.forecast.forecast(request);
  return forecastReply(report, await drawOrNull(report, context));
}

async function drawOrNull(report: ForecastReport, context: CommandContext): Promise<Uint8Array | null> {
  try {
    return await context.charts.fanChart(report, THEME);
  } catch {
    // The renderer has logged why. The numbers are worth more than the picture, so they go out without it.
    return null;
  }
}
