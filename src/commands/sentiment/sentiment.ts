import { ApplicationCommandType } from 'discord.js';
import { translatorFor } from '../../language/translator.ts';
import type { View } from '../../render/details.ts';
import type { Reply } from '../../render/reply.ts';
import { parseSentimentPress, SENTIMENT_PREFIX, sentimentReply } from '../../render/sentiment/sentiment-embed.ts';
import { type Caller, type Command, type CommandContext, type ComponentHandler, chartOrNull } from '../command.ts';
import { described } from '../localizations.ts';
import { DETAILS_OPTION, EVERYWHERE, SYMBOL_OPTION, symbolChoices, viewOf } from '../shared-options.ts';

/** `/sentiment`: what news and Reddit say about a coin, and which headlines weighed most. */
export const sentimentCommand: Command = {
  definition: {
    type: ApplicationCommandType.ChatInput,
    name: 'sentiment',
    ...described({
      en: 'What news and Reddit say about a coin, and which headlines weigh most',
      de: 'Was Nachrichten und Reddit über einen Coin sagen und welche Schlagzeilen am meisten zählen',
      es: 'Lo que dicen las noticias y Reddit de una moneda y qué titulares pesan más',
      fr: 'Ce que disent la presse et Reddit d’une crypto, et les titres qui pèsent le plus',
      pt: 'O que as notícias e o Reddit dizem de uma moeda e quais manchetes pesam mais',
    }),
    ...EVERYWHERE,
    options: [SYMBOL_OPTION, DETAILS_OPTION],
  },

  autocomplete: (focused, context) => (focused.name === 'symbol' ? symbolChoices(focused.value, context) : []),

  execute: (options, caller, context) =>
    replyWithSentiment(String(options['symbol'] ?? ''), viewOf(options), caller, context),
};

/** The button under what is said about a coin. */
export const sentimentComponentHandler: ComponentHandler = {
  prefix: SENTIMENT_PREFIX,
  async execute({ rest }, caller, context) {
    const { symbol, view } = parseSentimentPress(rest);
    return replyWithSentiment(symbol, view, caller, context);
  },
};

async function replyWithSentiment(
  symbol: string,
  view: View,
  { locale }: Caller,
  { services, charts }: CommandContext,
): Promise<Reply> {
  const translator = translatorFor(locale);
  const report = await services.sentiment.report(symbol);
  const chart = await chartOrNull(charts.sentimentChart(report, 'dark', translator.locale));
  return sentimentReply(report, chart, translator, view);
}
