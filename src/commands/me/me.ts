import {
  type APIApplicationCommandStringOption,
  ApplicationCommandOptionType,
  ApplicationCommandType,
} from 'discord.js';
import { LANGUAGES } from '../../language/languages.ts';
import { languageName, ME_PREFIX, parseMePress, settingsReply } from '../../render/me/me-embed.ts';
import type { PreferenceInput } from '../../services/preferences/preferences.ts';
import type { Caller, Command, CommandContext, ComponentHandler, OptionValues } from '../command.ts';
import { described } from '../localizations.ts';
import {
  currencyChoices,
  EVERYWHERE,
  HORIZON_OPTION,
  SYMBOL_OPTION,
  subcommand,
  symbolChoices,
  timeZoneChoices,
} from '../shared-options.ts';

const { String: Text } = ApplicationCommandOptionType;

const OPTIONS: readonly APIApplicationCommandStringOption[] = [
  { ...SYMBOL_OPTION, required: false },
  HORIZON_OPTION,
  {
    type: Text,
    name: 'currency',
    ...described({
      en: 'Currency of prices, such as EUR',
      de: 'Währung der Preise, zum Beispiel EUR',
      es: 'Moneda de los precios, por ejemplo EUR',
      fr: 'Devise des prix, par exemple EUR',
      pt: 'Moeda dos preços, por exemplo EUR',
    }),
    autocomplete: true,
    max_length: 30,
  },
  {
    type: Text,
    name: 'timezone',
    ...described({
      en: 'City or time zone, such as Berlin',
      de: 'Stadt oder Zeitzone, zum Beispiel Berlin',
      es: 'Ciudad o zona horaria, por ejemplo Madrid',
      fr: 'Ville ou fuseau horaire, par exemple Paris',
      pt: 'Cidade ou fuso horário, por exemplo São Paulo',
    }),
    autocomplete: true,
    max_length: 60,
  },
  {
    type: Text,
    name: 'language',
    ...described({
      en: 'Language of my replies to you',
      de: 'Sprache meiner Antworten an dich',
      es: 'Idioma de mis respuestas para ti',
      fr: 'Langue de mes réponses',
      pt: 'Idioma das minhas respostas para você',
    }),
    choices: LANGUAGES.map((language) => {
      const name = languageName(language);
      return {
        name,
        name_localizations: { de: name, 'es-ES': name, 'es-419': name, fr: name, 'pt-BR': name },
        value: language,
      };
    }),
  },
];

/** `/me`: shows, sets and resets what a person has chosen: coin, horizon, currency, time zone and language. */
export const meCommand: Command = {
  isAboutPeople: true,
  definition: {
    type: ApplicationCommandType.ChatInput,
    name: 'me',
    ...described({
      en: 'Your settings: favourite coin, horizon, currency, time zone, language',
      de: 'Deine Einstellungen: Lieblings-Coin, Zeitraum, Währung, Zeitzone, Sprache',
      es: 'Tus ajustes: moneda favorita, plazo, divisa, zona horaria, idioma',
      fr: 'Vos réglages : coin favori, échéance, devise, fuseau horaire, langue',
      pt: 'Suas configurações: moeda favorita, prazo, divisa, fuso horário, idioma',
    }),
    ...EVERYWHERE,
    options: [
      subcommand('show', {
        en: 'Show your settings and change them by menus',
        de: 'Deine Einstellungen zeigen und per Menü ändern',
        es: 'Ver tus ajustes y cambiarlos con menús',
        fr: 'Voir vos réglages et les changer par menus',
        pt: 'Ver suas configurações e mudá-las por menus',
      }),
      subcommand(
        'set',
        {
          en: 'Change one or more of your settings',
          de: 'Eine oder mehrere Einstellungen ändern',
          es: 'Cambiar uno o varios ajustes',
          fr: 'Changer un ou plusieurs réglages',
          pt: 'Mudar uma ou mais configurações',
        },
        OPTIONS,
      ),
      subcommand('reset', {
        en: 'Delete all your settings',
        de: 'Alle deine Einstellungen löschen',
        es: 'Borrar todos tus ajustes',
        fr: 'Supprimer tous vos réglages',
        pt: 'Apagar todas as suas configurações',
      }),
    ],
  },

  isPrivate: () => true,
  load: 'light',

  autocomplete({ name, value }, context, caller) {
    if (name === 'symbol') return symbolChoices(value, context);
    if (name === 'currency') return currencyChoices(value, caller);
    return name === 'timezone' ? timeZoneChoices(value, context) : [];
  },

  async execute(options, caller, context) {
    switch (options['subcommand']) {
      case 'set':
        return change(inputOf(options), caller, context);
      case 'reset':
        return reset(caller, context);
      default:
        return change({}, caller, context);
    }
  },
};

/** The menus and the button under the settings; they are those of whoever uses them. */
export const meComponentHandler: ComponentHandler = {
  isAboutPeople: true,
  prefix: ME_PREFIX,
  async execute({ rest, values }, caller, context) {
    const name = parseMePress(rest);
    if (name === 'reset') return reset(caller, context);
    return change(inputOf({ [name]: values[0] ?? 'none' }), caller, context);
  },
};

/** The settings among the options; `none` takes one back. */
function inputOf(options: OptionValues): PreferenceInput {
  const text = (name: string): string | null | undefined => {
    const value = options[name];
    return value === undefined ? undefined : value === 'none' ? null : String(value);
  };
  const given = {
    symbol: text('symbol'),
    horizon: text('horizon'),
    currency: text('currency'),
    timeZone: text('timezone'),
    language: text('language'),
  };
  const { language, ...rest } = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  if (language === undefined) return rest;
  return { ...rest, language: LANGUAGES.find((known) => known === language) ?? null };
}

async function change(input: PreferenceInput, caller: Caller, { services }: CommandContext) {
  if (Object.keys(input).length === 0) {
    return settingsReply(await services.preferences.of(caller.userId), 'shown', caller.locale);
  }
  const preferences = await services.preferences.change(caller.userId, input);
  // A new language is spoken at once; where it was taken back, the next answer is in that of Discord.
  return settingsReply(preferences, 'changed', preferences.language ?? caller.locale);
}

async function reset(caller: Caller, { services }: CommandContext) {
  await services.preferences.reset(caller.userId);
  const preferences = await services.preferences.of(caller.userId);
  return settingsReply(preferences, 'reset', caller.locale);
}
