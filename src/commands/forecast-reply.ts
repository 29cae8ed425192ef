import type { CandlecastError } from '../core/errors.ts';
import { asCandlecastError } from '../core/errors.ts';
import type { ForecastExplanation } from '../core/explanation.ts';
import type { ForecastReport } from '../core/forecast.ts';
import { forecastReply } from '../render/forecast-embed.ts';
import type { Reply } from '../render/reply.ts';
import { withWhy } from '../render/why-embed.ts';
import type { ForecastRequest } from '../services/services.ts';
import type { CommandContext } from './command.ts';
import { drawOrNull } from './draw-or-null.ts';

/** The picture brings its own dark background, which reads on Discord's dark and light themes. */
const THEME = 'dark';

/**
 * Asks for a forecast and renders it, with what moved it where `why` asks for that; a chart that cannot be drawn leaves a reply
 * that says so, and so does a forecast that cannot be explained.
 */
export async function replyWithForecast(
  request: ForecastRequest,
  context: CommandContext,
  why = false,
): Promise<Reply> {
  const report = await context.services.forecast.forecast(request);
  const explaining = why ? explainOrReason(report, context) : null;
  const [chart, said] = await Promise.all([
    drawOrNull(context.charts.fanChart(report, THEME)),
    // What is said is worth a line, not the reply.
    context.services.sentiment.glance(report.asset.symbol).catch(() => null),
  ]);
  const reply = forecastReply(report, chart, said);
  return explaining === null ? reply : withWhy(reply, report, await explaining);
}

async function explainOrReason(
  report: ForecastReport,
  context: CommandContext,
): Promise<ForecastExplanation | CandlecastError> {
  try {
    return await context.services.explanation.explain(report);
  } catch (error) {
    // The forecast stands without its explanation, and the reply says what prevented it.
    return asCandlecastError(error);
  }
}
