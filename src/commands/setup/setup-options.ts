import { type APIApplicationCommandBasicOption, ApplicationCommandOptionType } from 'discord.js';
import { parseHorizon } from '../../core/horizon.ts';
import { POST_STYLES, type ServerSettings } from '../../core/settings.ts';
import { LANGUAGES } from '../../language/languages.ts';
import { languageName } from '../../render/setup/setup-reply.ts';
import type { OptionValues } from '../command.ts';
import { described, translatedChoice } from '../localizations.ts';
import { HORIZON_OPTION } from '../shared-options.ts';

const { String: Text, Role, Boolean: Flag } = ApplicationCommandOptionType;

/** What can be set for a server with `/setup`. */
export const SETUP_OPTIONS: APIApplicationCommandBasicOption[] = [
  {
    type: Text,
    name: 'language',
    ...described({
      en: 'Language of the posts',
      de: 'Sprache der Beiträge',
      es: 'Idioma de las publicaciones',
      fr: 'Langue des publications',
      pt: 'Idioma das publicações',
    }),
    choices: [
      ...LANGUAGES.map((language) => {
        const name = languageName(language);
        return translatedChoice(language, { en: name, de: name, es: name, fr: name, pt: name });
      }),
      translatedChoice('server', {
        en: 'As Discord has it for this server',
        de: 'Wie in Discord für diesen Server',
        es: 'La de este servidor en Discord',
        fr: 'Celle de ce serveur dans Discord',
        pt: 'A deste servidor no Discord',
      }),
    ],
  },
  HORIZON_OPTION,
  {
    type: Text,
    name: 'currency',
    ...described({
      en: 'Currency of prices for members who have chosen none',
      de: 'Währung der Preise für alle, die keine gewählt haben',
      es: 'Moneda de los precios para quien no haya elegido ninguna',
      fr: 'Devise des prix pour qui n’en a pas choisi',
      pt: 'Moeda dos preços para quem não escolheu nenhuma',
    }),
    autocomplete: true,
    max_length: 30,
  },
  {
    type: Text,
    name: 'posts',
    ...described({
      en: 'How much a daily post shows',
      de: 'Wie viel ein täglicher Beitrag zeigt',
      es: 'Cuánto muestra una publicación diaria',
      fr: 'Ce que montre une publication quotidienne',
      pt: 'Quanto uma publicação diária mostra',
    }),
    choices: [
      translatedChoice('full', {
        en: 'Each coin with its ranges and chart',
        de: 'Jeder Coin mit Spannen und Diagramm',
        es: 'Cada moneda con rangos y gráfico',
        fr: 'Chaque crypto avec fourchettes et graphique',
        pt: 'Cada moeda com faixas e gráfico',
      }),
      translatedChoice('compact', {
        en: 'One line a coin',
        de: 'Eine Zeile je Coin',
        es: 'Una línea por moneda',
        fr: 'Une ligne par crypto',
        pt: 'Uma linha por moeda',
      }),
    ],
  },
  {
    type: Role,
    name: 'alert_role',
    ...described({
      en: 'A role that alerts mention',
      de: 'Eine Rolle, die Meldungen erwähnen',
      es: 'Un rol que mencionan los avisos',
      fr: 'Un rôle que les alertes mentionnent',
      pt: 'Um cargo que os alertas mencionam',
    }),
  },
  {
    type: Flag,
    name: 'no_mentions',
    ...described({
      en: 'Alerts mention nobody (any more)',
      de: 'Meldungen erwähnen niemanden (mehr)',
      es: 'Los avisos no mencionan a nadie (más)',
      fr: 'Les alertes ne mentionnent (plus) personne',
      pt: 'Os alertas não mencionam (mais) ninguém',
    }),
  },
  {
    type: Flag,
    name: 'weekly_calls',
    ...described({
      en: 'Weekly reports show how members’ calls of /predict did',
      de: 'Wochenberichte zeigen, wie die Tipps der Mitglieder (/predict) ausgingen',
      es: 'Los informes semanales muestran cómo fueron los pronósticos de /predict',
      fr: 'Les bilans hebdomadaires montrent les résultats des pronostics de /predict',
      pt: 'Os relatórios semanais mostram como foram os palpites de /predict',
    }),
  },
];

/** The settings among the options; those that were not given are absent. */
export function readChanges({
  language,
  horizon,
  currency,
  posts,
  alert_role: role,
  no_mentions: mentionsNobody,
  weekly_calls: weeklyCalls,
}: OptionValues): Partial<ServerSettings> {
  return {
    ...(language === undefined ? {} : { language: LANGUAGES.find((known) => known === language) ?? null }),
    ...(horizon === undefined ? {} : { horizon: parseHorizon(String(horizon)).name }),
    ...(currency === undefined ? {} : { currency: String(currency) }),
    ...(posts === undefined ? {} : { postStyle: POST_STYLES.find((style) => style === posts) ?? 'full' }),
    ...(role === undefined ? {} : { alertRoleId: String(role) }),
    ...(mentionsNobody === true ? { alertRoleId: null } : {}),
    ...(weeklyCalls === undefined ? {} : { weeklyCalls: weeklyCalls === true }),
  };
}
