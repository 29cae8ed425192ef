import { ApplicationCommandOptionType, ApplicationCommandType } from 'discord.js';
import type { SentimentReport } from '../core/sentiment.ts';
import { sentimentReply } from '../render/sentiment-embed.ts';
import { symbolChoices } from './choices.ts';
import type { Command, CommandContext } from './command.ts';
import { DESCRIPTIONS } from './localizations.ts';
import { EVERYWHERE } from './reach.ts';

/** `/sentiment`: what news and Reddit say about a coin, and which headlines weighed most. */
export const sentimentCommand: Command = {
  definition: {
    type: ApplicationCommandType.ChatInput,
    name: 'sentiment',
    description: 'What news and Reddit say about a coin, and which headlines weigh most',
    description_localizations: DESCRIPTIONS.sentiment,
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
    ],
  },

  autocomplete: (focused, context) => (focused.name === 'symbol' ? symbolChoices(focused.value, context) : []),

  async execute(options, _caller, context) {
    const report = await context.services.sentiment.report(String(options['symbol'] ?? ''));
    return sentimentReply(report, await drawOrNull(report, context));
  },
};

async function drawOrNull(report: SentimentReport, context: CommandContext): Promise<Uint8Array | null> {
  try {
    return await context.charts.sentimentChart(report, 'dark');
  } catch {
    // The renderer has logged why. The numbers are worth more than the picture, so they go out without it.
    return null;
  }
}
