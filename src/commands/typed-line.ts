import { type APIApplicationCommandBasicOption, ApplicationCommandOptionType } from 'discord.js';
import { findCurrency } from '../core/currency.ts';
import { CandlecastError } from '../core/errors.ts';
import { isMomentAhead, spanOf } from '../core/moment-ahead.ts';
import { searchTimeZones } from '../core/time-zones.ts';
import type { Command, OptionValues } from './command.ts';
import {
  AHEAD,
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
  const names = leaf.options.map((option) => option.name);
  const words = withSpokenNames(withMeantNames(typed, names), names);
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
    const chosen = open.findIndex((option) => isChoice(option, value));
    const next = coins === null ? 0 : open.findIndex((option, i) => takes(option, value, i === 0));
    const at: number = chosen >= 0 ? chosen : next;
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

/** What people call the option of the coins. */
const COINS: ReadonlySet<string> = new Set(['coin', 'coins', 'ticker', 'token', 'symbol', 'symbols']);

/** Words under the names of the options that are meant: `coin:BTC` is `symbol:BTC`. `BTC:1d`, which names no option, is a coin and how far ahead. */
function withMeantNames(words: readonly Word[], names: readonly string[]): readonly Word[] {
  return words.flatMap(({ key, value }): Word[] => {
    if (key === null || names.includes(key)) return [{ key, value }];
    const meant = names.find((name) => (COINS.has(key) ? COINS : AHEAD.has(key) ? AHEAD : null)?.has(name));
    if (meant !== undefined) return [{ key: meant, value }];
    const isAhead = names.some((name) => AHEAD.has(name)) && spanOf(value) !== null;
    return isAhead ? [key, value].map((one) => ({ key: null, value: one })) : [{ key, value }];
  });
}

/** Words before a currency in the languages of the bot: `/price BTC in EUR`. */
const BEFORE_CURRENCY: ReadonlySet<string> = new Set(['in', 'en', 'em', 'to', 'nach']);
/** Options whose value may be of several words without quotes, and whether a text is such a value: `by next friday 18:00`, `timezone:New York`. */
const OF_SEVERAL_WORDS: Readonly<Record<string, (text: string) => boolean>> = {
  by: isMomentAhead,
  timezone: (text) => searchTimeZones(text, 0, 1).length > 0,
};
const MAX_VALUE_WORDS = 4;

/**
 * A plain word that is an option's name, with a value after it, names that option: `/odds BTC above 100000`. Words of one value are put together.
 */
function withSpokenNames(words: readonly Word[], names: readonly string[]): readonly Word[] {
  const named: Word[] = [];
  for (let i = 0; i < words.length; i++) {
    const { key, value: typed } = words[i]!;
    const next = words[i + 1]?.key === null ? words[i + 1] : undefined;
    const value = (next && readNumber(next.value) !== null ? SPOKEN[typed.toLowerCase()] : undefined) ?? typed;
    if (key !== null && Object.hasOwn(OF_SEVERAL_WORDS, key)) {
      const count = valueWords(key, words, i);
      named.push({ key, value: joined(words, i, count) });
      i += count - 1;
    } else if (key !== null || !next) {
      named.push({ key, value: typed });
    } else if (names.includes(value.toLowerCase())) {
      const name = value.toLowerCase();
      const count = valueWords(name, words, i + 1);
      named.push({ key: name, value: joined(words, i + 1, count) });
      i += count;
    } else if (names.includes('currency') && BEFORE_CURRENCY.has(typed.toLowerCase()) && findCurrency(next.value)) {
      named.push({ key: 'currency', value: next.value });
      i++;
    } else named.push({ key, value });
  }
  return named;
}

/** How many words from a place on are one value of the option. */
function valueWords(option: string, words: readonly Word[], from: number): number {
  const isValue = Object.hasOwn(OF_SEVERAL_WORDS, option) ? OF_SEVERAL_WORDS[option] : undefined;
  const named = words.findIndex(({ key }, i) => i > from && key !== null);
  const end = Math.min(named < 0 ? words.length : named, from + MAX_VALUE_WORDS);
  for (let count = end - from; count > 1; count--) if (isValue?.(joined(words, from, count))) return count;
  return 1;
}

function joined(words: readonly Word[], from: number, count: number): string {
  return words
    .slice(from, from + count)
    .map(({ value }) => value)
    .join(' ');
}

/** Whether a word is one of the choices of an option to the letter, so that it belongs to no other one. */
function isChoice(option: APIApplicationCommandBasicOption, word: string): boolean {
  if (option.type !== ApplicationCommandOptionType.String) return false;
  return option.choices?.some(({ value }) => value.toLowerCase() === word.toLowerCase()) ?? false;
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
      return isChoice(option, word) || (AHEAD.has(option.name) && /^(?:\d{1,3}[hdw]|[hdw]\d{1,3})$/i.test(word));
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
