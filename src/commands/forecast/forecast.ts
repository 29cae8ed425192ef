import { ApplicationCommandOptionType, ApplicationCommandType } from 'discord.js';
import { asCandlecastError, type CandlecastError } from '../../core/errors.ts';
import type { Asking } from '../../core/fair-queue.ts';
import type { ForecastExplanation, ForecastReport } from '../../core/forecast.ts';
import { parseHorizon } from '../../core/horizon.ts';
import { FORECAST_PREFIX, forecastReply, parseForecastPress } from '../../render/forecast/forecast-embed.ts';
import { withWhy } from '../../render/forecast/why-embed.ts';
import type { Reply } from '../../render/reply.ts';
import type { ForecastRequest } from '../../services/forecast/forecast.ts';
import {
  type Caller,
  type Command,
  type CommandContext,
  type ComponentHandler,
  chartOrNull,
  valueOrUnknown,
} from '../command.ts';
import { described } from '../localizations.ts';
import { EVERYWHERE, givenSymbol, HORIZON_OPTION, OPTIONAL_SYMBOL_OPTION, symbolChoices } from '../shared-options.ts';

/** Used when a person names no horizon. */
const DEFAULT_HORIZON = '1d';

/** `/forecast`: where a coin's price may be at the horizon, with chart, ranges and track record. */
export const forecastCommand: Command = {
  definition: {
    type: ApplicationCommandType.ChatInput,
    name: 'forecast',
    ...described({
      en: 'Forecast for a coin: median, ranges, and how such forecasts have scored',
      de: 'Prognose für eine Kryptowährung: Median, Spannen und wie gut frühere Prognosen waren',
      es: 'Pronóstico de una criptomoneda: mediana, rangos y aciertos de pronósticos anteriores',
      fr: 'Prévision pour une cryptomonnaie : médiane, fourchettes et résultats passés',
      pt: 'Previsão de uma criptomoeda: mediana, faixas e desempenho das previsões anteriores',
    }),
    ...EVERYWHERE,
    options: [
      OPTIONAL_SYMBOL_OPTION,
      HORIZON_OPTION,
      {
        type: ApplicationCommandOptionType.Boolean,
        name: 'private',
        ...described({
          en: 'Show the reply only to me',
          de: 'Die Antwort nur mir zeigen',
          es: 'Mostrar la respuesta solo a mí',
          fr: 'Ne montrer la réponse qu’à moi',
          pt: 'Mostrar a resposta só para mim',
        }),
      },
      {
        type: ApplicationCommandOptionType.Boolean,
        name: 'why',
        ...described({
          en: 'Also say what moved the forecast',
          de: 'Auch sagen, was die Prognose bewegt hat',
          es: 'Decir también qué movió el pronóstico',
          fr: 'Dire aussi ce qui a fait bouger la prévision',
          pt: 'Dizer também o que moveu a previsão',
        }),
      },
    ],
  },

  isPrivate: (options) => options['private'] === true,

  autocomplete: (focused, context) => (focused.name === 'symbol' ? symbolChoices(focused.value, context) : []),

  async execute(options, caller, context, _progress, signal) {
    const horizon = parseHorizon(String(options['horizon'] ?? caller.preferences.horizon ?? DEFAULT_HORIZON));
    const symbol = givenSymbol(options['symbol'], caller);
    return replyWithForecast(
      { symbol, horizon: horizon.name },
      context,
      { asker: askerOf(caller), signal },
      options['why'] === true,
    );
  },
};

/** The horizon select and the buttons under a forecast. */
export const forecastComponentHandler: ComponentHandler = {
  prefix: FORECAST_PREFIX,
  async execute(press, caller, context, signal) {
    const asking = { asker: askerOf(caller), signal };
    const { action, symbol, horizon } = parseForecastPress(press.rest);
    if (action === 'refresh') return replyWithForecast({ symbol, horizon, refresh: true }, context, asking);
    if (action === 'why') return replyWithForecast({ symbol, horizon }, context, asking, true);
    if (action === 'hide') return replyWithForecast({ symbol, horizon }, context, asking);
    const chosen = parseHorizon(press.values[0] ?? horizon);
    return replyWithForecast({ symbol, horizon: chosen.name }, context, asking);
  },
};

/**
 * Makes a forecast and renders it, with its explanation when `why` is true. A chart that cannot be drawn, or a forecast that
 * cannot be explained, leaves a reply that says so.
 */
async function replyWithForecast(
  request: ForecastRequest,
  context: CommandContext,
  asking: Asking,
  why = false,
): Promise<Reply> {
  const { services, charts } = context;
  const report = await services.forecast.forecast(request, asking);
  const { symbol } = report.asset;
  const explaining = why ? explainOrReason(report, context, asking) : null;
  const [chart, sentiment] = await Promise.all([
    chartOrNull(charts.fanChart(report, 'dark')),
    valueOrUnknown(services.sentiment.glance(symbol), context, { symbol }, 'a forecast goes out without its sentiment'),
  ]);
  const reply = renderedOnce(report, chart, sentiment);
  return explaining === null ? reply : withWhy(reply, report, await explaining);
}

type Sentiment = Parameters<typeof forecastReply>[2];

/** Replies by report: many people ask for the same one within moments. */
const REPLIES = new WeakMap<ForecastReport, { chart: Uint8Array | null; sentiment: Sentiment; reply: Reply }>();

/** Renders a report; the same report with the same chart and sentiment is the same reply. */
function renderedOnce(report: ForecastReport, chart: Uint8Array | null, sentiment: Sentiment): Reply {
  const known = REPLIES.get(report);
  if (known && known.chart === chart && known.sentiment === sentiment) return known.reply;
  const reply = forecastReply(report, chart, sentiment);
  REPLIES.set(report, { chart, sentiment, reply });
  return reply;
}

async function explainOrReason(
  report: ForecastReport,
  { services, logger }: CommandContext,
  asking: Asking,
): Promise<ForecastExplanation | CandlecastError> {
  try {
    return await services.explanation.explain(report, asking);
  } catch (failure) {
    asking.signal?.throwIfAborted();
    const error = asCandlecastError(failure);
    // Climatology, and a model that was replaced meanwhile, have no explanation: that is expected and not logged.
    if (error.code !== 'CC_MODEL_MISSING') {
      const { symbol } = report.asset;
      logger.warn({ symbol, code: error.code, err: error }, 'a forecast could not be explained');
    }
    return error;
  }
}

/** On whose behalf sources are asked: the bot's owner, who is also the person at the console, spends a budget of their own. */
const askerOf = (caller: Caller) => (caller.isOwner ? undefined : caller);
