import { ApplicationCommandType } from 'discord.js';
import { repetitionsOf } from '../../core/subscription.ts';
import { translatorFor } from '../../language/translator.ts';
import type { Reply } from '../../render/reply.ts';
import { isComplete, setupReply } from '../../render/setup/setup-reply.ts';
import { parseSetupPress, SETUP_PREFIX, SETUP_ZONES, type SetupChoice } from '../../render/setup/setup-state.ts';
import { subscriptionReply } from '../../render/subscriptions/subscription-embed.ts';
import type { Caller, Command, CommandContext, ComponentHandler } from '../command.ts';
import { described } from '../localizations.ts';
import { MANAGERS_ONLY, requirePostableChannel, requireServerManager } from '../permissions.ts';
import { currencyChoices } from '../shared-options.ts';
import { POST_CHANNELS, withDefaults } from '../subscriptions/subscription-options.ts';
import { readChanges, SETUP_OPTIONS } from './setup-options.ts';

const WHAT = 'The settings';
/** Chosen before anything else is. */
const FIRST_HOUR = 9;

/** `/setup`: the defaults of a server, and a guided way to the first daily post. */
export const setupCommand: Command = {
  isAboutPeople: true,
  load: 'light',
  definition: {
    type: ApplicationCommandType.ChatInput,
    name: 'setup',
    ...described({
      en: 'Set the bot up for this server, step by step',
      de: 'Den Bot für diesen Server einrichten, Schritt für Schritt',
      es: 'Configurar el bot para este servidor, paso a paso',
      fr: 'Configurer le bot pour ce serveur, pas à pas',
      pt: 'Configurar o bot para este servidor, passo a passo',
    }),
    ...MANAGERS_ONLY,
    options: SETUP_OPTIONS,
  },

  isPrivate: () => true,
  autocomplete: ({ name, value }, _context, caller) => (name === 'currency' ? currencyChoices(value, caller) : []),

  async execute(options, caller, context) {
    const { guildId } = requireServerManager(caller, WHAT);
    const changes = readChanges(options);
    const isSaved = Object.keys(changes).length > 0;
    if (isSaved) await context.services.serverSettings.change(guildId, changes);
    const choice: SetupChoice = {
      channelId: null,
      symbols: context.services.assets.search('', 2).map(({ symbol }) => symbol),
      hour: FIRST_HOUR,
      timeZone: 'UTC',
    };
    return show(choice, caller, context, isSaved);
  },
};

/** The menus and the button of /setup. */
export const setupComponentHandler: ComponentHandler = {
  isAboutPeople: true,
  prefix: SETUP_PREFIX,
  async execute(press, caller, context) {
    const { action, choice } = parseSetupPress(press.rest);
    const [value = ''] = press.values;
    switch (action) {
      case 'channel':
        requireServerManager(caller, WHAT);
        if (value !== '') requirePostableChannel(caller, value);
        return show({ ...choice, channelId: value === '' ? null : value }, caller, context);
      case 'coins':
        return show({ ...choice, symbols: press.values }, caller, context);
      case 'hour':
        return show({ ...choice, hour: Number(value) }, caller, context);
      case 'zone':
        return show({ ...choice, timeZone: SETUP_ZONES.find((zone) => zone === value) ?? 'UTC' }, caller, context);
      case 'save':
        return save(choice, caller, context);
    }
  },
};

async function show(choice: SetupChoice, caller: Caller, context: CommandContext, isSaved = false): Promise<Reply> {
  const { guildId } = requireServerManager(caller, WHAT);
  const { services, now } = context;
  const [settings, subscriptions] = await Promise.all([
    services.serverSettings.of(guildId),
    services.subscriptions.list(guildId),
  ]);
  const view = {
    choice,
    coins: services.assets.search('', 25),
    channelTypes: POST_CHANNELS,
    settings,
    duplicates: repetitionsOf(choice, subscriptions),
    links: context.links,
    isSaved,
    nowMs: now(),
  };
  return setupReply(view, translatorFor(caller.locale));
}

async function save(choice: SetupChoice, caller: Caller, context: CommandContext): Promise<Reply> {
  const origin = requireServerManager(caller, WHAT);
  const { channelId, symbols, hour, timeZone } = choice;
  if (channelId === null || !isComplete(choice)) return show(choice, caller, context);
  requirePostableChannel(caller, channelId);
  const { subscriptions, serverSettings } = context.services;
  const { horizon } = await serverSettings.of(origin.guildId);
  const settings = withDefaults({
    channelId,
    symbols: symbols.join(','),
    localTime: `${String(hour).padStart(2, '0')}:00`,
    timeZone,
    ...(horizon === null ? {} : { horizon }),
  });
  const draft = await subscriptions.draft(settings, origin);
  const made = await subscriptions.confirm(draft.id, origin, () => undefined);
  const translator = translatorFor(caller.locale);
  const done = translator.t('setup.done', { channel: `<#${channelId}>` });
  return subscriptionReply(made, subscriptions.upcoming(made, 3), done, translator);
}
