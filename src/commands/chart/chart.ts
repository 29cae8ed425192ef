import { ApplicationCommandOptionType, ApplicationCommandType } from 'discord.js';
import { BASE_CURRENCY } from '../../core/currency.ts';
import { asCandlecastError } from '../../core/errors.ts';
import type { ForecastReport } from '../../core/forecast.ts';
import { DEFAULT_TIME_ZONE } from '../../core/time-zones.ts';
import { TIMEFRAME_SHAPES, TIMEFRAMES, type Timeframe } from '../../core/timeframe.ts';
import { translatorFor } from '../../language/translator.ts';
import { candleChartInput } from '../../render/candles/candle-chart-input.ts';
import { CANDLES_PREFIX, type CandlesPress, parseCandlesPress } from '../../render/candles/candle-components.ts';
import { candlesReply } from '../../render/candles/candle-embed.ts';
import { reportInCurrency } from '../../render/forecast/forecast-currency.ts';
import type { Reply } from '../../render/reply.ts';
import {
  type Caller,
  type Command,
  type CommandContext,
  type ComponentHandler,
  chartOrNull,
  valueOrUnknown,
} from '../command.ts';
import { askedFor, type Money } from '../forecast/forecast-money.ts';
import { described, type Translations, translatedChoice } from '../localizations.ts';
import { CURRENCY_OPTION } from '../price/price.ts';
import { currencyChoices, EVERYWHERE, givenSymbol, OPTIONAL_SYMBOL_OPTION, symbolChoices } from '../shared-options.ts';

/** Used when a person names no timeframe. */
const DEFAULT_TIMEFRAME: Timeframe = '1d';

const TIMEFRAME_TEXTS: Readonly<Record<Timeframe, Translations>> = {
  '1h': { en: '1 hour', de: '1 Stunde', es: '1 hora', fr: '1 heure', pt: '1 hora' },
  '4h': { en: '4 hours', de: '4 Stunden', es: '4 horas', fr: '4 heures', pt: '4 horas' },
  '1d': { en: '1 day', de: '1 Tag', es: '1 día', fr: '1 jour', pt: '1 dia' },
  '1w': { en: '1 week', de: '1 Woche', es: '1 semana', fr: '1 semaine', pt: '1 semana' },
};

/** `/chart`: candles of a coin with volume and moving averages, and the forecast beside them if wanted. */
export const chartCommand: Command = {
  definition: {
    type: ApplicationCommandType.ChatInput,
    name: 'chart',
    ...described({
      en: 'A coin’s candles with volume and averages, and its forecast if you want',
      de: 'Kerzen eines Coins mit Volumen und Durchschnitten, auf Wunsch mit Prognose',
      es: 'Velas de una moneda con volumen y medias, y su pronóstico si quieres',
      fr: 'Les chandeliers d’un coin, volume et moyennes, et sa prévision si voulu',
      pt: 'Candles de uma moeda com volume e médias, e a previsão se quiser',
    }),
    ...EVERYWHERE,
    options: [
      OPTIONAL_SYMBOL_OPTION,
      {
        type: ApplicationCommandOptionType.String,
        name: 'timeframe',
        ...described({
          en: 'How long each candle is (default: 1 day)',
          de: 'Wie lang jede Kerze ist (Standard: 1 Tag)',
          es: 'Duración de cada vela (por defecto: 1 día)',
          fr: 'La durée de chaque chandelier (par défaut : 1 jour)',
          pt: 'Duração de cada candle (padrão: 1 dia)',
        }),
        choices: TIMEFRAMES.map((timeframe) => translatedChoice(timeframe, TIMEFRAME_TEXTS[timeframe])),
      },
      CURRENCY_OPTION,
    ],
  },

  autocomplete({ name, value }, context, caller) {
    if (name === 'currency') return currencyChoices(value, caller);
    return name === 'symbol' ? symbolChoices(value, context) : [];
  },

  async execute(options, caller, context, _progress, signal) {
    const { symbol, money } = askedFor(givenSymbol(options['symbol'], caller), caller, context, options['currency']);
    const timeframe = TIMEFRAMES.find((name) => name === options['timeframe']) ?? DEFAULT_TIMEFRAME;
    return replyWithCandles({ symbol, timeframe, withFan: false }, money, caller, context, signal);
  },
};

/** The buttons under a candle chart. */
export const chartComponentHandler: ComponentHandler = {
  prefix: CANDLES_PREFIX,
  async execute({ rest }, caller, context, signal) {
    const shown = parseCandlesPress(rest);
    const money: Money = { currency: shown.currency ?? BASE_CURRENCY, isNamed: false };
    return replyWithCandles(shown, money, caller, context, signal);
  },
};

/**
 * Shows candles, beside them the forecast where it is wanted; one that cannot be made leaves a reply that says so. Without a rate for a currency that
 * was not named, prices are in dollars, and the reply says that as well.
 */
async function replyWithCandles(
  { symbol, timeframe, withFan }: CandlesPress,
  { currency, isNamed }: Money,
  caller: Caller,
  context: CommandContext,
  signal: AbortSignal | undefined,
): Promise<Reply> {
  const { services, charts } = context;
  const asking = { ...(caller.isOwner ? {} : { asker: caller }), ...(signal ? { signal } : {}) };
  const horizon = TIMEFRAME_SHAPES[timeframe].fan;
  const [history, forecast] = await Promise.all([
    services.candles.history(symbol, timeframe, currency, asking).catch((failure: unknown) => {
      if (isNamed || asCandlecastError(failure).code !== 'CC_RATE_MISSING') throw failure;
      return services.candles.history(symbol, timeframe, BASE_CURRENCY, asking);
    }),
    withFan
      ? valueOrUnknown(
          services.forecast.forecast({ symbol, horizon }, asking),
          context,
          { symbol },
          'candles go out without the forecast',
        )
      : null,
  ]);
  signal?.throwIfAborted();
  const translator = translatorFor(caller.locale);
  const timeZone = caller.preferences.timeZone ?? DEFAULT_TIME_ZONE;
  const { rate } = history.price;
  const shown = (report: ForecastReport) => (rate ? reportInCurrency(report, rate.currency, rate) : report);
  const report = forecast === 'unknown' || forecast === null ? null : shown(forecast);
  const chart = await chartOrNull(
    charts.candleChart(candleChartInput(history, report, { translator, timeZone }), 'dark'),
  );
  const drawn = forecast === 'unknown' ? forecast : report;
  return candlesReply({ history, wanted: currency, forecast: drawn, chart }, { translator, timeZone });
}
