import { ApplicationCommandType } from 'discord.js';
import { statusReply } from '../../render/admin/status-embed.ts';
import type { Command } from '../command.ts';
import { DESCRIPTIONS } from '../localizations.ts';
import { EVERYWHERE } from '../reach.ts';

/** `/status`: how sources, models and database are doing. */
export const statusCommand: Command = {
  definition: {
    type: ApplicationCommandType.ChatInput,
    name: 'status',
    description: 'How data sources, models and database are doing',
    description_localizations: DESCRIPTIONS.status,
    ...EVERYWHERE,
  },
  isPrivate: () => true,
  async execute(_options, _caller, context) {
    return statusReply(await context.services.status.status());
  },
};
