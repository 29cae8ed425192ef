import { type APIApplicationCommandBasicOption, ApplicationCommandOptionType } from 'discord.js';
import { findCurrency } from '../core/currency.ts';
import { asCandlecastError, CandlecastError } from '../core/errors.ts';
import { chosenHorizon } from '../core/horizon.ts';
import { splitSpan } from '../core/moment-ahead.ts';
import type { Sleep } from '../core/time.ts';
import { underWay } from '../core/under-way.ts';
import { languageOf } from '../language/languages.ts';
import { oldControlError } from '../render/details.ts';
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
import {
  findLeaf,
  hasSubcommands,
  nearest,
  pathValues,
  quoteTyped,
  readNumber,
  spokenPath,
  usageError,
  validateOptions,
} from './options.ts';
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
  const asker = await withPreferences(caller, context);
  return underWay(`/${definition.name}`, () => command.execute(checked, asker, context, progress, signal));
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
  return underWay(`control ${handler.prefix}`, () => handler.execute(state, asker, context, signal));
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

/** A command with its checked option values, ready to execute. */
export interface ParsedCommand {
  readonly name: string;
  readonly options: OptionValues;
}

/** One part of a typed line: `name:value`, or a value whose option follows from its position. */
interface Word {
  readonly key: string | null;
  readonly value: string;
}

const MAX_LINE_LENGTH = 2000;
/** A hint for a line with a value too many beside named options. */
const SPACED = ' A value with spaces goes in double quotes, such as symbols:"BTC, ETH".';
/**
 * An optional key that does not stand right before the next one, then a quoted value or a plain one that is no bare key. A key is an option's
 * name and colon; a letter or underscore first, so that a time such as 12:30 is a value.
 */
const WORD =
  /\s*(?:([\p{L}_][-_\p{L}\p{N}]{0,31}:)\s*(?![\p{L}_][-_\p{L}\p{N}]{0,31}:))?(?:["“”]([^"“”]*)["“”]|(?![\p{L}_][-_\p{L}\p{N}]{0,31}:(?:\s|$))([^\s"“”]+))(?=\s|$)/uy;

function splitWords(text: string): Word[] {
  const words: Word[] = [];
  WORD.lastIndex = 0;
  const line = text.trimEnd();
  let listGoesOn = false;
  while (WORD.lastIndex < line.length) {
    const at = WORD.lastIndex;
    const found = WORD.exec(line);
    if (!found) {
      throw new CandlecastError('CC_USAGE', `The line cannot be read from ${quoteTyped(line.slice(at).trim())} on.`, {
        remedy: 'Put values with spaces in double quotes, such as symbol:"Shiba Inu".',
        said: { key: 'errors.lineUnread', values: { typed: quoteTyped(line.slice(at).trim()) } },
        advice: { key: 'errors.lineUnreadAdvice' },
      });
    }
    const word = { key: found[1]?.slice(0, -1).toLowerCase() ?? null, value: found[2] ?? found[3] ?? '' };
    const before = words.at(-1);
    // A value that ends with a comma continues in the next one: symbols:BTC, ETH. A quoted value never does.
    const goesOn = listGoesOn && word.key === null;
    listGoesOn = found[3]?.endsWith(',') ?? false;
    if (before && goesOn) {
      words[words.length - 1] = { key: before.key, value: `${before.value} ${word.value}` };
    } else words.push(word);
  }
  return words;
}

/** The command of that name; throws `CC_USAGE` that names the nearest one. */
export function findCommand(name: string, commands: readonly Command[]): Command {
  const wanted = name.replace(/^\//, '').toLowerCase();
  const found = commands.find((command) => command.definition.name === wanted);
  if (found) return found;
  const names = commands.map((command) => command.definition.name);
  const near = nearest(wanted, names);
  throw new CandlecastError(
    'CC_USAGE',
    wanted === '' ? 'No command was given.' : `There is no command ${quoteTyped(`/${wanted}`)}.`,
    {
      remedy: near ? `Did you mean /${near}?` : `The commands are ${names.map((known) => `/${known}`).join(', ')}.`,
      ...(wanted === '' ? {} : { said: { key: 'errors.commandUnknown', values: { name: quoteTyped(`/${wanted}`) } } }),
      ...(near ? { advice: { key: 'errors.didYouMean', values: { names: `/${near}` } } } : {}),
    },
  );
}

/**
 * Parses a typed line such as `/forecast symbol:BTC horizon:1d private:true`, `/forecast "Shiba Inu" 1d` or
 * `/subscriptions pause id:K7M2QX`. Values without a name fill the options not named, in their order. Throws `CC_USAGE` that names what is wrong and the nearest right thing.
 */
export function parseLine(line: string, commands: readonly Command[]): ParsedCommand {
  const text = line.trim();
  if (text.length > MAX_LINE_LENGTH)
    throw new CandlecastError('CC_USAGE', `The line is longer than ${MAX_LINE_LENGTH} characters.`, {
      said: { key: 'errors.lineLong', values: { count: MAX_LINE_LENGTH } },
    });
  const name = /^\/?\s*\S*/.exec(text)?.[0] ?? '';
  const { definition } = findCommand(name.replace(/\s/g, ''), commands);
  const values = new Map<string, string>();
  const { path, words: typed } = withPath(splitWords(text.slice(name.length)), definition);
  const leaf = findLeaf(definition, path);
  const words = withSpokenNames(
    typed,
    leaf.options.map((option) => option.name),
  );
  for (const { key, value } of words) {
    if (key === null) continue;
    if (values.has(key))
      throw usageError(`The option ${quoteTyped(key)} is given twice.`, definition, path, {
        key: 'errors.optionTwice',
        values: { name: quoteTyped(key) },
      });
    values.set(key, value);
  }
  const open = leaf.options.filter((option) => !values.has(option.name));
  /** The option of the coins, while the words that follow may belong to it: `doge coin`, `BTC ETH`. */
  let coins: string | null = null;
  for (const { key, value } of words) {
    if (key !== null) continue;
    // What cannot be the value of the next option may be that of one behind it; free text is only that of the next one.
    const at: number = coins === null ? 0 : open.findIndex((option, i) => takes(option, value, i === 0));
    if (coins !== null && at < 0) {
      values.set(coins, `${values.get(coins)} ${value}`);
      continue;
    }
    const option: APIApplicationCommandBasicOption | undefined = open.splice(at, 1)[0];
    if (option === undefined)
      throw usageError(
        `${[`/${definition.name}`, ...path].join(' ')} has no place for ${quoteTyped(value)}.${words.some((word) => word.key !== null) ? SPACED : ''}`,
        definition,
        path,
        {
          key: 'errors.noPlace',
          values: { called: [`/${definition.name}`, ...path].join(' '), typed: quoteTyped(value) },
        },
      );
    values.set(option.name, value);
    coins = option.name === 'symbol' || option.name === 'symbols' ? option.name : null;
  }
  const options = validateOptions(definition, { ...Object.fromEntries(values), ...pathValues(path) });
  return { name: definition.name, options };
}

/** Other words for the name of an option or of a choice. */
const SPOKEN: Readonly<Record<string, string>> = { '>': 'above', '<': 'below', over: 'above', under: 'below' };

/** A plain word that is an option's name, with a value after it, names that option: `/odds BTC above 100000`. */
function withSpokenNames(words: readonly Word[], names: readonly string[]): readonly Word[] {
  const named: Word[] = [];
  for (let i = 0; i < words.length; i++) {
    const { key, value: typed } = words[i]!;
    const next = words[i + 1];
    const beforeNumber = key === null && next?.key === null && readNumber(next.value) !== null;
    const value = (beforeNumber ? SPOKEN[typed.toLowerCase()] : undefined) ?? typed;
    const name = key === null && next?.key === null ? names.find((one) => one === value.toLowerCase()) : undefined;
    if (name !== undefined && next) {
      named.push({ key: name, value: next.value });
      i++;
    } else named.push({ key, value });
  }
  return named;
}

/** Whether a word without a name may be the value of an option, rather than belong to the coins before it; `isNext`: no other option comes first. */
function takes(option: APIApplicationCommandBasicOption, word: string, isNext: boolean): boolean {
  switch (option.type) {
    case ApplicationCommandOptionType.Boolean:
      return /^(true|false|yes|no)$/i.test(word);
    case ApplicationCommandOptionType.Integer:
    case ApplicationCommandOptionType.Number:
      return readNumber(word) !== null;
    case ApplicationCommandOptionType.String: {
      if (option.name === 'currency') return findCurrency(word) !== null;
      if (option.name === 'time') return /^\d{1,2}([:.h]\d{2})?([ap]m)?$/i.test(word);
      if (option.choices === undefined || option.choices.length === 0) return isNext;
      const typed = word.toLowerCase();
      const isHorizon = option.name === 'horizon' && /^\d{1,3}[hdw]$/.test(typed);
      return isHorizon || option.choices.some(({ value }) => String(value).toLowerCase() === typed);
    }
    default:
      return isNext;
  }
}

/** The path of a subcommand among the words, and the words that are left. */
function withPath(
  words: readonly Word[],
  definition: Command['definition'],
): { readonly path: readonly string[]; readonly words: readonly Word[] } {
  if (!hasSubcommands(definition)) return { path: [], words };
  const named = words.findIndex(({ key }) => key !== null);
  const plain = named < 0 ? words : words.slice(0, named);
  if (plain.length === 0 && named >= 0) return { path: [], words };
  const { path, at } = spokenPath(
    definition,
    plain.map(({ value }) => value),
  );
  return { path, words: at < 0 || plain.length === 0 ? words : words.toSpliced(at, path.length) };
}
