import { ApplicationCommandOptionType, ApplicationCommandType } from 'discord.js';
import { translatorFor } from '../../language/translator.ts';
import type { View } from '../../render/details.ts';
import {
  comparisonReply,
  MODEL_PREFIX,
  type ModelTopic,
  modelReply,
  parseModelPress,
} from '../../render/models/model-embed.ts';
import type { Reply } from '../../render/reply.ts';
import type { Caller, Command, CommandContext, ComponentHandler } from '../command.ts';
import { described } from '../localizations.ts';
import { DETAILS_OPTION, EVERYWHERE, viewOf } from '../shared-options.ts';

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
      DETAILS_OPTION,
    ],
    ...EVERYWHERE,
  },
  execute: (options, caller, context) =>
    replyWithModels(options['compare'] === true ? 'compare' : 'served', viewOf(options), caller, context),
};

/** The button under the models. */
export const modelComponentHandler: ComponentHandler = {
  prefix: MODEL_PREFIX,
  async execute({ rest }, caller, context) {
    const { topic, view } = parseModelPress(rest);
    return replyWithModels(topic, view, caller, context);
  },
};

async function replyWithModels(topic: ModelTopic, view: View, caller: Caller, context: CommandContext): Promise<Reply> {
  const { modelInfo, drift } = context.services;
  const translator = translatorFor(caller.locale);
  if (topic === 'compare') return comparisonReply(await modelInfo.comparisons(), translator, view, caller.isOwner);
  const [served, drifts] = await Promise.all([modelInfo.served(), drift.status()]);
  return modelReply(served, drifts, translator, view, caller.isOwner);
}
