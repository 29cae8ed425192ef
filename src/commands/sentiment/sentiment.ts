import { ApplicationCommandType } from 'discord.js';
import { sentimentReply } from '../../render/sentiment/sentiment-embed.ts';
import { SYMBOL_OPTION, symbolChoices } from '../choices.ts';
import type { Command } from '../command.ts';
import { drawOrNull } from '../draw-or-null.ts';
import { DESCRIPTIONS } from '../localizations.ts';
import { EVERYWHERE } from '../reach.ts';

/** `/sentiment`: what news and Reddit say about a coin, and which headlines weighed most. */
export const sentimentCommand: Command = {
  definition: {
    type: ApplicationCommandType.ChatInput,
    name: 'sentiment',
    description: 'What news and Reddit say about a coin, and which headlines weigh most',
    description_localizations: DESCRIPTIONS.sentiment,
    ...EVERYWHERE,
    options: [SYMBOL_OPTION],
  },

  autocomplete: (focused, context) => (focused.name === 'symbol' ? symbolChoices(focused.value, context) : []),

  async execute(options, _caller, context) {
    const report = await context.services.sentiment.report(String(options['symbol'] ?? ''));
    return sentimentReply(report, await drawOrNull(context.charts.sentimentChart(report, 'dark')));
  },
};
