import type { Caller, CallerChannel } from '../commands/command.ts';

/** The made-up server of the console. */
export const CONSOLE_GUILD_ID = 'console';

/** Its channels; their ids are their names, so that `<#forecasts>` reads as itself. */
export const CONSOLE_CHANNELS: readonly CallerChannel[] = [
  { id: 'general', name: 'general', kind: 'text', missing: [] },
  { id: 'forecasts', name: 'forecasts', kind: 'text', missing: [] },
];

/** Who types in the console: the person at this computer, who may do what an owner of the bot and of its server may. */
export function localCaller(locale: string): Caller {
  return {
    userId: 'console',
    isOwner: true,
    guildId: CONSOLE_GUILD_ID,
    channelId: 'general',
    locale,
    mayManageServer: true,
    channel: (id) => CONSOLE_CHANNELS.find((channel) => channel.id === id) ?? null,
  };
}
