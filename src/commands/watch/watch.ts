import {
  type APIApplicationCommandBasicOption,
  ApplicationCommandOptionType,
  ApplicationCommandType,
} from 'discord.js';
import { translatorFor } from '../../language/translator.ts';
import { emptyWatchReply, watchChangeReply, watchReply } from '../../render/watch/watch-embed.ts';
import { type Command, chartOrNull } from '../command.ts';
import { described } from '../localizations.ts';
import { EVERYWHERE, MAX_CHOICES, splitSymbols, subcommand, symbolListChoices } from '../shared-options.ts';

const SYMBOLS_OPTION: APIApplicationCommandBasicOption = {
  type: ApplicationCommandOptionType.String,
  name: 'symbols',
  ...described({
    en: 'One or more coins, such as BTC, ETH, SOL',
    de: 'Eine oder mehrere, zum Beispiel BTC, ETH, SOL',
    es: 'Una o varias, por ejemplo BTC, ETH, SOL',
    fr: 'Une ou plusieurs, par exemple BTC, ETH, SOL',
    pt: 'Uma ou mais, por exemplo BTC, ETH, SOL',
  }),
  required: true,
  autocomplete: true,
  min_length: 1,
  max_length: 200,
};

/** `/watch`: a person's own list of coins as one table. */
export const watchCommand: Command = {
  definition: {
    type: ApplicationCommandType.ChatInput,
    name: 'watch',
    ...described({
      en: 'Your own list of coins: price, 24 hours, likely range to tomorrow',
      de: 'Deine Liste: Kurs, 24 Stunden, wahrscheinliche Spanne bis morgen',
      es: 'Tu lista de monedas: precio, 24 horas, rango probable hasta mañana',
      fr: 'Votre liste : cours, 24 heures, fourchette probable jusqu’à demain',
      pt: 'Sua lista de moedas: preço, 24 horas, faixa provável até amanhã',
    }),
    ...EVERYWHERE,
    options: [
      subcommand('show', {
        en: 'Your coins in one table',
        de: 'Deine Liste als Tabelle',
        es: 'Tus monedas en una tabla',
        fr: 'Vos cryptos en un tableau',
        pt: 'Suas moedas em uma tabela',
      }),
      subcommand(
        'add',
        {
          en: 'Add coins; 20 at most',
          de: 'Coins hinzufügen; höchstens 20',
          es: 'Añadir monedas; 20 como máximo',
          fr: 'Ajouter des cryptos ; 20 au plus',
          pt: 'Adicionar moedas; 20 no máximo',
        },
        [SYMBOLS_OPTION],
      ),
      subcommand(
        'remove',
        {
          en: 'Remove coins',
          de: 'Coins entfernen',
          es: 'Quitar monedas',
          fr: 'Retirer des cryptos',
          pt: 'Remover moedas',
        },
        [SYMBOLS_OPTION],
      ),
    ],
  },

  isPrivate: () => true,

  // Discord does not say which subcommand is being typed, so a person's own coins come first.
  autocomplete({ name, value }, context, caller) {
    if (name !== 'symbols') return [];
    const typed = value.trim().toUpperCase();
    const own = context.services.watch
      .recall(caller.userId)
      .filter((symbol) => symbol.startsWith(typed))
      .map((symbol) => ({ name: symbol, value: symbol }));
    const others = symbolListChoices(value, context).filter(
      ({ value: known }) => !own.some((one) => one.value === known),
    );
    return [...own.slice(0, typed === '' ? 10 : MAX_CHOICES), ...others].slice(0, MAX_CHOICES);
  },

  async execute(options, { userId, locale, ...caller }, { services: { watch, glances }, charts }, _progress, signal) {
    const typed = splitSymbols(String(options['symbols'] ?? ''));
    if (options['subcommand'] === 'add') return watchChangeReply('added', await watch.add(userId, typed), locale);
    if (options['subcommand'] === 'remove')
      return watchChangeReply('removed', await watch.remove(userId, typed), locale);
    const symbols = await watch.list(userId);
    if (symbols.length === 0) return emptyWatchReply(locale);
    const asker = caller.isOwner ? undefined : { ...caller, userId };
    const found = await glances.glances(symbols, { asker, signal });
    const drawing = charts.coinTable(found, translatorFor(locale).t('watch.title'), 'dark', locale);
    return watchReply(found, await chartOrNull(drawing), locale);
  },
};
