import { type APIApplicationCommandBasicOption, ApplicationCommandOptionType } from 'discord.js';
import { CALL_HORIZONS } from '../../core/calls.ts';
import { described, type Translations } from '../localizations.ts';
import { horizonOption, SYMBOL_OPTION } from '../shared-options.ts';

const HORIZON = horizonOption(CALL_HORIZONS);

/** The options of a call of a direction. */
export const DIRECTION_OPTIONS: readonly APIApplicationCommandBasicOption[] = [
  SYMBOL_OPTION,
  HORIZON,
  {
    type: ApplicationCommandOptionType.Integer,
    name: 'confidence',
    ...described({
      en: 'How sure you are, 50 to 99 % (default: 60)',
      de: 'Wie sicher, 50 bis 99 % (Standard: 60)',
      es: 'Cuánta seguridad, 50 a 99 % (por defecto: 60)',
      fr: 'Votre certitude, 50 à 99 % (par défaut : 60)',
      pt: 'Sua certeza, 50 a 99 % (padrão: 60)',
    }),
    min_value: 50,
    max_value: 99,
  },
];

const edge = (name: 'low' | 'high', text: Translations): APIApplicationCommandBasicOption => ({
  type: ApplicationCommandOptionType.Number,
  name,
  ...described(text),
  required: true,
  min_value: 0,
});

/** The options of a call of a range. */
export const RANGE_OPTIONS: readonly APIApplicationCommandBasicOption[] = [
  SYMBOL_OPTION,
  edge('low', {
    en: 'Lower price in dollars',
    de: 'Unterer Kurs in Dollar',
    es: 'Precio inferior en dólares',
    fr: 'Cours inférieur en dollars',
    pt: 'Preço inferior em dólares',
  }),
  edge('high', {
    en: 'Higher price in dollars',
    de: 'Oberer Kurs in Dollar',
    es: 'Precio superior en dólares',
    fr: 'Cours supérieur en dollars',
    pt: 'Preço superior em dólares',
  }),
  HORIZON,
];

/** The month of a leaderboard. */
export const MONTH_OPTION: APIApplicationCommandBasicOption = {
  type: ApplicationCommandOptionType.String,
  name: 'month',
  ...described({
    en: 'Such as 2026-11 (UTC); default: all time',
    de: 'Zum Beispiel 2026-11 (UTC); Standard: alle',
    es: 'Por ejemplo 2026-11 (UTC); por defecto: todos',
    fr: 'Par exemple 2026-11 (UTC) ; par défaut : tous',
    pt: 'Por exemplo 2026-11 (UTC); padrão: todos',
  }),
  max_length: 7,
};
