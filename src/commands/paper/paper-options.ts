import { type APIApplicationCommandSubcommandOption, ApplicationCommandOptionType } from 'discord.js';
import { horizonChoices } from '../choices.ts';
import { DESCRIPTIONS } from '../localizations.ts';
import { PAPER_WORDS as WORDS } from './paper-words.ts';

const { Integer, String: Text, Subcommand } = ApplicationCommandOptionType;

/** What `/paper` can do. */
export const PAPER_SUBCOMMANDS: APIApplicationCommandSubcommandOption[] = [
  {
    type: Subcommand,
    name: 'start',
    description: 'Begin one (needs Manage Server)',
    description_localizations: WORDS.start,
    options: [
      {
        type: Text,
        name: 'symbols',
        description: 'Up to ten coins (default: BTC, ETH)',
        description_localizations: WORDS.symbols,
        autocomplete: true,
        max_length: 200,
      },
      {
        type: Text,
        name: 'rule',
        description: 'How a forecast becomes a position (default: long when a rise is likely)',
        description_localizations: DESCRIPTIONS.rule,
        autocomplete: true,
        max_length: 50,
      },
      {
        type: Text,
        name: 'horizon',
        description: 'Which forecasts decide (default: 1 day)',
        description_localizations: DESCRIPTIONS.backtestHorizon,
        choices: horizonChoices(),
      },
      {
        type: Integer,
        name: 'capital',
        description: 'Imagined dollars at the start (default: 10,000)',
        description_localizations: WORDS.capital,
        min_value: 100,
        max_value: 1_000_000_000,
      },
    ],
  },
  { type: Subcommand, name: 'status', description: 'How it stands', description_localizations: WORDS.status },
  {
    type: Subcommand,
    name: 'stop',
    description: 'End it (needs Manage Server)',
    description_localizations: WORDS.stop,
  },
];
