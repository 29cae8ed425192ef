import { ApplicationCommandOptionType, ApplicationCommandType } from 'discord.js';
import { BASE_CURRENCY } from '../../core/currency.ts';
import { asCandlecastError, type CandlecastError } from '../../core/errors.ts';
import type { Asking } from '../../core/fair-queue.ts';
import type { ForecastExplanation, ForecastReport } from '../../core/forecast.ts';
import { chosenHorizon, parseHorizon } from '../../core/horizon.ts';
import { translatorFor } from '../../language/translator.ts';
import { FORECAST_PREFIX, parseForecastPress } from '../../render/forecast/forecast-components.ts';
import { withDetails } from '../../render/forecast/forecast-details.ts';
import { type ForecastReader, forecastReply } from '../../render/forecast/forecast-embed.ts';
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
import {
  DETAILS_OPTION,
  EVERYWHERE,
  givenSymbol,
  HORIZON_OPTION,
  OPTIONAL_SYMBOL_OPTION,
  symbolChoices,
} from '../shared-options.ts';
import { subscribeCommand } from '../subscriptions/subscribe.ts';
import { askedFor, type Money, shownIn } from './forecast-money.ts';

/** Used when a person names no horizon. */
const DEFAULT_HORIZON = '1d';

/** `/forecast`: where a coin's price may be at the horizon, with chart, ranges and track record. */
export const forecastCommand: Command = {
  definition: {
    type: ApplicationCommandType.ChatInput,
    name: 'forecast',
    ...described({
      en: 'Where a coin’s price is likely to be, and how often such ranges have held',
      de: 'Wo der Kurs eines Coins wahrscheinlich liegen wird, und wie oft solche Spannen hielten',
      es: 'Dónde estará probablemente el precio de una moneda, y cuánto aciertan estos rangos',
      fr: 'Où le cours d’une crypto sera sans doute, et combien de fois ces fourchettes ont tenu',
      pt: 'Onde o preço de uma moeda provavelmente estará, e quantas vezes essas faixas valeram',
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
      DETAILS_OPTION,
    ],
  },

  isPrivate: (options) => options['private'] === true,

  autocomplete: (focused, context) => (focused.name === 'symbol' ? symbolChoices(focused.value, context) : []),

  async execute(options, caller, context, _progress, signal) {
    const horizon = parseHorizon(String(options['horizon'] ?? caller.preferences.horizon ?? DEFAULT_HORIZON));
    const { symbol, money } = askedFor(givenSymbol(options['symbol'], caller), caller, context);
    // Before the forecast: one that is not shown should not be recorded.
    if (money.isNamed) await context.services.price.rate(money.currency, context.now());
    const shown = options['why'] === true ? 'why' : options['details'] === true ? 'details' : null;
    return replyWithForecast({ symbol, horizon: horizon.name }, money, caller, context, signal, shown);
  },
};

/** The time of day at which posts begin that are set up by a button; the preview says how to choose another. */
const POST_TIME = '09:00';

/** The horizon select and the buttons under a forecast. */
export const forecastComponentHandler: ComponentHandler = {
  prefix: FORECAST_PREFIX,
  // The forecast stays as it is, and only who pressed sees the preview of posts.
  isPrivate: (rest) => rest.startsWith('post:'),
  async execute(press, caller, context, signal) {
    const { action, symbol, horizon, currency = BASE_CURRENCY } = parseForecastPress(press.rest);
    const money: Money = { currency, isNamed: false };
    switch (action) {
      case 'post':
        return subscribeCommand.execute(
          { channel: caller.channelId ?? '', symbols: symbol, time: POST_TIME, horizon: chosenHorizon(horizon) },
          caller,
          context,
        );
      case 'horizon': {
        const chosen = parseHorizon(press.values[0] ?? horizon);
        return replyWithForecast({ symbol, horizon: chosen.name }, money, caller, context, signal);
      }
      case 'refresh':
        return replyWithForecast({ symbol, horizon, refresh: true }, money, caller, context, signal);
      case 'hide':
        return replyWithForecast({ symbol, horizon }, money, caller, context, signal);
      default:
        return replyWithForecast({ symbol, horizon }, money, caller, context, signal, action);
    }
  },
};

/**
 * Makes a forecast and renders it, with its explanation or details where asked for. A chart that cannot be drawn, or a forecast that
 * cannot be explained, leaves a reply that says so.
 */
async function replyWithForecast(
  request: ForecastRequest,
  money: Money,
  caller: Caller,
  context: CommandContext,
  signal: AbortSignal | undefined,
  shown: 'why' | 'details' | null = null,
): Promise<Reply> {
  const { services, charts } = context;
  const asking = { asker: askerOf(caller), signal };
  const inDollars = await services.forecast.forecast(request, asking);
  const report = await shownIn(inDollars, money, context);
  const { symbol } = report.asset;
  const reader: ForecastReader = {
    translator: translatorFor(caller.locale),
    isOwner: caller.isOwner,
    mayPost: caller.mayManageServer && caller.guildId !== null && caller.channelId !== null,
  };
  const [chart, why, sentiment] = await Promise.all([
    chartOrNull(charts.fanChart(report, 'dark', undefined, reader.translator.locale)),
    shown === 'why' ? explainOrReason(inDollars, context, asking) : null,
    shown === 'details'
      ? valueOrUnknown(services.sentiment.glance(symbol), context, { symbol }, 'details go out without their sentiment')
      : null,
  ]);
  const reply = renderedOnce(report, chart, reader);
  if (why !== null) return withWhy(reply, report, why, reader);
  return shown === 'details' ? withDetails(reply, report, sentiment, reader) : reply;
}

/** Cards by report and reader: many people ask for the same one within moments. */
const REPLIES = new WeakMap<ForecastReport, Map<string, { chart: Uint8Array | null; reply: Reply }>>();

/** Renders the card of a report; the same report with the same chart in the same locale is the same reply. */
function renderedOnce(report: ForecastReport, chart: Uint8Array | null, reader: ForecastReader): Reply {
  const cards = REPLIES.get(report) ?? new Map<string, { chart: Uint8Array | null; reply: Reply }>();
  REPLIES.set(report, cards);
  const key = `${reader.translator.locale} ${reader.mayPost}`;
  const known = cards.get(key);
  if (known && known.chart === chart) return known.reply;
  const reply = forecastReply(report, chart, reader);
  cards.set(key, { chart, reply });
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
