import { ApplicationCommandType } from 'discord.js';
import { repetitionsOf } from '../../core/subscription.ts';
import { translatorFor } from '../../language/translator.ts';
import type { Reply } from '../../render/reply.ts';
import {
  parseSubscriptionPress,
  SUBSCRIPTION_PREFIX,
  type SubscriptionPress,
} from '../../render/subscriptions/subscription-components.ts';
import {
  plainReply,
  removalReply,
  subscriptionListReply,
  subscriptionReply,
  testText,
} from '../../render/subscriptions/subscription-embed.ts';
import type { Caller, Command, CommandContext, ComponentHandler } from '../command.ts';
import { described, type Translations } from '../localizations.ts';
import { MANAGERS_ONLY, requireCallerMayPost, requirePostableChannel, requireServerManager } from '../permissions.ts';
import { subcommand } from '../shared-options.ts';
import { ID_OPTION, readSettings, settingOptions, subscriptionChoices } from './subscription-options.ts';

/** A test post that takes longer is left to the next round of posts. */
const TEST_MS = 30_000;

/** Subcommands that need nothing but the subscription; the buttons under the list do the same. */
const SIMPLE = {
  pause: {
    en: 'Stop posting for now',
    de: 'Eines anhalten',
    es: 'Pausar una',
    fr: 'En suspendre un',
    pt: 'Pausar uma',
  },
  resume: {
    en: 'Go on posting',
    de: 'Eines fortsetzen',
    es: 'Reanudar una',
    fr: 'En reprendre un',
    pt: 'Retomar uma',
  },
  test: {
    en: 'Post once now',
    de: 'Jetzt einen Probebeitrag senden',
    es: 'Enviar ahora una publicación de prueba',
    fr: 'Envoyer un message d’essai maintenant',
    pt: 'Enviar agora uma publicação de teste',
  },
  remove: {
    en: 'Remove one for good',
    de: 'Eines entfernen',
    es: 'Eliminar una',
    fr: 'En supprimer un',
    pt: 'Remover uma',
  },
} as const satisfies Record<string, Translations>;

/** `/subscriptions`: list, edit, pause, resume, test, remove. */
export const subscriptionsCommand: Command = {
  load: 'light',
  definition: {
    type: ApplicationCommandType.ChatInput,
    name: 'subscriptions',
    ...described({
      en: 'The subscriptions of this server',
      de: 'Die Abonnements dieses Servers',
      es: 'Las suscripciones de este servidor',
      fr: 'Les abonnements de ce serveur',
      pt: 'As assinaturas deste servidor',
    }),
    ...MANAGERS_ONLY,
    options: [
      subcommand('list', {
        en: 'Show all of them',
        de: 'Alle anzeigen',
        es: 'Mostrar todas',
        fr: 'Tout afficher',
        pt: 'Mostrar todas',
      }),
      subcommand(
        'edit',
        {
          en: 'Change one; what is not given stays as it is',
          de: 'Eines ändern',
          es: 'Cambiar una',
          fr: 'En modifier un',
          pt: 'Alterar uma',
        },
        [ID_OPTION, ...settingOptions(false)],
      ),
      ...Object.entries(SIMPLE).map(([name, text]) => subcommand(name, text, [ID_OPTION])),
    ],
  },

  isPrivate: () => true,
  autocomplete: subscriptionChoices,

  async execute(options, caller, context) {
    const { guildId } = requireServerManager(caller);
    const { subscriptions } = context.services;
    const id = String(options['id'] ?? '');
    const name = String(options['subcommand']);
    if (name === 'edit') {
      const settings = readSettings(options);
      if (settings.channelId !== undefined) requirePostableChannel(caller, settings.channelId);
      const changed = await subscriptions.edit(guildId, id, settings);
      const translator = translatorFor(caller.locale);
      const upcoming = subscriptions.upcoming(changed, 3);
      return subscriptionReply(changed, upcoming, translator.t('subscriptions.changed'), translator);
    }
    return performAction(isSimple(name) ? name : 'list', id, caller, context);
  },
};

function isSimple(name: string): name is keyof typeof SIMPLE {
  return Object.hasOwn(SIMPLE, name);
}

/** The buttons and the select of /subscribe and /subscriptions. */
export const subscriptionComponentHandler: ComponentHandler = {
  prefix: SUBSCRIPTION_PREFIX,
  async execute(press, caller, context) {
    const { action, id } = parseSubscriptionPress(press.rest);
    return performAction(action, action === 'show' ? (press.values[0] ?? '') : id, caller, context);
  },
};

/**
 * Does what a subcommand or a button asks for, when the caller still manages the server. Throws `CC_NOT_ALLOWED`,
 * `CC_SUBSCRIPTION_UNKNOWN`, `CC_SUBSCRIPTION_LIMIT`, `CC_CHANNEL`.
 */
async function performAction(
  action: SubscriptionPress['action'],
  id: string,
  caller: Caller,
  context: CommandContext,
): Promise<Reply> {
  const origin = requireServerManager(caller);
  const { guildId } = origin;
  const translator = translatorFor(caller.locale);
  const { t } = translator;
  const { subscriptions, publishing } = context.services;
  const channelName = (channelId: string) => `#${caller.channel(channelId)?.name ?? 'unknown'}`;
  const list = async (headline: string | null) =>
    subscriptionListReply(await subscriptions.list(guildId), channelName, headline, translator, context.now());
  const detail = (one: Awaited<ReturnType<typeof subscriptions.find>>, headline: string | null) =>
    subscriptionReply(one, subscriptions.upcoming(one, 3), headline, translator);

  switch (action) {
    case 'list':
      return list(null);
    case 'show':
      return detail(await subscriptions.find(guildId, id), null);
    case 'confirm': {
      const made = await subscriptions.confirm(
        id,
        origin,
        ({ channelId }) => void requirePostableChannel(caller, channelId),
      );
      const channel = `<#${made.channelId}>`;
      const others = (await subscriptions.list(guildId)).filter((one) => one.id !== made.id);
      const twice = new Set(
        made.report === 'weekly' ? [] : repetitionsOf(made, others).flatMap(({ symbols }) => symbols),
      );
      const coins = translator.formats.list([...twice]);
      return detail(
        made,
        [
          t('subscriptions.subscribed', { channel }),
          ...(twice.size > 0 ? [t('subscriptions.addedTwice', { channel, coins })] : []),
        ].join('\n'),
      );
    }
    case 'cancel':
      await subscriptions.discard(id, origin);
      return plainReply(t('subscriptions.notSaved'));
    case 'pause':
      return detail(await subscriptions.pause(guildId, id), t('subscriptions.pausedNow'));
    case 'resume': {
      requirePostableChannel(caller, (await subscriptions.find(guildId, id)).channelId);
      return detail(await subscriptions.resume(guildId, id), t('subscriptions.resumedNow'));
    }
    case 'test': {
      const found = await subscriptions.find(guildId, id);
      // Whether the bot may post is asked of Discord, whatever was known before.
      const channel = caller.channel(found.channelId);
      if (channel) requireCallerMayPost(channel);
      const result = await publishing.test(found.id, found.channelId, AbortSignal.timeout(TEST_MS));
      const said = testText(result, found.channelId, translator);
      return detail(await subscriptions.find(guildId, id), said);
    }
    case 'remove':
      return removalReply(await subscriptions.find(guildId, id), translator);
    case 'sure': {
      const removed = await subscriptions.remove(guildId, id);
      const coins = removed.symbols.join(', ');
      return list(t('subscriptions.removed', { coins, channel: `<#${removed.channelId}>` }));
    }
  }
}
