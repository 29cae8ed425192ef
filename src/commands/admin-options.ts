import {
  type APIApplicationCommandBasicOption,
  type APIApplicationCommandSubcommandOption,
  ApplicationCommandOptionType,
} from 'discord.js';

const interval: APIApplicationCommandBasicOption = {
  type: ApplicationCommandOptionType.String,
  name: 'interval',
  description: 'Which model (default: daily)',
  choices: [
    { name: 'daily', value: '1d' },
    { name: 'hourly', value: '1h' },
  ],
};

const version: APIApplicationCommandBasicOption = {
  type: ApplicationCommandOptionType.String,
  name: 'version',
  description: 'A model that is kept',
  required: true,
  autocomplete: true,
  max_length: 60,
};

const subcommand = (
  name: string,
  description: string,
  option: APIApplicationCommandBasicOption,
): APIApplicationCommandSubcommandOption => ({
  type: ApplicationCommandOptionType.Subcommand,
  name,
  description,
  options: [option],
});

/** What `/admin` can be asked for. */
export const ADMIN_SUBCOMMANDS = [
  subcommand('retrain', 'Train a new model; it serves only if it beats the one that does', interval),
  subcommand('rollback', 'Bring back the model that served before', interval),
  subcommand('promote', 'Let a kept model serve, whatever its verdict', version),
] as const;
