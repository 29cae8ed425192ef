import { ApplicationCommandType } from 'discord.js';
import { BASE_CURRENCY, DOLLAR_RATE } from '../../core/currency.ts';
import { parseMomentAhead } from '../../core/moment-ahead.ts';
import type { OddsDirection } from '../../core/odds.ts';
import { translatorFor } from '../../language/translator.ts';
import { reportInCurrency } from '../../render/forecast/forecast-currency.ts';
import { ODDS_PREFIX, oddsReply, parseOddsPress } from '../../render/odds/odds-embed.ts';
import type { Reply } from '../../render/reply.ts';
import type { OddsQuestion } from '../../services/odds/odds.ts';
import {
  type Caller,
  type Command,
  type CommandContext,
  type ComponentHandler,
  chartOrNull,
  type OptionValues,
} from '../command.ts';
import { askedFor } from '../forecast/forecast-money.ts';
import { described } from '../localizations.ts';
import { usageError } from '../options.ts';
import { EVERYWHERE, symbolChoices } from '../shared-options.ts';
import { momentChoices, ODDS_OPTIONS, zoneOf } from './odds-options.ts';

/** Used where a person names no moment. */
const DEFAULT_BY = '1d';
/** Above any price that a coin has had, in US dollars. */
const MAX_PRICE = 1e12;

/** `/odds`: the chance that a price is above or below a level at a moment, and that it gets there before. */
export const oddsCommand: Command = {
  definition: {
    type: ApplicationCommandType.ChatInput,
    name: 'odds',
    ...described({
      en: 'The chance that a coin is above or below a price, up to 7 days ahead',
      de: 'Die Chance, dass ein Coin über oder unter einem Kurs liegt, bis 7 Tage voraus',
      es: 'La probabilidad de que una moneda esté por encima o por debajo de un precio, hasta 7 días',
      fr: 'La probabilité qu’une crypto soit au-dessus ou au-dessous d’un prix, jusqu’à 7 jours',
      pt: 'A chance de uma moeda estar acima ou abaixo de um preço, até 7 dias à frente',
    }),
    ...EVERYWHERE,
    options: [...ODDS_OPTIONS],
  },

  autocomplete(focused, context, caller) {
    if (focused.name === 'symbol') return symbolChoices(focused.value, context);
    return focused.name === 'by' ? momentChoices(focused.value, caller, context) : [];
  },

  async execute(options, caller, context, _progress, signal) {
    const { direction, level } = levelOf(options);
    const by = String(options['by'] ?? DEFAULT_BY);
    const timeZone = zoneOf(caller);
    // Read once before anything is fetched, so that what cannot be read is told at once.
    parseMomentAhead(by, context.now(), timeZone);
    const { symbol, money } = askedFor(String(options['symbol'] ?? ''), caller, context);
    return replyWithOdds(
      { symbol, direction, level, by: (fromMs) => parseMomentAhead(by, fromMs, timeZone) },
      money.currency,
      caller,
      context,
      signal,
    );
  },
};

/** The button under odds that shows or hides how they are computed. */
export const oddsComponentHandler: ComponentHandler = {
  prefix: ODDS_PREFIX,
  async execute({ rest }, caller, context, signal) {
    const { action, symbol, direction, level, targetMs, currency } = parseOddsPress(rest);
    return replyWithOdds(
      { symbol, direction, level, by: () => targetMs, isShownAgain: true },
      currency,
      caller,
      context,
      signal,
      action === 'details',
    );
  },
};

/** Answers a question whose level is in a currency. Without a rate for it nobody knows which level is meant: throws `CC_RATE_MISSING`. */
async function replyWithOdds(
  question: OddsQuestion,
  currency: string,
  caller: Caller,
  { services, charts, now }: CommandContext,
  signal: AbortSignal | undefined,
  details = false,
): Promise<Reply> {
  const rate = currency === BASE_CURRENCY ? DOLLAR_RATE : await services.price.rate(currency, now());
  const { level } = question;
  const asking = { asker: caller.isOwner ? undefined : caller, signal };
  const inDollars = await services.odds.odds({ ...question, level: level / rate.perUsd }, asking);
  const answer = { ...inDollars, level, forecast: reportInCurrency(inDollars.forecast, currency, rate) };
  const translator = translatorFor(caller.locale);
  const chart = await chartOrNull(charts.oddsChart(answer, 'dark', { timeZone: zoneOf(caller), translator }));
  return oddsReply(answer, chart, translator, details, zoneOf(caller));
}

/** The side and the price; throws `CC_USAGE` unless exactly one is given, above 0. */
function levelOf({ above, below }: OptionValues): { readonly direction: OddsDirection; readonly level: number } {
  const { definition } = oddsCommand;
  if (above !== undefined && below !== undefined) {
    throw usageError('Give one price, above or below.', definition, [], { key: 'errors.onePrice' });
  }
  const given = above ?? below;
  if (given === undefined) {
    throw usageError('/odds needs a price, such as above:100000.', definition, [], { key: 'errors.needsPrice' });
  }
  const level = Number(given);
  if (!(level > 0 && level < MAX_PRICE)) {
    throw usageError('A price is a number above 0.', definition, [], { key: 'errors.pricePositive' });
  }
  return { direction: above === undefined ? 'below' : 'above', level };
}
