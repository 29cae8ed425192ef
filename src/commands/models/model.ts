import { ApplicationCommandOptionType, ApplicationCommandType } from 'discord.js';
import { comparisonReply, modelReply } from '../../render/models/model-embed.ts';
import type { Command } from '../command.ts';
import { DESCRIPTIONS } from '../localizations.ts';
import { EVERYWHERE } from '../reach.ts';

/** `/model`: the models that serve and how they scored; with `compare`, the families of networks side by side. */
export const modelCommand: Command = {
  definition: {
    type: ApplicationCommandType.ChatInput,
    name: 'model',
    description: 'The models behind the forecasts and how they scored',
    description_localizations: DESCRIPTIONS.model,
    options: [
      {
        type: ApplicationCommandOptionType.Boolean,
        name: 'compare',
        description: 'Compare the kinds of network that can be trained',
        description_localizations: DESCRIPTIONS.compare,
      },
    ],
    ...EVERYWHERE,
  },
  async execute(options, _caller, context) {
    const { modelInfo, drift } = context.services;
    if (options['compare'] === true) return comparisonReply(await modelInfo.comparisons());
    const [served, drifts] = await Promise.all([modelInfo.served(), drift.status()]);
    return modelReply(served, drifts);
  },
};
