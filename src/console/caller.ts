import type { Caller } from '../commands/command.ts';

/** Who types in the console: the person at this computer, who may do what an owner of the bot may. */
export function localCaller(locale: string): Caller {
  return { userId: 'console', isOwner: true, guildId: null, channelId: null, locale };
}
