import { asCandlecastError, type CandlecastError } from '../../core/errors.ts';
import type { ForecastExplanation } from '../../core/explanation.ts';
import type { ForecastReport } from '../../core/forecast.ts';
import { forecastReply } from '../../render/forecast/forecast-embed.ts';
import { withWhy } from '../../render/forecast/why-embed.ts';
import type { Reply } from '../../render/reply.ts';
import type { ForecastRequest } from '../../services/forecast/forecast.ts';
import type { CommandContext } from '../command.ts';
import { drawOrNull } from '../draw-or-null.ts';
import { orUnknown } from '../or-unknown.ts';

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
    orUnknown(
      context.services.sentiment.glance(report.asset.symbol),
      context,
      { symbol: report.asset.symbol },
      'a forecast goes out without what is said',
    ),
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
  } catch (failure) {
    // The forecast stands without its explanation, and the reply says what prevented it.
    const error = asCandlecastError(failure);
    // Climatology, or a forecast that another has followed meanwhile, is no fault that anybody has to look into.
    if (error.code !== 'CC_MODEL_MISSING') {
      const { symbol } = report.asset;
      context.logger.warn({ symbol, code: error.code, err: error }, 'a forecast could not be explained');
    }
    return error;
  }
}
