import { ApplicationCommandOptionType, ApplicationCommandType } from 'discord.js';
import { parseHorizon } from '../../core/horizon.ts';
import { horizonChoices, SYMBOL_OPTION, symbolChoices } from '../choices.ts';
import type { Command } from '../command.ts';
import { DESCRIPTIONS } from '../localizations.ts';
import { EVERYWHERE } from '../reach.ts';
import { replyWithAccuracy } from './accuracy-reply.ts';

/** `/accuracy`: how the forecasts that were written down beforehand came out. */
export const accuracyCommand: Command = {
  definition: {
    type: ApplicationCommandType.ChatInput,
    name: 'accuracy',
    description: 'How past forecasts came out: ranges, direction, errors, each beside its baseline',
    description_localizations: DESCRIPTIONS.accuracy,
    ...EVERYWHERE,
    options: [
      {
        ...SYMBOL_OPTION,
        description: 'Ticker or name, such as BTC (default: all tracked coins)',
        description_localizations: DESCRIPTIONS.accuracySymbol,
        required: false,
      },
      {
        type: ApplicationCommandOptionType.String,
        name: 'horizon',
        description: 'Only forecasts so far ahead (default: all)',
        description_localizations: DESCRIPTIONS.accuracyHorizon,
        choices: horizonChoices(),
      },
      {
        type: ApplicationCommandOptionType.Integer,
        name: 'days',
        description: 'How many days back (default: 60)',
        description_localizations: DESCRIPTIONS.accuracyDays,
        min_value: 7,
        max_value: 365,
      },
      {
        type: ApplicationCommandOptionType.String,
        name: 'model',
        description: 'Only forecasts of this model version, as /model shows it (default: all)',
        description_localizations: DESCRIPTIONS.accuracyModel,
        max_length: 60,
      },
    ],
  },

  autocomplete: (focused, context) => (focused.name === 'symbol' ? symbolChoices(focused.value, context) : []),

  async execute(options, _caller, context) {
    const { symbol, horizon, days, model } = options;
    const query = {
      ...(symbol ? { symbol: String(symbol) } : {}),
      ...(horizon ? { horizon: parseHorizon(String(horizon)).name } : {}),
      ...(days ? { days: Number(days) } : {}),
      ...(model ? { model: String(model) } : {}),
    };
    return replyWithAccuracy(query, context);
  },
};
