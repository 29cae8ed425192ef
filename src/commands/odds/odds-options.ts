import { type APIApplicationCommandBasicOption, ApplicationCommandOptionType } from 'discord.js';
import { parseMomentAhead } from '../../core/moment-ahead.ts';
import { DEFAULT_TIME_ZONE } from '../../core/time-zones.ts';
import { translatorFor } from '../../language/translator.ts';
import type { Caller, Choice, CommandContext } from '../command.ts';
import { described, translatedChoice } from '../localizations.ts';
import { SYMBOL_OPTION } from '../shared-options.ts';

/** Moments that are suggested while nothing that can be read is typed. */
const SUGGESTED = ['1h', '4h', '12h', '1d', '2d', '3d', '5d', '7d'] as const;

const LEVEL_OPTION = {
  type: ApplicationCommandOptionType.Number,
  // Less than any price that a coin has had.
  min_value: 1e-12,
  max_value: 1e12,
} as const;

/** The options of `/odds`: a price with its direction, or in short. */
export const ODDS_OPTIONS: readonly APIApplicationCommandBasicOption[] = [
  SYMBOL_OPTION,
  {
    type: ApplicationCommandOptionType.String,
    name: 'direction',
    ...described({
      en: 'Above or below the price',
      de: 'Über oder unter dem Kurs',
      es: 'Por encima o por debajo del precio',
      fr: 'Au-dessus ou au-dessous du prix',
      pt: 'Acima ou abaixo do preço',
    }),
    choices: [
      translatedChoice('above', { en: 'above', de: 'über', es: 'por encima', fr: 'au-dessus', pt: 'acima' }),
      translatedChoice('below', { en: 'below', de: 'unter', es: 'por debajo', fr: 'au-dessous', pt: 'abaixo' }),
    ],
  },
  {
    type: ApplicationCommandOptionType.String,
    name: 'price',
    ...described({
      en: 'The price in US dollars, such as 100000 or 95.5k',
      de: 'Der Kurs in US-Dollar, zum Beispiel 100000 oder 95.5k',
      es: 'El precio en dólares, por ejemplo 100000 o 95.5k',
      fr: 'Le prix en dollars, par exemple 100000 ou 95.5k',
      pt: 'O preço em dólares, por exemplo 100000 ou 95.5k',
    }),
    max_length: 30,
  },
  {
    type: ApplicationCommandOptionType.String,
    name: 'by',
    ...described({
      en: 'When: 6h, 2d, 18:00 or 2026-12-03 18:00 (default: in 1 day)',
      de: 'Wann: 6h, 2d, 18:00 oder 2026-12-03 18:00 (Standard: in 1 Tag)',
      es: 'Cuándo: 6h, 2d, 18:00 o 2026-12-03 18:00 (por defecto: en 1 día)',
      fr: 'Quand : 6h, 2d, 18:00 ou 2026-12-03 18:00 (par défaut : dans 1 jour)',
      pt: 'Quando: 6h, 2d, 18:00 ou 2026-12-03 18:00 (padrão: em 1 dia)',
    }),
    autocomplete: true,
    max_length: 40,
  },
  {
    ...LEVEL_OPTION,
    name: 'above',
    ...described({
      en: 'Short for direction and price: above this price',
      de: 'Kurz für Richtung und Kurs: über diesem Kurs',
      es: 'Abreviatura de dirección y precio: por encima de este precio',
      fr: 'Raccourci pour sens et prix : au-dessus de ce prix',
      pt: 'Atalho para direção e preço: acima deste preço',
    }),
  },
  {
    ...LEVEL_OPTION,
    name: 'below',
    ...described({
      en: 'Short for direction and price: below this price',
      de: 'Kurz für Richtung und Kurs: unter diesem Kurs',
      es: 'Abreviatura de dirección y precio: por debajo de este precio',
      fr: 'Raccourci pour sens et prix : au-dessous de ce prix',
      pt: 'Atalho para direção e preço: abaixo deste preço',
    }),
  },
];

/** The zone by whose clock a person reads and writes times. */
export function zoneOf({ preferences }: Pick<Caller, 'preferences'>): string {
  return preferences.timeZone ?? DEFAULT_TIME_ZONE;
}

/** Moments that begin with what was typed; what can be read as one comes first. */
export function momentChoices(typed: string, caller: Caller, context: CommandContext): readonly Choice[] {
  const { formats } = translatorFor(caller.locale);
  const nowMs = context.now();
  const text = typed.trim().toLowerCase();
  const known = SUGGESTED.filter((value) => value.startsWith(text));
  const values = text === '' || known.includes(text as (typeof SUGGESTED)[number]) ? known : [text, ...known];
  return values.flatMap((value) => {
    try {
      const aheadMs = parseMomentAhead(value, nowMs, zoneOf(caller)) - nowMs;
      return aheadMs > 0 ? [{ name: `${value} (${formats.duration(aheadMs)})`, value }] : [];
    } catch {
      return [];
    }
  });
}
