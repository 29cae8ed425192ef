import {
  type APIApplicationCommandBasicOption,
  type APIApplicationCommandOption,
  ApplicationCommandOptionType,
} from 'discord.js';
import { cutText } from '../core/cut-text.ts';
import { CandlecastError } from '../core/errors.ts';
import { spanOf, splitSpan } from '../core/moment-ahead.ts';
import type { Message } from '../language/message.ts';
import type { Command, OptionValues } from './command.ts';

type Definition = Command['definition'];

/**
 * The line that shows how a command is typed, such as `/forecast symbol:… [horizon:1h|4h]`; of a command with subcommands, the
 * one that `path` names, or what there is.
 */
export function usageLine(definition: Definition, path: readonly string[] = []): string {
  const leaves = leavesOf(definition);
  const leaf = leaves.find((candidate) => candidate.path.join(' ') === path.join(' '));
  if (!leaf) return `/${definition.name} ${leaves.map((known) => known.path.join(' ')).join('|')}`;
  const parts = leaf.options.map((option) => {
    const values =
      'choices' in option && option.choices && option.choices.length > 0
        ? option.choices.map((choice) => choice.value).join('|')
        : option.type === ApplicationCommandOptionType.Boolean
          ? 'true|false'
          : '…';
    const text = `${option.name}:${values}`;
    return 'required' in option && option.required ? text : `[${text}]`;
  });
  return [`/${definition.name}`, ...leaf.path, ...parts].join(' ');
}

/** An error about a command's options; the remedy is its usage line. */
export function usageError(
  message: string,
  definition: Definition,
  path: readonly string[] = [],
  said?: Message,
): CandlecastError {
  const usage = usageLine(definition, path);
  const advice: Message = { key: 'errors.usage', values: { usage } };
  return new CandlecastError('CC_USAGE', message, { remedy: `Usage: ${usage}`, advice, ...(said ? { said } : {}) });
}

/** A typed value in quotes, cut to 40 characters. */
export function quoteTyped(value: unknown): string {
  if (typeof value === 'object' || typeof value === 'function') return 'a structure';
  const text = String(value);
  return `"${text.length > 40 ? `${cutText(text, 39)}…` : text}"`;
}

const FACTORS: Readonly<Record<string, number>> = { k: 1e3, m: 1e6, b: 1e9 };

/** The number that a person means by `100000`, `$100,000`, `95.5k`, `1e5` or `0,35`; null where it is none. */
export function readNumber(text: string): number | null {
  const plain = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isFinite(plain)) return plain;
  const typed = text.replace(/[\s$_'’\u00a0\u202f]|usd/gi, '').toLowerCase();
  const [, sign = '', digits = '', unit = ''] = /^(-?)([\d.,]+)([kmb]?)$/.exec(typed) ?? [];
  const number = Number(`${sign}${withPoint(digits)}`) * (FACTORS[unit] ?? 1);
  return digits !== '' && Number.isFinite(number) ? number : null;
}

/** The digits with a point before the decimals: a mark that separates groups of three is left out, a comma alone before other digits is the point. */
function withPoint(digits: string): string {
  if (/^\d{1,3}(,\d{3})+(\.\d*)?$/.test(digits)) return digits.replaceAll(',', '');
  if (/^\d{1,3}(\.\d{3}){2,}(,\d*)?$/.test(digits) || /^\d{1,3}(\.\d{3})+,\d*$/.test(digits)) {
    return digits.replaceAll('.', '').replace(',', '.');
  }
  return digits.replace(',', '.');
}

function toBoolean(value: unknown): boolean | null {
  if (typeof value === 'boolean') return value;
  const word = String(value).toLowerCase();
  if (word === 'true' || word === 'yes') return true;
  return word === 'false' || word === 'no' ? false : null;
}

/** One value in its option's type; throws the error that `refuse` makes of a message. */
function checkValue(
  option: APIApplicationCommandOption,
  value: unknown,
  refuse: (message: string, said?: Message) => CandlecastError,
): string | number | boolean {
  const fail = (must: string): CandlecastError =>
    refuse(`The option ${option.name} must be ${must}, not ${quoteTyped(value)}.`, {
      key: 'errors.optionWrong',
      values: { name: option.name, typed: quoteTyped(value) },
    });
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') throw fail('a plain value');
  switch (option.type) {
    case ApplicationCommandOptionType.Boolean: {
      const known = toBoolean(value);
      if (known === null) throw fail('true or false');
      return known;
    }
    case ApplicationCommandOptionType.Integer:
    case ApplicationCommandOptionType.Number: {
      const number = typeof value === 'string' ? (readNumber(value) ?? Number.NaN) : Number(value);
      const whole = option.type === ApplicationCommandOptionType.Integer;
      if (!Number.isFinite(number) || (whole && !Number.isSafeInteger(number)))
        throw fail(whole ? 'a whole number' : 'a number');
      if ('choices' in option && option.choices && !option.choices.some((choice) => choice.value === number)) {
        throw fail(`one of ${option.choices.map((choice) => choice.value).join(', ')}`);
      }
      if ('min_value' in option && option.min_value !== undefined && number < option.min_value) {
        throw fail(`${option.min_value} or more`);
      }
      if ('max_value' in option && option.max_value !== undefined && number > option.max_value) {
        throw fail(`${option.max_value} or less`);
      }
      return number;
    }
    case ApplicationCommandOptionType.String: {
      const text = String(value).trim();
      if ('choices' in option && option.choices && option.choices.length > 0) {
        const typed = text.toLowerCase();
        // "24h", "1 week" or "tomorrow" mean the horizon of that length.
        const spanMs = AHEAD.has(option.name) ? spanOf(text) : null;
        const choice = option.choices.find(
          ({ name, value }) =>
            [name.toLowerCase(), value.toLowerCase()].includes(typed) || (spanMs !== null && spanOf(value) === spanMs),
        );
        if (choice) return choice.value;
        const values = option.choices.map((known) => known.value);
        if (spanMs === null || option.name !== 'horizon') throw fail(`one of ${values.join(', ')}`);
        throw refuse(
          `Forecasts look ${values.join(', ')} ahead, not ${quoteTyped(text)}; /odds takes any time up to 7d.`,
          {
            key: 'errors.horizonBetween',
            values: { horizons: values.join(', '), typed: cutText(text, 20) },
          },
        );
      }
      if (text.length < (option.min_length ?? (option.required ? 1 : 0)))
        throw fail(`${option.min_length ?? 1} characters or longer`);
      if (text.length > (option.max_length ?? 6000)) throw fail(`${option.max_length ?? 6000} characters or shorter`);
      return text;
    }
    case ApplicationCommandOptionType.Channel: {
      // A person at a keyboard writes #name, Discord's client an id, a pasted mention <#id>.
      const id = /^(?:<#([\w-]{1,32})>|#?([\w-]{1,32}))$/.exec(String(value).trim());
      if (!id) throw fail('a channel');
      return id[1] ?? id[2]!;
    }
    default:
      return String(value);
  }
}

/**
 * Checks option values against a command's definition and returns them in the option's types. Needed for free text that passes
 * Discord's own checks, for a form's strings and for a typed line. `subcommand` and `group` choose among subcommands and
 * are returned with the rest. Throws `CC_USAGE` that names the nearest option.
 */
export function validateOptions(definition: Definition, values: Readonly<Record<string, unknown>>): OptionValues {
  const path = hasSubcommands(definition) ? pathOf(values) : [];
  const { options, path: found } = findLeaf(definition, path);
  const refuse = (message: string, said?: Message): CandlecastError => usageError(message, definition, found, said);
  const called = [`/${definition.name}`, ...found].join(' ');
  for (const name of Object.keys(values)) {
    if (options.some((option) => option.name === name)) continue;
    if (found.length > 0 && (name === 'subcommand' || name === 'group')) continue;
    const near = nearest(
      name,
      options.map((option) => option.name),
    );
    throw refuse(`${called} has no option ${quoteTyped(name)}.${near ? ` Did you mean ${near}?` : ''}`, {
      key: 'errors.optionUnknown',
      values: { called, name: quoteTyped(name) },
    });
  }
  const given = withSpan(values, options);
  const checked: [string, string | number | boolean][] = [];
  for (const option of options) {
    const value = Object.hasOwn(given, option.name) ? given[option.name] : undefined;
    if (value !== undefined && value !== null) checked.push([option.name, checkValue(option, value, refuse)]);
    else if (option.required) {
      const said: Message = { key: 'errors.optionMissing', values: { called, name: option.name } };
      throw refuse(`${called} needs the option ${option.name}.`, said);
    }
  }
  return { ...Object.fromEntries(checked), ...pathValues(found) };
}

/** The options whose value is a length of time: how far ahead, or how long a candle is. */
export const AHEAD: ReadonlySet<string> = new Set(['horizon', 'by', 'timeframe']);

/** Values in which how far ahead is taken out of the coin, where it was typed there: `symbol:"BTC 3d"`. */
function withSpan(
  values: Readonly<Record<string, unknown>>,
  options: readonly APIApplicationCommandBasicOption[],
): Readonly<Record<string, unknown>> {
  const ahead = options.find(({ name }) => AHEAD.has(name))?.name;
  const { symbol } = values;
  if (ahead === undefined || typeof symbol !== 'string' || (values[ahead] ?? null) !== null) return values;
  const split = splitSpan(symbol);
  return split ? { ...values, symbol: split.rest, [ahead]: split.span } : values;
}

/** Edits (insert, delete, replace, swap of neighbours) between two words: the optimal string alignment distance. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min(previous[j]! + 1, current[j - 1]! + 1, replace);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, before[j - 2]! + 1);
      current.push(least);
    }
    before = previous;
    previous = current;
  }
  return previous[b.length]!;
}

/** The candidate nearest to what was typed: with the same start, or with a third of its letters wrong at most; null when there is none. */
export function nearest(typed: string, candidates: readonly string[]): string | null {
  const word = cutText(typed, 40).toLowerCase();
  if (word === '') return null;
  const scored = candidates
    .map((candidate) => ({
      candidate,
      distance: candidate.startsWith(word) && word.length > 1 ? 0.5 : editDistance(word, candidate.toLowerCase()),
    }))
    .sort((a, b) => a.distance - b.distance);
  const best = scored[0];
  if (!best || best.distance > Math.max(1, Math.floor(best.candidate.length / 3) + 0.5)) return null;
  return best.candidate;
}

/** A callable command: one without subcommands, or one of its subcommands. */
export interface Leaf {
  /** The names after the command's own: none, a subcommand, or a group and a subcommand. */
  readonly path: readonly string[];
  readonly description: string;
  readonly options: readonly APIApplicationCommandBasicOption[];
}

/** Every leaf of a command, in the order of its definition. */
export function leavesOf(definition: Command['definition']): readonly Leaf[] {
  const walk = (
    path: readonly string[],
    description: string,
    options: readonly APIApplicationCommandOption[],
  ): Leaf[] => {
    const own: APIApplicationCommandBasicOption[] = [];
    const nested: Leaf[] = [];
    for (const option of options) {
      if (
        option.type === ApplicationCommandOptionType.Subcommand ||
        option.type === ApplicationCommandOptionType.SubcommandGroup
      ) {
        nested.push(...walk([...path, option.name], option.description, option.options ?? []));
      } else own.push(option);
    }
    return nested.length > 0 ? nested : [{ path, description, options: own }];
  };
  return walk([], definition.description, definition.options ?? []);
}

/** Whether a command has subcommands. */
export function hasSubcommands(definition: Command['definition']): boolean {
  return leavesOf(definition).some((leaf) => leaf.path.length > 0);
}

/** The leaf with that path; throws `CC_USAGE` that names the nearest one. */
export function findLeaf(definition: Command['definition'], path: readonly string[]): Leaf {
  const leaves = leavesOf(definition);
  const wanted = path.join(' ').toLowerCase();
  const found = leaves.find((leaf) => leaf.path.join(' ') === wanted);
  if (found) return found;
  const names = leaves.map((leaf) => leaf.path.join(' '));
  const near = nearest(wanted.split(' ')[0]!, names);
  const called = `/${definition.name}`;
  const usage = names.map((name) => `${called} ${name}`).join(', ');
  throw new CandlecastError(
    'CC_USAGE',
    wanted === '' ? `${called} needs the name of what to do.` : `${called} has no part ${quoteTyped(wanted)}.`,
    {
      remedy: near ? `Did you mean ${called} ${near}?` : `There is ${usage}.`,
      said:
        wanted === ''
          ? { key: 'errors.partMissing', values: { called } }
          : { key: 'errors.partUnknown', values: { called, typed: quoteTyped(wanted) } },
      advice: near
        ? { key: 'errors.didYouMean', values: { names: `${called} ${near}` } }
        : { key: 'errors.parts', values: { names: usage } },
    },
  );
}

/** Parts of a command that a person means who names none: they show what there is. */
const SHOWING: ReadonlySet<string> = new Set(['show', 'list', 'status']);

/**
 * The path meant by the first words after a command, and the words that are left for its options. Where none names a part: what there is, without
 * words; `add` with a coin or what else is to be added; a part named a word later, as in `/predict BTC up`. A misspelt part is left to {@link findLeaf}.
 */
export function spokenPath(
  definition: Command['definition'],
  words: readonly string[],
): { readonly path: readonly string[]; readonly at: number } {
  const paths = leavesOf(definition).map((leaf) => leaf.path);
  for (const length of [1, 2]) {
    const path = words.slice(0, length).map((word) => word.toLowerCase());
    if (paths.some((known) => known.join(' ') === path.join(' '))) return { path, at: 0 };
  }
  const names = paths.map((path) => path.join(' '));
  const [first] = words;
  if (first === undefined) {
    const shown = paths.find(([name = '', ...more]) => SHOWING.has(name) && more.length === 0);
    return { path: shown ?? [], at: 0 };
  }
  if (nearest(first, names) === null) {
    const at = words.slice(0, 3).findIndex((word) => names.includes(word.toLowerCase()));
    if (at > 0) return { path: [words[at]!.toLowerCase()], at };
    if (names.includes('add')) return { path: ['add'], at: -1 };
  }
  return { path: words.slice(0, 2).map((word) => word.toLowerCase()), at: 0 };
}

/** The path that option values hold under `group` and `subcommand`. */
export function pathOf(values: Readonly<Record<string, unknown>>): readonly string[] {
  return [values['group'], values['subcommand']].filter((part) => typeof part === 'string');
}

/** A path as option values hold it. */
export function pathValues(path: readonly string[]): Readonly<Record<string, string>> {
  const [first, second] = path;
  if (first === undefined) return {};
  return second === undefined ? { subcommand: first } : { group: first, subcommand: second };
}
