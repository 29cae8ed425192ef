import { ApplicationCommandType } from 'discord.js';
import { translatorFor } from '../../language/translator.ts';
import { outlookReply } from '../../render/outlook/outlook-embed.ts';
import { type Command, chartOrNull } from '../command.ts';
import { described } from '../localizations.ts';
import { EVERYWHERE } from '../shared-options.ts';

/** `/outlook`: the server's coins by how far they are likely to move against their usual, and what changed since yesterday. */
export const outlookCommand: Command = {
  definition: {
    type: ApplicationCommandType.ChatInput,
    name: 'outlook',
    ...described({
      en: 'Which coins are likely to move more than usual, and what changed since yesterday',
      de: 'Welche Coins sich stärker als sonst bewegen dürften, und was seit gestern anders ist',
      es: 'Qué monedas pueden moverse más de lo habitual y qué cambió desde ayer',
      fr: 'Quelles cryptos devraient bouger plus que d’habitude, et ce qui a changé depuis hier',
      pt: 'Quais moedas devem se mover mais que o normal, e o que mudou desde ontem',
    }),
    ...EVERYWHERE,
  },

  async execute(_options, { guildId, userId, isOwner, locale }, { services: { outlook }, charts }, _progress, signal) {
    const asker = isOwner ? undefined : { userId, guildId };
    const found = await outlook.outlook(guildId, { asker, signal });
    const drawing = charts.coinTable(found.glances, translatorFor(locale).t('outlook.title'), 'dark', locale);
    return outlookReply(found, await chartOrNull(drawing), locale);
  },
};
