import type { RESTPostAPIChatInputApplicationCommandsJSONBody } from 'discord.js';
import type { Clock } from '../core/time.ts';
import type { ChartRenderer } from '../render/chart-renderer.ts';
import type { Reply } from '../render/reply.ts';
import type { Services } from '../services/services.ts';

/** What every command may use. */
export interface CommandContext {
  readonly services: Services;
  readonly charts: ChartRenderer;
  readonly now: Clock;
  /** Bot version, for /help and /status. */
  readonly version: string;
}

/** Who asked, from where. */
export interface Caller {
  readonly userId: string;
  readonly isOwner: boolean;
  readonly guildId: string | null;
  readonly channelId: string | null;
  /** BCP 47, such as `en-GB`. */
  readonly locale: string;
}

/** Option values by name as the person gave them. */
export type OptionValues = Readonly<Record<string, string | number | boolean>>;

/** One choice of an autocompletion; 100 characters each at most. */
export interface Choice {
  readonly name: string;
  readonly value: string;
}

/** One slash command, the same on Discord, in the console page and in the terminal. */
export interface Command {
  readonly definition: RESTPostAPIChatInputApplicationCommandsJSONBody;
  /** Decided before deferring: whether only the caller sees the reply. Default: everyone. */
  isPrivate?(options: OptionValues): boolean;
  /** Answers from memory at once; 25 choices at most. */
  autocomplete?(focused: { readonly name: string; readonly value: string }, context: CommandContext): readonly Choice[];
  execute(options: OptionValues, caller: Caller, context: CommandContext): Promise<Reply>;
}

/**
 * What answers a button or a select. Its custom ids are `prefix:rest` (100 characters at most) and hold all the state,
 * so that they still work after a restart. The reply replaces the message it hangs on.
 */
export interface ComponentHandler {
  readonly prefix: string;
  execute(
    press: { readonly rest: string; readonly values: readonly string[] },
    caller: Caller,
    context: CommandContext,
  ): Promise<Reply>;
}
