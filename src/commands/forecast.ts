import { ApplicationCommandOptionType, ApplicationCommandType } from 'discord.js';
import { HORIZON_NAMES, HORIZONS, parseHorizon } from '../core/horizon.ts';
import { symbolChoices } from './choices.ts';
import type { Command } from './command.ts';
import { replyWithForecast } from './forecast-reply.ts';
import { DESCRIPTIONS, HORIZON_LABELS } from './localizations.ts';
import { EVERYWHERE } from './reach.ts';

/** Used when a person names no horizon. */
const DEFAULT_HORIZON = '1d';

/** `/forecast`: where a coin's price may be at the horizon, with chart, ranges and track record. */
export const forecastCommand: Command = {
  definition: {
    type: ApplicationCommandType.ChatInput,
    name: 'forecast',
    description: 'Forecast for a coin: median, ranges, and how such forecasts have scored',
    description_localizations: DESCRIPTIONS.forecast,
    ...EVERYWHERE,
    options: [
      {
        type: ApplicationCommandOptionType.String,
        name: 'symbol',
        description: 'Ticker or name, such as BTC',
        description_localizations: DESCRIPTIONS.symbol,
        required: true,
        autocomplete: true,
        min_length: 1,
        max_length: 50,
      },
      {
        type: ApplicationCommandOptionType.String,
        name: 'horizon',
        description: 'How far ahead (default: 1 day)',
        description_localizations: DESCRIPTIONS.horizon,
        choices: HORIZON_NAMES.map((name) => ({
          name: `${HORIZONS[name].label} (${name})`,
          name_localizations: Object.fromEntries(
            Object.entries(HORIZON_LABELS[name]).map(([locale, label]) => [locale, `${label} (${name})`]),
          ),
          value: name,
        })),
      },
      {
        type: ApplicationCommandOptionType.Boolean,
        name: 'private',
        description: 'Show the reply only to me',
        description_localizations: DESCRIPTIONS.private,
      },
      {
        type: ApplicationCommandOptionType.Boolean,
        name: 'why',
        description: 'Also say what moved the forecast',
        description_localizations: DESCRIPTIONS.why,
      },
    ],
  },

  isPrivate: (options) => options['private'] === true,

  autocomplete: (focused, context) => (focused.name === 'symbol' ? symbolChoices(focused.value, context) : []),

  async execute(options, _caller, context) {
    const horizon = parseHorizon(String(options['horizon'] ?? DEFAULT_HORIZON));
    const symbol = String(options['symbol'] ?? '');
    return replyWithForecast({ symbol, horizon: horizon.name }, context, options['why'] === true);
  },
};
