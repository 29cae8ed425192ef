import { ApplicationCommandType } from 'discord.js';
import { translatorFor } from '../../language/translator.ts';
import { STATUS_PREFIX, statusReply } from '../../render/admin/status-embed.ts';
import { oldControlError, type View } from '../../render/details.ts';
import type { Reply } from '../../render/reply.ts';
import type { Caller, Command, CommandContext, ComponentHandler } from '../command.ts';
import { described } from '../localizations.ts';
import { EVERYWHERE } from '../shared-options.ts';

/** `/status`: whether everything works, how fresh the prices are and how old the newest forecast is; more for managers and owners. */
export const statusCommand: Command = {
  load: 'light',
  definition: {
    type: ApplicationCommandType.ChatInput,
    name: 'status',
    ...described({
      en: 'Whether everything works, and how fresh prices and forecasts are',
      de: 'Ob alles funktioniert und wie frisch Kurse und Prognosen sind',
      es: 'Si todo funciona y cómo de recientes son precios y pronósticos',
      fr: 'Si tout fonctionne, et la fraîcheur des cours et des prévisions',
      pt: 'Se tudo funciona e quão recentes são preços e previsões',
    }),
    ...EVERYWHERE,
  },
  isPrivate: () => true,
  execute: (_options, caller, context) => replyWithStatus(caller, context, 'brief'),
};

/** The button under the status. */
export const statusComponentHandler: ComponentHandler = {
  prefix: STATUS_PREFIX,
  async execute({ rest }, caller, context) {
    if (rest !== 'brief' && rest !== 'details') {
      throw oldControlError('/status');
    }
    return replyWithStatus(caller, context, rest);
  },
};

async function replyWithStatus(caller: Caller, { services }: CommandContext, view: View): Promise<Reply> {
  const reader = caller.isOwner ? 'owner' : caller.mayManageServer ? 'manager' : 'member';
  return statusReply(await services.status.status(), translatorFor(caller.locale), reader, view);
}
