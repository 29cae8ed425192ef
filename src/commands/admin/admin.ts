import {
  type APIApplicationCommandBasicOption,
  ApplicationCommandOptionType,
  ApplicationCommandType,
} from 'discord.js';
import type { Interval } from '../../core/candle.ts';
import { CandlecastError } from '../../core/errors.ts';
import { HOUR_MS } from '../../core/time.ts';
import {
  confirmedPriceReply,
  retrainGoesOnReply,
  retrainProgressReply,
  retrainVerdictReply,
  servingReply,
} from '../../render/admin/admin-embed.ts';
import type { Command } from '../command.ts';
import { described, translatedChoice } from '../localizations.ts';
import { MAX_CHOICES, subcommand } from '../shared-options.ts';

const intervalOption: APIApplicationCommandBasicOption = {
  type: ApplicationCommandOptionType.String,
  name: 'interval',
  ...described({
    en: 'Which model (default: daily)',
    de: 'Welches Modell (Standard: täglich)',
    es: 'Qué modelo (por defecto: diario)',
    fr: 'Quel modèle (par défaut : journalier)',
    pt: 'Qual modelo (padrão: diário)',
  }),
  choices: [
    translatedChoice('1d', { en: 'daily', de: 'täglich', es: 'diario', fr: 'journalier', pt: 'diário' }),
    translatedChoice('1h', { en: 'hourly', de: 'stündlich', es: 'por hora', fr: 'horaire', pt: 'por hora' }),
  ],
};

const versionOption: APIApplicationCommandBasicOption = {
  type: ApplicationCommandOptionType.String,
  name: 'version',
  ...described({
    en: 'A model that is kept',
    de: 'Ein Modell, das aufbewahrt ist',
    es: 'Un modelo guardado',
    fr: 'Un modèle conservé',
    pt: 'Um modelo guardado',
  }),
  required: true,
  autocomplete: true,
  max_length: 60,
};

const symbolOption: APIApplicationCommandBasicOption = {
  type: ApplicationCommandOptionType.String,
  name: 'symbol',
  ...described({
    en: 'The coin whose price is unconfirmed, such as LUNC',
    de: 'Der Coin mit dem unbestätigten Preis, etwa LUNC',
    es: 'La moneda con el precio sin confirmar, como LUNC',
    fr: 'La crypto dont le prix n’est pas confirmé, comme LUNC',
    pt: 'A moeda com o preço não confirmado, como LUNC',
  }),
  required: true,
  max_length: 20,
};

/** `/admin`: what owners may do with the models and with unconfirmed prices. Registered in the developers' server alone. */
export const adminCommand: Command = {
  isAboutPeople: true,
  definition: {
    type: ApplicationCommandType.ChatInput,
    name: 'admin',
    ...described({
      en: 'Owners only: the models that serve, and unconfirmed prices',
      de: 'Nur für Betreiber: die Modelle im Einsatz und unbestätigte Preise',
      es: 'Solo para propietarios: los modelos en servicio y los precios sin confirmar',
      fr: 'Propriétaires seulement : les modèles en service et les prix non confirmés',
      pt: 'Só para proprietários: os modelos em serviço e os preços não confirmados',
    }),
    options: [
      subcommand(
        'retrain',
        {
          en: 'Train a new model; it serves unless it is worse than the one that does',
          de: 'Ein neues Modell trainieren; es kommt zum Einsatz, wenn es nicht schlechter ist als das jetzige',
          es: 'Entrenar un modelo nuevo; entra en servicio salvo que sea peor que el actual',
          fr: 'Entraîner un nouveau modèle ; il sert sauf s’il est moins bon que celui en service',
          pt: 'Treinar um novo modelo; entra em serviço, a menos que seja pior que o atual',
        },
        [intervalOption],
      ),
      subcommand(
        'rollback',
        {
          en: 'Bring back the model that served before',
          de: 'Das Modell zurückholen, das zuvor im Einsatz war',
          es: 'Volver al modelo que estaba en servicio antes',
          fr: 'Revenir au modèle qui servait avant',
          pt: 'Voltar ao modelo que estava em serviço antes',
        },
        [intervalOption],
      ),
      subcommand(
        'promote',
        {
          en: 'Let a kept model serve, whatever its verdict',
          de: 'Ein aufbewahrtes Modell einsetzen, wie auch immer es abgeschnitten hat',
          es: 'Poner en servicio un modelo guardado, sea cual sea su veredicto',
          fr: 'Mettre en service un modèle conservé, quel que soit son verdict',
          pt: 'Pôr em serviço um modelo guardado, seja qual for seu veredito',
        },
        [versionOption],
      ),
      subcommand(
        'confirm',
        {
          en: 'Say that an unconfirmed price is right, such as after a redenomination',
          de: 'Einen unbestätigten Preis für richtig erklären, etwa nach einer Umstellung der Stückelung',
          es: 'Declarar correcto un precio sin confirmar, p. ej. tras una redenominación',
          fr: 'Déclarer juste un prix non confirmé, par exemple après une redénomination',
          pt: 'Declarar correto um preço não confirmado, p. ex. após uma redenominação',
        },
        [symbolOption],
      ),
    ],
  },
  isPrivate: () => true,
  // The maximum that a surface allows; the service answers earlier.
  timeLimitMs: HOUR_MS,

  autocomplete(focused, { services }, caller) {
    if (focused.name !== 'version' || !caller.isOwner) return [];
    const typed = focused.value.trim().toLowerCase();
    return services.admin
      .recall()
      .filter((model) => model.version.toLowerCase().includes(typed))
      .slice(0, MAX_CHOICES)
      .map(({ version: value, outcome, serving }) => ({
        name: `${value} (${serving ? 'serving' : (outcome ?? 'not measured')})`,
        value,
      }));
  },

  async execute(options, caller, { services: { admin } }, progress) {
    if (!caller.isOwner) throw new CandlecastError('CC_NOT_ALLOWED', 'Only an owner of the bot may use that command.');
    const which: Interval = options['interval'] === '1h' ? '1h' : '1d';
    switch (options['subcommand']) {
      case 'retrain': {
        const answer = await admin.retrain(which, (step) => progress?.(retrainProgressReply(which, step)));
        if (answer.state === 'going-on') return retrainGoesOnReply(which);
        return retrainVerdictReply(which, answer.version, answer.verdict);
      }
      case 'rollback':
        return servingReply(which, await admin.rollback(which), 'rolled back');
      case 'promote': {
        const model = await admin.promote(String(options['version'] ?? ''));
        return servingReply(model.interval, model.version, 'promoted');
      }
      case 'confirm':
        return confirmedPriceReply(await admin.confirmPrice(String(options['symbol'] ?? '')));
      default:
        throw new CandlecastError('CC_USAGE', 'Say what to do: retrain, rollback, promote or confirm.');
    }
  },
};
