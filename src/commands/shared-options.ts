import {
  type APIApplicationCommandBasicOption,
  type APIApplicationCommandOptionChoice,
  type APIApplicationCommandStringOption,
  type APIApplicationCommandSubcommandOption,
  ApplicationCommandOptionType,
  ApplicationIntegrationType,
  InteractionContextType,
} from 'discord.js';
import { searchCurrencies } from '../core/currency.ts';
import { cutText } from '../core/cut-text.ts';
import { CandlecastError } from '../core/errors.ts';
import { CHOICES, HORIZONS, type HorizonChoice } from '../core/horizon.ts';
import { readCoins } from '../core/pair.ts';
import { searchTimeZones } from '../core/time-zones.ts';
import { supportedLocale } from '../language/languages.ts';
import { translatorFor } from '../language/translator.ts';
import { ruleHowOf, ruleLabelOf } from '../render/backtest/rule-text.ts';
import type { View } from '../render/details.ts';
import type { Caller, Choice, CommandContext, OptionValues } from './command.ts';
import { described, type Translations, translatedChoice } from './localizations.ts';

/** Choices that Discord takes at once. */
export const MAX_CHOICES = 25;
/** Characters that Discord takes in the name or the value of a choice. */
export const MAX_CHOICE_LENGTH = 100;

/** A command for servers, the bot's direct messages and private channels, installed to a server or to a user. */
export const EVERYWHERE = {
  contexts: [InteractionContextType.Guild, InteractionContextType.BotDM, InteractionContextType.PrivateChannel],
  integration_types: [ApplicationIntegrationType.GuildInstall, ApplicationIntegrationType.UserInstall],
};

/** A subcommand of a command. */
export function subcommand(
  name: string,
  text: Translations,
  options: readonly APIApplicationCommandBasicOption[] = [],
): APIApplicationCommandSubcommandOption {
  const type = ApplicationCommandOptionType.Subcommand;
  return { type, name, ...described(text), ...(options.length > 0 ? { options: [...options] } : {}) };
}

/** The option that names one coin; its suggestions are {@link symbolChoices}. */
export const SYMBOL_OPTION = {
  type: ApplicationCommandOptionType.String,
  name: 'symbol',
  ...described({
    en: 'Ticker or name, such as BTC',
    de: 'Kürzel oder Name, zum Beispiel BTC',
    es: 'Símbolo o nombre, por ejemplo BTC',
    fr: 'Symbole ou nom, par exemple BTC',
    pt: 'Símbolo ou nome, por exemplo BTC',
  }),
  required: true,
  autocomplete: true,
  min_length: 1,
  max_length: 50,
} as const satisfies APIApplicationCommandStringOption;

/** The option that names one coin, where the person's favourite coin stands in for it; see {@link givenSymbol}. */
export const OPTIONAL_SYMBOL_OPTION = {
  ...SYMBOL_OPTION,
  ...described({
    en: 'Ticker or name, such as BTC (default: your coin from /me)',
    de: 'Kürzel oder Name, zum Beispiel BTC (Standard: dein Coin aus /me)',
    es: 'Símbolo o nombre, por ejemplo BTC (por defecto: tu moneda de /me)',
    fr: 'Symbole ou nom, par exemple BTC (par défaut : votre coin dans /me)',
    pt: 'Símbolo ou nome, por exemplo BTC (padrão: a sua moeda em /me)',
  }),
  required: false,
} as const satisfies APIApplicationCommandStringOption;

/** The coin that was named, or else the person's favourite one; throws `CC_USAGE` where there is neither. */
export function givenSymbol(given: OptionValues[string] | undefined, { preferences }: Caller): string {
  if (given !== undefined && String(given).trim() !== '') return String(given);
  if (preferences.symbol !== null) return preferences.symbol;
  throw new CandlecastError('CC_USAGE', 'No coin was named, and you have no favourite one yet.', {
    remedy: 'Name one, such as symbol:BTC, or choose your favourite with /me set symbol:BTC.',
    said: { key: 'errors.noFavourite' },
    advice: { key: 'errors.noFavouriteAdvice' },
  });
}

/** The currencies that match what was typed so far, such as `EUR (Euro)`; answered from memory. */
export function currencyChoices(typed: string, { locale }: Caller): readonly Choice[] {
  const found = searchCurrencies(typed, supportedLocale(locale), MAX_CHOICES);
  return found.map(({ code, label }) => ({ name: cutText(label, MAX_CHOICE_LENGTH), value: code }));
}

/** The time zones that match what was typed so far; answered from memory. */
export function timeZoneChoices(typed: string, { now }: CommandContext): readonly Choice[] {
  return searchTimeZones(typed, now(), MAX_CHOICES).map(({ zone, label }) => ({ name: label, value: zone }));
}

/** The coins that match what was typed so far, such as `BTC (Bitcoin)`; answered from memory. */
export function symbolChoices(typed: string, context: CommandContext): readonly Choice[] {
  return context.services.assets.search(typed, MAX_CHOICES).map((asset) => ({
    name: cutText(asset.name === asset.symbol ? asset.symbol : `${asset.symbol} (${asset.name})`, MAX_CHOICE_LENGTH),
    value: asset.symbol,
  }));
}

/**
 * Suggestions for an option that takes several coins: what stands before the last comma, or before the last space where that is coins, and each
 * coin that may follow. A name of several words, such as `bitcoin ca`, comes first.
 */
export function symbolListChoices(typed: string, context: CommandContext): readonly Choice[] {
  const { assets } = context.services;
  const comma = Math.max(typed.lastIndexOf(','), typed.lastIndexOf(';')) + 1;
  const space = typed.trimStart().lastIndexOf(' ') + 1;
  const isList = comma === 0 && space > 0 && areCoins(typed.trimStart().slice(0, space), context);
  const cut = isList ? typed.length - typed.trimStart().length + space : comma;
  const before = typed.slice(0, cut).trim();
  const lead = before === '' ? '' : `${before} `;
  const taken = new Set(before.split(/[,;\s]+/).map((part) => part.toUpperCase()));
  const whole = typed.trim().toLowerCase();
  const named = isList
    ? assets.search(typed, MAX_CHOICES).filter(({ name }) => name.toLowerCase().startsWith(whole))
    : [];
  const next = assets.search(typed.slice(cut).trim(), MAX_CHOICES).filter(({ symbol }) => !taken.has(symbol));
  return [
    ...named.map((asset) => ({ name: `${asset.symbol} (${asset.name})`, value: asset.symbol })),
    ...next.map((asset) => ({ name: `${lead}${asset.symbol} (${asset.name})`, value: `${lead}${asset.symbol}` })),
  ]
    .filter((choice) => choice.value.length <= MAX_CHOICE_LENGTH)
    .slice(0, MAX_CHOICES)
    .map((choice) => ({ ...choice, name: cutText(choice.name, MAX_CHOICE_LENGTH) }));
}

/** Whether every word, or run of words, of a text names a coin. */
function areCoins(text: string, { services }: CommandContext): boolean {
  const isCoin = (part: string): boolean => {
    try {
      services.assets.resolve(part);
      return true;
    } catch {
      return false;
    }
  };
  return readCoins(text, isCoin).every(({ coin }) => isCoin(coin));
}

/** The tickers or names in what was typed, separated by commas, or by spaces where there is none. */
export function splitSymbols(typed: string): readonly string[] {
  const parts = /[,;]/.test(typed) ? typed.split(/[,;]/) : typed.split(/\s+/);
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

const HORIZON_LABELS: Readonly<Record<HorizonChoice, { de: string; es: string; fr: string; pt: string }>> = {
  '1h': { de: '1 Stunde', es: '1 hora', fr: '1 heure', pt: '1 hora' },
  '4h': { de: '4 Stunden', es: '4 horas', fr: '4 heures', pt: '4 horas' },
  '1d': { de: '1 Tag', es: '1 día', fr: '1 jour', pt: '1 dia' },
  '3d': { de: '3 Tage', es: '3 días', fr: '3 jours', pt: '3 dias' },
  '7d': { de: '7 Tage', es: '7 días', fr: '7 jours', pt: '7 dias' },
};

/** Every horizon as a choice of an option, such as `1 day (1d)`. */
export function horizonChoices(): APIApplicationCommandOptionChoice<string>[] {
  return CHOICES.map((name) => {
    const { de, es, fr, pt } = HORIZON_LABELS[name];
    const named = (label: string) => `${label} (${name})`;
    const text = { en: named(HORIZONS[name].label), de: named(de), es: named(es), fr: named(fr), pt: named(pt) };
    return translatedChoice(name, text);
  });
}

/** The option of a horizon, one of those given. */
export function horizonOption(among: readonly string[] = CHOICES): APIApplicationCommandStringOption {
  return {
    type: ApplicationCommandOptionType.String,
    name: 'horizon',
    ...described({
      en: 'How far ahead (default: 1 day)',
      de: 'Wie weit voraus (Standard: 1 Tag)',
      es: 'Con cuánta antelación (por defecto: 1 día)',
      fr: 'À quelle échéance (par défaut : 1 jour)',
      pt: 'Com que antecedência (padrão: 1 dia)',
    }),
    choices: horizonChoices().filter(({ value }) => among.includes(value)),
  };
}

/** The horizon of a forecast that is asked for. */
export const HORIZON_OPTION = horizonOption();

/** The horizon of the forecasts that a trading rule follows. */
export const RULE_HORIZON_OPTION: APIApplicationCommandStringOption = {
  type: ApplicationCommandOptionType.String,
  name: 'horizon',
  ...described({
    en: 'Which forecasts decide (default: 1 day)',
    de: 'Welche Prognosen entscheiden (Standard: 1 Tag)',
    es: 'Qué pronósticos deciden (por defecto: 1 día)',
    fr: 'Quelles prévisions décident (par défaut : 1 jour)',
    pt: 'Quais previsões decidem (padrão: 1 dia)',
  }),
  choices: horizonChoices(),
};

/** Shows every figure at once, as the button below the reply does. */
export const DETAILS_OPTION: APIApplicationCommandBasicOption = {
  type: ApplicationCommandOptionType.Boolean,
  name: 'details',
  ...described({
    en: 'Show every figure at once (default: one sentence and the chart)',
    de: 'Gleich alle Zahlen zeigen (Standard: ein Satz und das Diagramm)',
    es: 'Mostrar todas las cifras (por defecto: una frase y el gráfico)',
    fr: 'Montrer tous les chiffres (par défaut : une phrase et le graphique)',
    pt: 'Mostrar todos os números (padrão: uma frase e o gráfico)',
  }),
};

/** The view that {@link DETAILS_OPTION} asks for. */
export const viewOf = (options: OptionValues): View => (options['details'] === true ? 'details' : 'brief');

/** The trading rule used where a person names none. */
export const DEFAULT_RULE = 'pup-threshold';

/** The option that names a trading rule; its suggestions are {@link ruleChoices}. */
export const RULE_OPTION: APIApplicationCommandStringOption = {
  type: ApplicationCommandOptionType.String,
  name: 'rule',
  ...described({
    en: 'How a forecast becomes a position (default: long when a rise is likely)',
    de: 'Wie aus einer Prognose eine Position wird',
    es: 'Cómo un pronóstico se convierte en posición',
    fr: 'Comment une prévision devient une position',
    pt: 'Como uma previsão vira uma posição',
  }),
  autocomplete: true,
  max_length: 50,
};

/** The tracked trading rules that match what was typed so far, with what they do. */
export function ruleChoices(typed: string, { locale }: Caller, context: CommandContext): readonly Choice[] {
  const wanted = typed.trim().toLowerCase();
  const translator = translatorFor(locale);
  return context.services.backtest
    .rules()
    .map((rule) => ({ name: rule.name, label: ruleLabelOf(rule, translator), how: ruleHowOf(rule, translator) }))
    .filter((rule) => Object.values(rule).some((text) => text.toLowerCase().includes(wanted)))
    .slice(0, MAX_CHOICES)
    .map(({ name, label, how }) => ({ name: how.length > MAX_CHOICE_LENGTH ? label : how, value: name }));
}
