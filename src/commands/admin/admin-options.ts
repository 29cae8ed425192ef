import {
  type APIApplicationCommandBasicOption,
  type APIApplicationCommandSubcommandOption,
  ApplicationCommandOptionType,
} from 'discord.js';
import { INTERVAL_LABELS, ADMIN_WORDS as WORDS } from './admin-words.ts';

const interval: APIApplicationCommandBasicOption = {
  type: ApplicationCommandOptionType.String,
  name: 'interval',
  description: 'Which model (default: daily)',
  description_localizations: WORDS.interval,
  choices: [
    { name: 'daily', name_localizations: INTERVAL_LABELS['1d'], value: '1d' },
    { name: 'hourly', name_localizations: INTERVAL_LABELS['1h'], value: '1h' },
  ],
};

const version: APIApplicationCommandBasicOption = {
  type: ApplicationCommandOptionType.String,
  name: 'version',
  description: 'A model that is kept',
  description_localizations: WORDS.version,
  required: true,
  autocomplete: true,
  max_length: 60,
};

const subcommand = (
  name: 'retrain' | 'rollback' | 'promote',
  description: string,
  option: APIApplicationCommandBasicOption,
): APIApplicationCommandSubcommandOption => ({
  type: ApplicationCommandOptionType.Subcommand,
  name,
  description,
  description_localizations: WORDS[name],
  options: [option],
});

/** What `/admin` can be asked for. */
export const ADMIN_SUBCOMMANDS = [
  subcommand('retrain', 'Train a new model; it serves only if it beats the one that does', interval),
  subcommand('rollback', 'Bring back the model that served before', interval),
  subcommand('promote', 'Let a kept model serve, whatever its verdict', version),
] as const;
