import { CandlecastError } from '../core/errors.ts';
import type { Sleep } from '../core/time.ts';
import { underWay } from '../core/under-way.ts';
import type { Reply } from '../render/reply.ts';
import type { Caller, Choice, Command, CommandContext, ComponentHandler, ShowProgress } from './command.ts';
import { validateOptions } from './options.ts';
import { findCommand, parseLine } from './parse.ts';
import { COMMANDS, COMPONENT_HANDLERS } from './registry.ts';
import { MAX_CHOICES } from './shared-options.ts';

/** A typed line, or a command's name with its option values in whatever types the surface has. */
export type CommandCall = string | { readonly name: string; readonly options: Readonly<Record<string, unknown>> };

/** Characters that Discord takes in a custom id. */
const MAX_CUSTOM_ID_LENGTH = 100;

/**
 * Finds the command, checks its options and runs it. Errors pass through to the surface, which shows them with `errorReply`;
 * wrong commands and options are `CC_USAGE`.
 */
export async function dispatch(
  call: CommandCall,
  caller: Caller,
  context: CommandContext,
  commands: readonly Command[] = COMMANDS,
  progress?: ShowProgress,
  signal?: AbortSignal,
): Promise<Reply> {
  const { name, options } = typeof call === 'string' ? parseLine(call, commands) : call;
  const command = findCommand(name, commands);
  return runCommand(command, options, caller, context, progress, signal);
}

/** Checks the options of a command, throws `CC_USAGE` where they do not fit, and runs it. */
export async function runCommand(
  command: Command,
  options: Readonly<Record<string, unknown>>,
  caller: Caller,
  context: CommandContext,
  progress?: ShowProgress,
  signal?: AbortSignal,
): Promise<Reply> {
  const { definition } = command;
  const checked = validateOptions(definition, options);
  return underWay(`/${definition.name}`, () => command.execute(checked, caller, context, progress, signal));
}

/** Runs the handler of a button or a select. */
export async function runComponent(
  handler: ComponentHandler,
  state: Parameters<ComponentHandler['execute']>[0],
  caller: Caller,
  context: CommandContext,
  signal?: AbortSignal,
): Promise<Reply> {
  return underWay(`control ${handler.prefix}`, () => handler.execute(state, caller, context, signal));
}

/** The handler of a button or a select with the rest of its custom id; throws `CC_USAGE` when there is none. */
export function findComponent(
  customId: string,
  handlers: readonly ComponentHandler[] = COMPONENT_HANDLERS,
): { readonly handler: ComponentHandler; readonly rest: string } {
  const colon = customId.indexOf(':');
  const handler = handlers.find(({ prefix }) => prefix === customId.slice(0, Math.max(colon, 0)));
  if (!handler || customId.length > MAX_CUSTOM_ID_LENGTH) {
    throw new CandlecastError('CC_USAGE', 'This control belongs to another version of the bot.', {
      remedy: 'Call the command again for a new one.',
    });
  }
  return { handler, rest: customId.slice(colon + 1) };
}

/** Answers a button or a select from its custom id alone; throws `CC_USAGE` when nothing handles it. */
export async function press(
  customId: string,
  values: readonly string[],
  caller: Caller,
  context: CommandContext,
  handlers?: readonly ComponentHandler[],
  signal?: AbortSignal,
): Promise<Reply> {
  const { handler, rest } = findComponent(customId, handlers);
  return runComponent(handler, { rest, values }, caller, context, signal);
}

/** Suggestions while an option is being typed: from memory, 25 at most, none where the command offers none. */
export function complete(
  name: string,
  focused: { readonly name: string; readonly value: string },
  caller: Caller,
  context: CommandContext,
  commands: readonly Command[] = COMMANDS,
): readonly Choice[] {
  return findCommand(name, commands).autocomplete?.(focused, context, caller).slice(0, MAX_CHOICES) ?? [];
}

/**
 * Resolves like the work, or rejects with `CC_TIMEOUT` after `limitMs`, and with the reason of `stop` once that is aborted. In both cases the
 * signal that the work was given is aborted; when the work fails later for another reason, `onLateFailure` is called with the error.
 */
export async function withTimeLimit<T>(
  start: (signal: AbortSignal) => Promise<T>,
  limitMs: number,
  sleep: Sleep,
  onLateFailure: (error: unknown) => void,
  stop?: AbortSignal,
): Promise<T> {
  const finished = new AbortController();
  const giveUp = new AbortController();
  const { signal } = giveUp;
  const work = start(signal);
  const given = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  sleep(limitMs, finished.signal).then(
    () => {
      const message = `The answer took longer than ${Math.round(limitMs / 1_000)} seconds.`;
      giveUp.abort(new CandlecastError('CC_TIMEOUT', message, { retryable: true }));
    },
    // When the work ends in time, the sleep is aborted.
    () => undefined,
  );
  const follow = () => giveUp.abort(stop?.reason);
  if (stop?.aborted) follow();
  stop?.addEventListener('abort', follow, { once: true });
  work.catch((error: unknown) => {
    if (signal.aborted && error !== signal.reason) onLateFailure(error);
  });
  try {
    return await Promise.race([work, given]);
  } finally {
    finished.abort();
    stop?.removeEventListener('abort', follow);
  }
}
