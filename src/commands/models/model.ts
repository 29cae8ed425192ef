import { ApplicationCommandOptionType, ApplicationCommandType } from 'discord.js';
import { comparisonReply, modelReply } from '../../render/models/model-embed.ts';
import type { Command } from '../command.ts';
import { described } from '../localizations.ts';
import { EVERYWHERE } from '../shared-options.ts';

/** `/model`: the models that serve and how they scored; with `compare`, the families of networks side by side. */
export const modelCommand: Command = {
  load: 'light',
  definition: {
    type: ApplicationCommandType.ChatInput,
    name: 'model',
    ...described({
      en: 'The models behind the forecasts and how they scored',
      de: 'Die Modelle hinter den Prognosen und wie gut sie waren',
      es: 'Los modelos detrás de los pronósticos y sus resultados',
      fr: 'Les modèles derrière les prévisions et leurs résultats',
      pt: 'Os modelos por trás das previsões e seus resultados',
    }),
    options: [
      {
        type: ApplicationCommandOptionType.Boolean,
        name: 'compare',
        ...described({
          en: 'Compare the kinds of network that can be trained',
          de: 'Die Arten von Netzen vergleichen, die trainiert werden können',
          es: 'Comparar los tipos de red que se pueden entrenar',
          fr: 'Comparer les types de réseaux qui peuvent être entraînés',
          pt: 'Comparar os tipos de rede que podem ser treinados',
        }),
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
