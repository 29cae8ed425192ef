import { ApplicationCommandOptionType, ApplicationCommandType } from 'discord.js';
import { parseHorizon } from '../../core/horizon.ts';
import { horizonChoices, SYMBOL_OPTION, symbolChoices } from '../choices.ts';
import type { Command } from '../command.ts';
import { DESCRIPTIONS } from '../localizations.ts';
import { EVERYWHERE } from '../reach.ts';
import { replyWithForecast } from './forecast-reply.ts';

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
      SYMBOL_OPTION,
      {
        type: ApplicationCommandOptionType.String,
        name: 'horizon',
        description: 'How far ahead (default: 1 day)',
        description_localizations: DESCRIPTIONS.horizon,
        choices: horizonChoices(),
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
