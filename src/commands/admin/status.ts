import { ApplicationCommandType } from 'discord.js';
import { statusReply } from '../../render/admin/status-embed.ts';
import type { Command } from '../command.ts';
import { described } from '../localizations.ts';
import { EVERYWHERE } from '../shared-options.ts';

/** `/status`: how sources, models and database are doing. */
export const statusCommand: Command = {
  load: 'light',
  definition: {
    type: ApplicationCommandType.ChatInput,
    name: 'status',
    ...described({
      en: 'How data sources, models and database are doing',
      de: 'Zustand der Datenquellen, Modelle und Datenbank',
      es: 'Estado de las fuentes de datos, los modelos y la base de datos',
      fr: 'État des sources de données, des modèles et de la base de données',
      pt: 'Estado das fontes de dados, dos modelos e do banco de dados',
    }),
    ...EVERYWHERE,
  },
  isPrivate: () => true,
  async execute(_options, caller, context) {
    return statusReply(await context.services.status.status(), caller.isOwner);
  },
};
