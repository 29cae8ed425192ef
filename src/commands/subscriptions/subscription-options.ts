import { type APIApplicationCommandBasicOption, ApplicationCommandOptionType, ChannelType } from 'discord.js';
import { cutText } from '../../core/cut-text.ts';
import { DEFAULT_TIME_ZONE } from '../../core/time-zones.ts';
import type { SubscriptionInput } from '../../services/subscriptions/subscriptions.ts';
import type { Caller, Choice, CommandContext, OptionValues } from '../command.ts';
import { described, translatedChoice } from '../localizations.ts';
import { HORIZON_OPTION, MAX_CHOICE_LENGTH, symbolListChoices, timeZoneChoices } from '../shared-options.ts';

const { String: Text, Channel, Integer, Boolean: Flag } = ApplicationCommandOptionType;

/** Kinds of channels that hold messages of their own, so that the bot can post there. */
export const POST_CHANNELS = [
  ChannelType.GuildText,
  ChannelType.GuildAnnouncement,
  ChannelType.GuildVoice,
  ChannelType.GuildStageVoice,
  ChannelType.PublicThread,
  ChannelType.PrivateThread,
  ChannelType.AnnouncementThread,
] as const;

/** The settings of a subscription as options; all of them optional where one is edited. */
export function settingOptions(required: boolean): APIApplicationCommandBasicOption[] {
  return [
    {
      type: Channel,
      name: 'channel',
      ...described({
        en: 'Where to post',
        de: 'Wohin gesendet wird',
        es: 'Dónde se publica',
        fr: 'Où publier',
        pt: 'Onde publicar',
      }),
      required,
      channel_types: [...POST_CHANNELS],
    },
    {
      type: Text,
      name: 'symbols',
      ...described({
        en: 'Up to ten coins, such as BTC, ETH, SOL',
        de: 'Bis zu zehn, zum Beispiel BTC, ETH, SOL',
        es: 'Hasta diez, por ejemplo BTC, ETH, SOL',
        fr: 'Dix au plus, par exemple BTC, ETH, SOL',
        pt: 'Até dez, por exemplo BTC, ETH, SOL',
      }),
      required,
      autocomplete: true,
      min_length: 1,
      max_length: 200,
    },
    {
      type: Text,
      name: 'time',
      ...described({
        en: 'Time of day, such as 09:00',
        de: 'Uhrzeit, zum Beispiel 09:00',
        es: 'Hora, por ejemplo 09:00',
        fr: 'Heure, par exemple 09:00',
        pt: 'Horário, por exemplo 09:00',
      }),
      required,
      min_length: 1,
      max_length: 10,
    },
    {
      type: Text,
      name: 'timezone',
      ...described({
        en: 'City or time zone (default: UTC)',
        de: 'Stadt oder Zeitzone (Standard: UTC)',
        es: 'Ciudad o zona horaria (por defecto: UTC)',
        fr: 'Ville ou fuseau horaire (par défaut : UTC)',
        pt: 'Cidade ou fuso horário (padrão: UTC)',
      }),
      autocomplete: true,
      max_length: 60,
    },
    HORIZON_OPTION,
    {
      type: Text,
      name: 'report',
      ...described({
        en: 'What to post (default: forecasts every day)',
        de: 'Was gesendet wird (Standard: tägliche Prognosen)',
        es: 'Qué se publica (por defecto: pronósticos diarios)',
        fr: 'Ce qui est publié (par défaut : prévisions quotidiennes)',
        pt: 'O que é publicado (padrão: previsões diárias)',
      }),
      choices: [
        translatedChoice('daily', {
          en: 'forecasts every day',
          de: 'Prognosen jeden Tag',
          es: 'Pronósticos cada día',
          fr: 'Prévisions chaque jour',
          pt: 'Previsões todo dia',
        }),
        translatedChoice('weekly', {
          en: 'accuracy report every Monday',
          de: 'Trefferbericht jeden Montag',
          es: 'Informe de aciertos cada lunes',
          fr: 'Rapport de précision chaque lundi',
          pt: 'Relatório de acertos toda segunda',
        }),
        translatedChoice('both', { en: 'both', de: 'Beides', es: 'Ambos', fr: 'Les deux', pt: 'Ambos' }),
      ],
    },
    {
      type: Flag,
      name: 'band_alerts',
      ...described({
        en: 'Also tell when the price leaves the 95 % range',
        de: 'Auch melden, wenn der Kurs den 95-%-Bereich verlässt',
        es: 'Avisar también cuando el precio salga del rango del 95 %',
        fr: 'Signaler aussi quand le cours sort de la fourchette à 95 %',
        pt: 'Avisar também quando o preço sair da faixa de 95 %',
      }),
    },
    {
      type: Integer,
      name: 'flip_alert',
      ...described({
        en: 'Tell when the chance of a rise or a fall reaches this percentage (50 to 95); 0: never',
        de: 'Melden, wenn die Chance auf Anstieg oder Fall so viel Prozent erreicht; 0: nie',
        es: 'Avisar cuando la probabilidad de subida o bajada alcance este porcentaje; 0: nunca',
        fr: 'Signaler quand la probabilité de hausse ou de baisse atteint ce pourcentage ; 0 : jamais',
        pt: 'Avisar quando a chance de alta ou de queda atingir esta porcentagem; 0: nunca',
      }),
      min_value: 0,
      max_value: 95,
    },
  ];
}

/** The option that names a subscription of the server. */
export const ID_OPTION: APIApplicationCommandBasicOption = {
  type: Text,
  name: 'id',
  ...described({
    en: 'Which subscription',
    de: 'Welches Abonnement',
    es: 'Qué suscripción',
    fr: 'Quel abonnement',
    pt: 'Qual assinatura',
  }),
  required: true,
  autocomplete: true,
  max_length: 20,
};

/** The settings among the options; those that were not given are absent. */
export function readSettings(options: OptionValues): Partial<SubscriptionInput> {
  const { channel, symbols, time, timezone, horizon, report, band_alerts: band, flip_alert: flip } = options;
  return {
    ...(channel === undefined ? {} : { channelId: String(channel) }),
    ...(symbols === undefined ? {} : { symbols: String(symbols) }),
    ...(time === undefined ? {} : { localTime: String(time) }),
    ...(timezone === undefined ? {} : { timeZone: String(timezone) }),
    ...(horizon === undefined ? {} : { horizon: String(horizon) }),
    ...(report === undefined ? {} : { report: String(report) }),
    ...(band === undefined ? {} : { bandBreak: band === true }),
    ...(flip === undefined ? {} : { flipAtPct: Number(flip) }),
  };
}

/** All settings, with the defaults for those that were not given. */
export function withDefaults(settings: Partial<SubscriptionInput>): SubscriptionInput {
  return {
    channelId: '',
    symbols: '',
    localTime: '',
    timeZone: DEFAULT_TIME_ZONE,
    horizon: '1d',
    report: 'daily',
    bandBreak: false,
    flipAtPct: null,
    ...settings,
  };
}

/** Suggestions for an option of `/subscribe` or `/subscriptions`, from memory. */
export function subscriptionChoices(
  { name, value }: { readonly name: string; readonly value: string },
  context: CommandContext,
  caller: Caller,
): readonly Choice[] {
  if (name === 'symbols') return symbolListChoices(value, context);
  if (name === 'timezone') return timeZoneChoices(value, context);
  if (name !== 'id' || caller.guildId === null || !caller.mayManageServer) return [];
  const typed = value.trim().toLowerCase();
  return context.services.subscriptions
    .recall(caller.guildId)
    .map(({ id, symbols, channelId, localTime, state }) => {
      const where = `#${caller.channel(channelId)?.name ?? 'unknown'}`;
      const text = `${id}: ${symbols.join(', ')} in ${where} at ${localTime}${state === 'active' ? '' : `, ${state}`}`;
      return { name: cutText(text, MAX_CHOICE_LENGTH), value: id };
    })
    .filter((choice) => choice.name.toLowerCase().includes(typed));
}
