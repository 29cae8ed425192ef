import { type APIApplicationCommandBasicOption, ApplicationCommandOptionType } from 'discord.js';
import { parseMomentAhead } from '../../core/moment-ahead.ts';
import { DEFAULT_TIME_ZONE } from '../../core/time-zones.ts';
import { translatorFor } from '../../language/translator.ts';
import type { Caller, Choice, CommandContext } from '../command.ts';
import { described } from '../localizations.ts';
import { SYMBOL_OPTION } from '../shared-options.ts';

/** Moments that are suggested while nothing that can be read is typed. */
const SUGGESTED = ['1h', '4h', '12h', '1d', '2d', '3d', '5d', '7d'] as const;

/** The options of `/odds`; one of the two prices is given. `by` stands first, so that a typed `/odds BTC above 100000 2d` is understood. */
export const ODDS_OPTIONS: readonly APIApplicationCommandBasicOption[] = [
  SYMBOL_OPTION,
  {
    type: ApplicationCommandOptionType.String,
    name: 'by',
    ...described({
      en: 'When: 6h, 2d, 18:00 or friday 18:00 (default: in 1 day)',
      de: 'Wann: 6h, 2d, 18:00 oder freitag 18:00 (Standard: in 1 Tag)',
      es: 'Cuándo: 6h, 2d, 18:00 o viernes 18:00 (por defecto: en 1 día)',
      fr: 'Quand : 6h, 2d, 18:00 ou vendredi 18:00 (par défaut : dans 1 jour)',
      pt: 'Quando: 6h, 2d, 18:00 ou sexta 18:00 (padrão: em 1 dia)',
    }),
    autocomplete: true,
    max_length: 40,
  },
  {
    type: ApplicationCommandOptionType.Number,
    name: 'above',
    ...described({
      en: 'The chance that it is above this price, in dollars, your /me currency or that of BTC/EUR',
      de: 'Die Chance, dass der Kurs über diesem liegt, in Dollar, deiner Währung von /me oder der von BTC/EUR',
      es: 'La probabilidad de que esté por encima de este precio, en dólares, tu moneda de /me o la de BTC/EUR',
      fr: 'La probabilité qu’il soit au-dessus de ce prix (dollars, devise de /me ou de BTC/EUR)',
      pt: 'A chance de estar acima deste preço, em dólares, sua moeda do /me ou a de BTC/EUR',
    }),
  },
  {
    type: ApplicationCommandOptionType.Number,
    name: 'below',
    ...described({
      en: 'The chance that it is below this price, in dollars, your /me currency or that of BTC/EUR',
      de: 'Die Chance, dass der Kurs unter diesem liegt, in Dollar, deiner Währung von /me oder der von BTC/EUR',
      es: 'La probabilidad de que esté por debajo de este precio, en dólares, tu moneda de /me o la de BTC/EUR',
      fr: 'La probabilité qu’il soit au-dessous de ce prix (dollars, devise de /me ou de BTC/EUR)',
      pt: 'A chance de estar abaixo deste preço, em dólares, sua moeda do /me ou a de BTC/EUR',
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
