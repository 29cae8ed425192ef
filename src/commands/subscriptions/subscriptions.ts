import { ApplicationCommandOptionType, ApplicationCommandType } from 'discord.js';
import { subscriptionReply } from '../../render/subscriptions/subscription-embed.ts';
import type { Command } from '../command.ts';
import { MANAGERS_ONLY } from './subscribe.ts';
import { performSubscriptionAction } from './subscription-actions.ts';
import { ID_OPTION, settingOptions } from './subscription-options.ts';
import { completeSubscription, managedGuild, postableChannel, readWish } from './subscription-wish.ts';
import { SUBSCRIPTION_WORDS as WORDS } from './subscription-words.ts';

/** Subcommands that need no more than the subscription; the buttons under the list do the same. */
const SIMPLE = [
  ['pause', 'Stop posting for now'],
  ['resume', 'Go on posting'],
  ['test', 'Post once now'],
  ['remove', 'Remove one for good'],
] as const;

/** `/subscriptions`: list, edit, pause, resume, test, remove. */
export const subscriptionsCommand: Command = {
  definition: {
    type: ApplicationCommandType.ChatInput,
    name: 'subscriptions',
    description: 'The subscriptions of this server',
    description_localizations: WORDS.subscriptions,
    ...MANAGERS_ONLY,
    options: [
      {
        type: ApplicationCommandOptionType.Subcommand,
        name: 'list',
        description: 'Show all of them',
        description_localizations: WORDS.list,
      },
      {
        type: ApplicationCommandOptionType.Subcommand,
        name: 'edit',
        description: 'Change one; what is not given stays as it is',
        description_localizations: WORDS.edit,
        options: [ID_OPTION, ...settingOptions(false)],
      },
      ...SIMPLE.map(([name, description]) => ({
        type: ApplicationCommandOptionType.Subcommand as const,
        name,
        description,
        description_localizations: WORDS[name],
        options: [ID_OPTION],
      })),
    ],
  },

  isPrivate: () => true,
  autocomplete: completeSubscription,

  async execute(options, caller, context) {
    const { guildId } = managedGuild(caller);
    const { subscriptions } = context.services;
    const id = String(options['id'] ?? '');
    const name = String(options['subcommand']);
    if (name === 'edit') {
      const wish = readWish(options);
      const before = await subscriptions.find(guildId, id);
      postableChannel(caller, wish.channelId ?? before.channelId);
      const changed = await subscriptions.edit(guildId, id, wish);
      return subscriptionReply(changed, subscriptions.upcoming(changed, 3), 'Changed.');
    }
    const action = SIMPLE.find(([known]) => known === name)?.[0] ?? 'list';
    return performSubscriptionAction(action, id, caller, context);
  },
};
