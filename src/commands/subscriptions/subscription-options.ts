import { type APIApplicationCommandBasicOption, ApplicationCommandOptionType, ChannelType } from 'discord.js';
import { horizonChoices } from '../choices.ts';
import { DESCRIPTIONS } from '../localizations.ts';
import { REPORT_LABELS, SUBSCRIPTION_WORDS as WORDS } from './subscription-words.ts';

const { String: Text, Channel, Integer, Boolean: Flag } = ApplicationCommandOptionType;

/** The settings of a subscription as options; all of them optional where one is edited. */
export function settingOptions(required: boolean): APIApplicationCommandBasicOption[] {
  return [
    {
      type: Channel,
      name: 'channel',
      description: 'Where to post',
      description_localizations: WORDS.channel,
      required,
      channel_types: [
        ChannelType.GuildText,
        ChannelType.GuildAnnouncement,
        ChannelType.PublicThread,
        ChannelType.PrivateThread,
        ChannelType.AnnouncementThread,
      ],
    },
    {
      type: Text,
      name: 'symbols',
      description: 'Up to ten coins, such as BTC, ETH, SOL',
      description_localizations: WORDS.symbols,
      required,
      autocomplete: true,
      min_length: 1,
      max_length: 200,
    },
    {
      type: Text,
      name: 'time',
      description: 'Time of day, such as 09:00',
      description_localizations: WORDS.time,
      required,
      min_length: 1,
      max_length: 10,
    },
    {
      type: Text,
      name: 'timezone',
      description: 'City or time zone (default: UTC)',
      description_localizations: WORDS.timezone,
      autocomplete: true,
      max_length: 60,
    },
    {
      type: Text,
      name: 'horizon',
      description: 'How far ahead (default: 1 day)',
      description_localizations: DESCRIPTIONS.horizon,
      choices: horizonChoices(),
    },
    {
      type: Text,
      name: 'report',
      description: 'What to post (default: forecasts every day)',
      description_localizations: WORDS.report,
      choices: [
        { name: 'forecasts every day', name_localizations: REPORT_LABELS.daily, value: 'daily' },
        { name: 'accuracy report every Monday', name_localizations: REPORT_LABELS.weekly, value: 'weekly' },
        { name: 'both', name_localizations: REPORT_LABELS.both, value: 'both' },
      ],
    },
    {
      type: Flag,
      name: 'band_alerts',
      description: 'Also tell when the price leaves the 95 % range',
      description_localizations: WORDS.bandAlerts,
    },
    {
      type: Integer,
      name: 'flip_alert',
      description: 'Tell when the chance of a rise or a fall reaches this percentage (50 to 95); 0: never',
      description_localizations: WORDS.flipAlert,
      min_value: 0,
      max_value: 95,
    },
  ];
}

/** The option that names a subscription of the server. */
export const ID_OPTION: APIApplicationCommandBasicOption = {
  type: Text,
  name: 'id',
  description: 'Which subscription',
  description_localizations: WORDS.id,
  required: true,
  autocomplete: true,
  max_length: 20,
};
