import { type APIApplicationCommandOption, ApplicationCommandOptionType, ApplicationCommandType } from 'discord.js';
import { BASE_CURRENCY, parseCurrency } from '../../core/currency.ts';
import type { CoinAsk } from '../../core/pair.ts';
import { DEFAULT_TIME_ZONE } from '../../core/time-zones.ts';
import type { View } from '../../render/details.ts';
import { PRICE_PREFIX, parsePricePress } from '../../render/price/price-components.ts';
import { priceChartInput, priceReply } from '../../render/price/price-embed.ts';
import type { Reply } from '../../render/reply.ts';
import { type Caller, type Command, type CommandContext, type ComponentHandler, chartOrNull } from '../command.ts';
import { described } from '../localizations.ts';
import { currencyChoices, EVERYWHERE, givenSymbol, symbolListChoices } from '../shared-options.ts';

/** The option that names the currency of prices; its suggestions are {@link currencyChoices}. */
export const CURRENCY_OPTION = {
  type: ApplicationCommandOptionType.String,
  name: 'currency',
  ...described({
    en: 'Currency, such as EUR (default: yours from /me, or US dollars)',
    de: 'Währung, zum Beispiel EUR (Standard: deine aus /me oder US-Dollar)',
    es: 'Divisa, por ejemplo EUR (por defecto: la tuya de /me o dólares)',
    fr: 'Devise, par exemple EUR (par défaut : la vôtre dans /me ou le dollar)',
    pt: 'Divisa, por exemplo EUR (padrão: a sua em /me ou dólar)',
  }),
  autocomplete: true,
  max_length: 30,
} as const satisfies APIApplicationCommandOption;

/** `/price`: what coins cost now and what they have done in the last 24 hours. */
export const priceCommand: Command = {
  definition: {
    type: ApplicationCommandType.ChatInput,
    name: 'price',
    ...described({
      en: 'What coins cost now, and their last 24 hours',
      de: 'Was Coins jetzt kosten, und ihre letzten 24 Stunden',
      es: 'Cuánto cuestan ahora las monedas y sus últimas 24 horas',
      fr: 'Ce que valent les coins maintenant, et leurs dernières 24 heures',
      pt: 'Quanto custam as moedas agora e as últimas 24 horas',
    }),
    ...EVERYWHERE,
    options: [
      {
        type: ApplicationCommandOptionType.String,
        name: 'symbols',
        ...described({
          en: 'One or more coins, such as BTC, ETH or BTC/EUR (default: your coin from /me)',
          de: 'Ein oder mehrere Coins, zum Beispiel BTC, ETH oder BTC/EUR',
          es: 'Una o varias monedas, por ejemplo BTC, ETH o BTC/EUR',
          fr: 'Un ou plusieurs coins, par exemple BTC, ETH ou BTC/EUR',
          pt: 'Uma ou mais moedas, por exemplo BTC, ETH ou BTC/EUR',
        }),
        autocomplete: true,
        min_length: 1,
        max_length: 200,
      },
      CURRENCY_OPTION,
    ],
  },

  load: 'light',

  autocomplete: ({ name, value }, context, caller) =>
    name === 'currency' ? currencyChoices(value, caller) : symbolListChoices(value, context),

  async execute(options, caller, context, _progress, signal) {
    const asks = context.services.price.read(givenSymbol(options['symbols'], caller));
    const given = options['currency'];
    const currency = currencyOf(given === undefined ? undefined : parseCurrency(String(given)), caller);
    // A coin that was typed with what its price is wanted in, such as ETH/BTC, keeps that.
    return replyWithPrices(asks, currency, 'brief', caller, context, signal);
  },
};

/** The buttons under prices. */
export const priceComponentHandler: ComponentHandler = {
  prefix: PRICE_PREFIX,
  async execute({ rest }, caller, context, signal) {
    const { action, currency, coins } = parsePricePress(rest);
    const view = action === 'details' ? 'details' : 'brief';
    return replyWithPrices(context.services.price.read(coins), currency, view, caller, context, signal);
  },
};

/** The currency that was named, or the person's own, or the dollar. */
export function currencyOf(given: string | undefined, { preferences }: Caller): string {
  return given ?? preferences.currency ?? BASE_CURRENCY;
}

async function replyWithPrices(
  asks: readonly CoinAsk[],
  currency: string,
  view: View,
  caller: Caller,
  { services, charts }: CommandContext,
  signal: AbortSignal | undefined,
): Promise<Reply> {
  const asking = { ...(caller.isOwner ? {} : { asker: caller }), ...(signal ? { signal } : {}) };
  const board = await services.price.board(asks, currency, asking);
  const [failure] = board.failed;
  // With nothing to show, the reason is the answer.
  if (board.prices.length === 0 && failure) throw failure.error;
  const { locale, preferences } = caller;
  const wanted = {
    locale,
    timeZone: preferences.timeZone ?? DEFAULT_TIME_ZONE,
    currency,
    horizon: preferences.horizon ?? '1d',
    view,
  } as const;
  const input = priceChartInput(board, wanted);
  const chart = input === null ? null : await chartOrNull(charts.priceChart(input, 'dark'));
  return priceReply(board, chart, wanted);
}
