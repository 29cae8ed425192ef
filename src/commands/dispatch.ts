import { asCandlecastError, CandlecastError } from '../core/errors.ts';
import { chosenHorizon } from '../core/horizon.ts';
import { splitSpan } from '../core/moment-ahead.ts';
import type { Sleep } from '../core/time.ts';
import { underWay } from '../core/under-way.ts';
import { languageOf } from '../language/languages.ts';
import { translatorFor } from '../language/translator.ts';
import { oldControlError, simulatedReply } from '../render/details.ts';
import type { Reply } from '../render/reply.ts';
import type {
  Caller,
  Choice,
  Command,
  CommandContext,
  ComponentHandler,
  OptionValues,
  ShowProgress,
} from './command.ts';
import { validateOptions } from './options.ts';
import { COMMANDS, COMPONENT_HANDLERS } from './registry.ts';
import { MAX_CHOICES } from './shared-options.ts';
import { findCommand, parseLine } from './typed-line.ts';

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
  const asker = await withPreferences(caller, context);
  const reply = await underWay(`/${definition.name}`, () => command.execute(checked, asker, context, progress, signal));
  return marked(reply, command, asker, context);
}

/**
 * Whether only the caller sees the answer of a command, which has to be decided before it runs. A mistyped coin is the caller's own affair, so
 * the refusal is not shown to the channel.
 */
export function answersCallerAlone(command: Command, options: OptionValues, { services }: CommandContext): boolean {
  return (command.isPrivate?.(options) ?? false) || isUnknownCoin(options['symbol'], services);
}

function isUnknownCoin(symbol: OptionValues[string] | undefined, { assets }: CommandContext['services']): boolean {
  if (typeof symbol !== 'string') return false;
  try {
    assets.resolve(splitSpan(symbol)?.rest ?? symbol);
    return false;
  } catch (error) {
    return ['CC_UNKNOWN_SYMBOL', 'CC_USAGE'].includes(asCandlecastError(error).code);
  }
}

/** Runs the handler of a button or a select. */
export async function runComponent(
  handler: ComponentHandler,
  state: Parameters<ComponentHandler['execute']>[0],
  caller: Caller,
  context: CommandContext,
  signal?: AbortSignal,
): Promise<Reply> {
  const asker = await withPreferences(caller, context);
  const reply = await underWay(`control ${handler.prefix}`, () => handler.execute(state, asker, context, signal));
  return marked(reply, handler, asker, context);
}

/** The reply of a command or a control, marked where it shows a simulated market. */
function marked(
  reply: Reply,
  { isAboutPeople = false }: Pick<Command, 'isAboutPeople'>,
  { locale }: Caller,
  { simulated }: CommandContext,
): Reply {
  return simulated() && !isAboutPeople ? simulatedReply(reply, translatorFor(locale)) : reply;
}

/** The caller with what they have chosen with /me, their language among it, and for the rest what their server has set with /setup. */
async function withPreferences(caller: Caller, { services }: CommandContext): Promise<Caller> {
  const [own, server] = await Promise.all([
    services.preferences.of(caller.userId),
    caller.guildId === null ? null : services.serverSettings.of(caller.guildId),
  ]);
  const preferences = {
    ...own,
    horizon: own.horizon ?? (server?.horizon ? chosenHorizon(server.horizon) : null),
    currency: own.currency ?? server?.currency ?? null,
  };
  return { ...caller, preferences, locale: chosenLocale(caller.locale, preferences) };
}

/** The locale of the language chosen with /me, else that of a person's Discord, whose region stays where the language is the same. */
export function chosenLocale(locale: string, { language }: Caller['preferences']): string {
  return language === null || language === languageOf(locale) ? locale : language;
}

/** The handler of a button or a select with the rest of its custom id; throws `CC_USAGE` when there is none. */
export function findComponent(
  customId: string,
  handlers: readonly ComponentHandler[] = COMPONENT_HANDLERS,
): { readonly handler: ComponentHandler; readonly rest: string } {
  const colon = customId.indexOf(':');
  const handler = handlers.find(({ prefix }) => prefix === customId.slice(0, Math.max(colon, 0)));
  if (!handler || customId.length > MAX_CUSTOM_ID_LENGTH) {
    throw oldControlError();
  }
  return { handler, rest: customId.slice(colon + 1) };
}

/** Whether the answer to a press is a new message for the person who pressed alone; false for a custom id that nothing handles. */
export function isPrivatePress(customId: string, handlers: readonly ComponentHandler[]): boolean {
  const colon = customId.indexOf(':');
  const handler = handlers.find(({ prefix }) => prefix === customId.slice(0, Math.max(colon, 0)));
  return handler?.isPrivate?.(customId.slice(colon + 1)) ?? false;
}

/** The time limit that the handler of a button or a select sets for itself; undefined without one. */
export function timeLimitOfPress(customId: string, handlers: readonly ComponentHandler[]): number | undefined {
  return handlers.find(({ prefix }) => customId.startsWith(`${prefix}:`))?.timeLimitMs;
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
