import { CandlecastError } from '../core/errors.ts';
import type { Reply } from '../render/reply.ts';
import type { Caller, Choice, Command, CommandContext, ComponentHandler, ShowProgress } from './command.ts';
import { validateOptions } from './options.ts';
import { findCommand, parseLine } from './parse.ts';
import { COMMANDS, COMPONENT_HANDLERS } from './registry.ts';

/** A typed line, or a command's name with its option values in whatever types the surface has. */
export type CommandCall = string | { readonly name: string; readonly options: Readonly<Record<string, unknown>> };

const LONGEST_CUSTOM_ID = 100;
const MOST_CHOICES = 25;

/**
 * Finds the command, checks its options again and runs it. Errors pass through to the surface's funnel, which shows them
 * with `errorReply`; wrong commands and options are `CC_USAGE`.
 */
export async function dispatch(
  call: CommandCall,
  caller: Caller,
  context: CommandContext,
  commands: readonly Command[] = COMMANDS,
  progress?: ShowProgress,
): Promise<Reply> {
  if (typeof call === 'string') {
    const { name, options } = parseLine(call, commands);
    return findCommand(name, commands).execute(options, caller, context, progress);
  }
  const command = findCommand(call.name, commands);
  return command.execute(validateOptions(command.definition, call.options), caller, context, progress);
}

/** Answers a button or a select from its custom id alone; throws `CC_USAGE` when nothing handles it. */
export async function press(
  customId: string,
  values: readonly string[],
  caller: Caller,
  context: CommandContext,
  handlers: readonly ComponentHandler[] = COMPONENT_HANDLERS,
): Promise<Reply> {
  const colon = customId.indexOf(':');
  const prefix = customId.slice(0, Math.max(colon, 0));
  const handler = handlers.find((candidate) => candidate.prefix === prefix);
  if (!handler || customId.length > LONGEST_CUSTOM_ID) {
    throw new CandlecastError('CC_USAGE', 'This control belongs to another version of the bot.', {
      remedy: 'Use the command again for a new reply.',
    });
  }
  return handler.execute({ rest: customId.slice(colon + 1), values }, caller, context);
}

/** Suggestions while an option is being typed: from memory, 25 at most, none where the command offers none. */
export function complete(
  name: string,
  focused: { readonly name: string; readonly value: string },
  caller: Caller,
  context: CommandContext,
  commands: readonly Command[] = COMMANDS,
): readonly Choice[] {
  return findCommand(name, commands).autocomplete?.(focused, context, caller).slice(0, MOST_CHOICES) ?? [];
}
