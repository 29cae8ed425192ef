import { ApplicationCommandType } from 'discord.js';
import { sentimentReply } from '../../render/sentiment/sentiment-embed.ts';
import { type Command, chartOrNull } from '../command.ts';
import { described } from '../localizations.ts';
import { EVERYWHERE, SYMBOL_OPTION, symbolChoices } from '../shared-options.ts';

/** `/sentiment`: what news and Reddit say about a coin, and which headlines weighed most. */
export const sentimentCommand: Command = {
  definition: {
    type: ApplicationCommandType.ChatInput,
    name: 'sentiment',
    ...described({
      en: 'What news and Reddit say about a coin, and which headlines weigh most',
      de: 'Was Nachrichten und Reddit über eine Währung sagen und welche Schlagzeilen am meisten zählen',
      es: 'Lo que dicen las noticias y Reddit de una moneda y qué titulares pesan más',
      fr: 'Ce que disent la presse et Reddit d’une monnaie, et les titres qui pèsent le plus',
      pt: 'O que as notícias e o Reddit dizem de uma moeda e quais manchetes pesam mais',
    }),
    ...EVERYWHERE,
    options: [SYMBOL_OPTION],
  },

  autocomplete: (focused, context) => (focused.name === 'symbol' ? symbolChoices(focused.value, context) : []),

  async execute(options, _caller, context) {
    const report = await context.services.sentiment.report(String(options['symbol'] ?? ''));
    return sentimentReply(report, await chartOrNull(context.charts.sentimentChart(report, 'dark')));
  },
};
