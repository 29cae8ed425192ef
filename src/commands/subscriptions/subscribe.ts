import {
  ApplicationCommandType,
  ApplicationIntegrationType,
  InteractionContextType,
  PermissionFlagsBits,
} from 'discord.js';
import type { Subscription } from '../../core/subscription.ts';
import type { Reply } from '../../render/reply.ts';
import { previewReply } from '../../render/subscriptions/subscription-embed.ts';
import type { Command, CommandContext } from '../command.ts';
import { previewDailyPost } from './post-message.ts';
import { settingOptions } from './subscription-options.ts';
import { completeSubscription, completeWish, managedGuild, postableChannel, readWish } from './subscription-wish.ts';
import { SUBSCRIPTION_WORDS } from './subscription-words.ts';

/** Where subscriptions can be managed: in servers that have the bot, by default by those who manage them. */
export const MANAGERS_ONLY = {
  contexts: [InteractionContextType.Guild],
  integration_types: [ApplicationIntegrationType.GuildInstall],
  default_member_permissions: String(PermissionFlagsBits.ManageGuild),
};

/** So many coins are shown in the preview. */
const PREVIEWED = 3;

/** `/subscribe`: checks what is wished for and shows it; a press of the button under it saves it. */
export const subscribeCommand: Command = {
  definition: {
    type: ApplicationCommandType.ChatInput,
    name: 'subscribe',
    description: 'Post forecasts or accuracy reports to a channel on a schedule',
    description_localizations: SUBSCRIPTION_WORDS.subscribe,
    ...MANAGERS_ONLY,
    options: settingOptions(true),
  },

  isPrivate: () => true,
  autocomplete: completeSubscription,

  async execute(options, caller, context) {
    const origin = managedGuild(caller);
    const wish = completeWish(readWish(options));
    postableChannel(caller, wish.channelId);
    const draft = await context.services.subscriptions.draft(wish, origin);
    const hints = options['timezone'] === undefined ? ['No time zone was given, so the time is in UTC.'] : [];
    const upcoming = context.services.subscriptions.upcoming(draft, 3);
    return previewReply(draft, upcoming, await preview(draft, context), hints);
  },
};

async function preview(draft: Subscription, context: CommandContext): Promise<Reply | null> {
  // The accuracy report looks the same for everybody, and /accuracy shows it.
  if (draft.report === 'weekly') return null;
  const symbols = draft.symbols.slice(0, PREVIEWED);
  return previewDailyPost({ ...draft, symbols }, context);
}
