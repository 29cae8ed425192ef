import { type APIApplicationCommandBasicOption, ApplicationCommandOptionType } from 'discord.js';
import { ALERT_DAYS } from '../../core/personal-alert.ts';
import { described, translatedChoice } from '../localizations.ts';
import { HORIZON_OPTION, SYMBOL_OPTION } from '../shared-options.ts';
import { POST_CHANNELS } from '../subscriptions/subscription-options.ts';

/** The options of `/alert add`. */
export const ADD_OPTIONS: readonly APIApplicationCommandBasicOption[] = [
  SYMBOL_OPTION,
  {
    type: ApplicationCommandOptionType.String,
    name: 'when',
    ...described({
      en: 'What to wait for',
      de: 'Worauf gewartet wird',
      es: 'Qué esperar',
      fr: 'Quoi attendre',
      pt: 'O que esperar',
    }),
    required: true,
    choices: [
      translatedChoice('above', {
        en: 'price rises to a level',
        de: 'Kurs steigt auf eine Marke',
        es: 'el precio sube a un nivel',
        fr: 'le prix monte à un niveau',
        pt: 'o preço sobe a um nível',
      }),
      translatedChoice('below', {
        en: 'price falls to a level',
        de: 'Kurs fällt auf eine Marke',
        es: 'el precio baja a un nivel',
        fr: 'le prix descend à un niveau',
        pt: 'o preço cai a um nível',
      }),
      translatedChoice('range', {
        en: 'price leaves its likely range',
        de: 'Kurs verlässt seine wahrscheinliche Spanne',
        es: 'el precio sale de su rango probable',
        fr: 'le prix quitte sa fourchette probable',
        pt: 'o preço sai da faixa provável',
      }),
      translatedChoice('odds-above', {
        en: 'odds of being above a price pass a threshold',
        de: 'Chance, über einem Kurs zu liegen, überschreitet eine Schwelle',
        es: 'la probabilidad de estar por encima pasa un umbral',
        fr: 'la probabilité d’être au-dessus passe un seuil',
        pt: 'a chance de estar acima passa um limiar',
      }),
      translatedChoice('odds-below', {
        en: 'odds of being below a price pass a threshold',
        de: 'Chance, unter einem Kurs zu liegen, überschreitet eine Schwelle',
        es: 'la probabilidad de estar por debajo pasa un umbral',
        fr: 'la probabilité d’être au-dessous passe un seuil',
        pt: 'a chance de estar abaixo passa um limiar',
      }),
      translatedChoice('restless', {
        en: 'coin becomes much more restless than usual',
        de: 'Coin wird viel unruhiger als üblich',
        es: 'la moneda se agita mucho más de lo normal',
        fr: 'la crypto s’agite bien plus que d’habitude',
        pt: 'a moeda fica bem mais agitada que o normal',
      }),
    ],
  },
  {
    type: ApplicationCommandOptionType.String,
    name: 'price',
    ...described({
      en: 'The level in US dollars, such as 100000 or 95.5k',
      de: 'Die Marke in US-Dollar, zum Beispiel 100000 oder 95.5k',
      es: 'El nivel en dólares, por ejemplo 100000 o 95.5k',
      fr: 'Le niveau en dollars, par exemple 100000 ou 95.5k',
      pt: 'O nível em dólares, por exemplo 100000 ou 95.5k',
    }),
    max_length: 30,
  },
  {
    type: ApplicationCommandOptionType.Integer,
    name: 'range',
    ...described({
      en: 'Which range (default: 80 %)',
      de: 'Welche Spanne (Standard: 80 %)',
      es: 'Qué rango (por defecto: 80 %)',
      fr: 'Quelle fourchette (par défaut : 80 %)',
      pt: 'Qual faixa (padrão: 80 %)',
    }),
    choices: [50, 80, 95].map((value) => {
      const name = `${value} %`;
      return { ...translatedChoice(name, { en: name, de: name, es: name, fr: name, pt: name }), value };
    }),
  },
  HORIZON_OPTION,
  {
    type: ApplicationCommandOptionType.Integer,
    name: 'chance',
    ...described({
      en: 'The threshold of the odds in per cent (default: 50)',
      de: 'Die Schwelle der Chance in Prozent (Standard: 50)',
      es: 'El umbral de la probabilidad en por ciento (por defecto: 50)',
      fr: 'Le seuil de probabilité en pour cent (par défaut : 50)',
      pt: 'O limiar da chance em por cento (padrão: 50)',
    }),
    min_value: 2,
    max_value: 98,
  },
  {
    type: ApplicationCommandOptionType.String,
    name: 'by',
    ...described({
      en: 'The moment of the odds: 2d, 18:00 or friday 18:00 (default: 7d)',
      de: 'Der Zeitpunkt der Chance: 2d, 18:00 oder freitag 18:00 (Standard: 7d)',
      es: 'El momento de la probabilidad: 2d, 18:00 o viernes 18:00 (por defecto: 7d)',
      fr: 'Le moment de la probabilité : 2d, 18:00 ou vendredi 18:00 (par défaut : 7d)',
      pt: 'O momento da chance: 2d, 18:00 ou sexta 18:00 (padrão: 7d)',
    }),
    autocomplete: true,
    max_length: 40,
  },
  {
    type: ApplicationCommandOptionType.Channel,
    name: 'channel',
    ...described({
      en: 'Tell a channel instead of you (for who manages the server)',
      de: 'In einen Kanal statt an mich (für Verwalter des Servers)',
      es: 'Avisar en un canal en vez de a mí (para quien gestiona el servidor)',
      fr: 'Prévenir un salon plutôt que moi (pour qui gère le serveur)',
      pt: 'Avisar um canal em vez de mim (para quem gerencia o servidor)',
    }),
    channel_types: [...POST_CHANNELS],
  },
  {
    type: ApplicationCommandOptionType.Integer,
    name: 'days',
    ...described({
      en: 'How many days it waits (default: 30)',
      de: 'Wie viele Tage gewartet wird (Standard: 30)',
      es: 'Cuántos días espera (por defecto: 30)',
      fr: 'Combien de jours elle attend (par défaut : 30)',
      pt: 'Quantos dias espera (padrão: 30)',
    }),
    min_value: 1,
    max_value: ALERT_DAYS.most,
  },
];

/** The option of `/alert remove`. */
export const REMOVE_OPTIONS: readonly APIApplicationCommandBasicOption[] = [
  {
    type: ApplicationCommandOptionType.String,
    name: 'id',
    ...described({
      en: 'As /alert list shows it',
      de: 'Wie /alert list sie zeigt',
      es: 'Como lo muestra /alert list',
      fr: 'Tel que /alert list le montre',
      pt: 'Como /alert list mostra',
    }),
    required: true,
    max_length: 20,
  },
];
