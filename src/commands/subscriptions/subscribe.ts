import { ApplicationCommandType } from 'discord.js';
import { repetitionsOf, type Subscription } from '../../core/subscription.ts';
import { translatorFor } from '../../language/translator.ts';
import type { Reply } from '../../render/reply.ts';
import { repetitionLines } from '../../render/setup/setup-reply.ts';
import { previewReply } from '../../render/subscriptions/subscription-embed.ts';
import type { Command, CommandContext } from '../command.ts';
import { described } from '../localizations.ts';
import { MANAGERS_ONLY, requirePostableChannel, requireServerManager } from '../permissions.ts';
import { previewDailyPost } from './post-message.ts';
import { readSettings, settingOptions, subscriptionChoices, withDefaults } from './subscription-options.ts';

/** The most coins that the preview shows. */
const PREVIEWED = 3;

/** `/subscribe`: checks the settings and shows a preview; a press of its button saves the subscription. */
export const subscribeCommand: Command = {
  load: 'light',
  definition: {
    type: ApplicationCommandType.ChatInput,
    name: 'subscribe',
    ...described({
      en: 'Post forecasts or accuracy reports to a channel on a schedule',
      de: 'Prognosen oder Berichte täglich in einen Kanal stellen',
      es: 'Publicar pronósticos o informes en un canal según un horario',
      fr: 'Publier des prévisions ou des rapports dans un salon à heure fixe',
      pt: 'Publicar previsões ou relatórios em um canal em horário fixo',
    }),
    ...MANAGERS_ONLY,
    options: settingOptions(true),
  },

  isPrivate: () => true,
  autocomplete: subscriptionChoices,

  async execute(options, caller, context) {
    const origin = requireServerManager(caller);
    const translator = translatorFor(caller.locale);
    const { timeZone } = caller.preferences;
    const settings = withDefaults({ ...(timeZone === null ? {} : { timeZone }), ...readSettings(options) });
    requirePostableChannel(caller, settings.channelId);
    const draft = await context.services.subscriptions.draft(settings, origin);
    const existing = await context.services.subscriptions.list(origin.guildId);
    const repeated = draft.report === 'weekly' ? [] : repetitionsOf(draft, existing);
    const hints = [
      ...repetitionLines(repeated, translator),
      ...(options['timezone'] === undefined && timeZone === null
        ? [`-# ${translator.t('subscriptions.hintUtc')}`]
        : []),
    ];
    const upcoming = context.services.subscriptions.upcoming(draft, 3);
    return previewReply(draft, upcoming, await preview(draft, context), hints, translator);
  },
};

async function preview(draft: Subscription, context: CommandContext): Promise<Reply | null> {
  // The accuracy report is the same for everybody, and /accuracy shows it.
  if (draft.report === 'weekly') return null;
  const symbols = draft.symbols.slice(0, PREVIEWED);
  return previewDailyPost({ ...draft, symbols }, context);
}
