import { type APIApplicationCommandBasicOption, ApplicationCommandOptionType } from 'discord-api-types/v10';
import type { Command } from '../commands/command.ts';
import { leavesOf, pathValues } from '../commands/options.ts';
import { KNOWN_ASSETS } from '../core/asset.ts';
import { CONSOLE_CHANNELS } from './guild.ts';

/** An option as the page's composer shows it. */
export interface CatalogueOption {
  readonly name: string;
  readonly description: string;
  readonly kind: 'text' | 'integer' | 'number' | 'boolean' | 'channel';
  readonly required: boolean;
  readonly autocomplete: boolean;
  readonly choices: readonly { readonly name: string; readonly value: string | number }[];
}

/** A command as the page's picker lists it; a subcommand is an entry of its own, named `paper start`. */
export interface CatalogueEntry {
  readonly name: string;
  readonly description: string;
  readonly options: readonly CatalogueOption[];
}

/** Returns what the picker lists: every command, and each subcommand in place of the command that holds it. */
export function catalogue(commands: readonly Command[]): readonly CatalogueEntry[] {
  return commands.flatMap(({ definition }) =>
    leavesOf(definition).map(({ path, description, options }) => ({
      name: [definition.name, ...path].join(' '),
      description,
      options: options.map(describeOption),
    })),
  );
}

/**
 * Splits an entry's name into the command and the option values of a subcommand: `paper start` is `paper` with
 * `subcommand: 'start'`, as on Discord's side.
 */
export function splitEntryName(entry: string): {
  readonly name: string;
  readonly path: Readonly<Record<string, string>>;
} {
  const [name = '', ...path] = entry.split(' ');
  return { name, path: pathValues(path) };
}

function describeOption(option: APIApplicationCommandBasicOption): CatalogueOption {
  const choices = 'choices' in option ? (option.choices ?? []) : [];
  return {
    name: option.name,
    description: option.description,
    kind: kindOf(option.type),
    required: option.required === true,
    autocomplete: 'autocomplete' in option && option.autocomplete === true,
    choices:
      option.type === ApplicationCommandOptionType.Channel
        ? CONSOLE_CHANNELS.map(({ id, name }) => ({ name: `#${name}`, value: id }))
        : choices.map((choice) => ({ name: choice.name, value: choice.value })),
  };
}

function kindOf(type: ApplicationCommandOptionType): CatalogueOption['kind'] {
  if (type === ApplicationCommandOptionType.Integer) return 'integer';
  if (type === ApplicationCommandOptionType.Number) return 'number';
  if (type === ApplicationCommandOptionType.Boolean) return 'boolean';
  if (type === ApplicationCommandOptionType.Channel) return 'channel';
  return 'text';
}

/** A typed line that the welcome message offers, with a label. */
export interface Example {
  readonly line: string;
  readonly label: string;
}

const MAX_EXAMPLES = 3;

/** Example lines for a newcomer about tracked coins, best first. */
function preferred([first = 'BTC', second = first]: readonly string[], movable: boolean): readonly Example[] {
  return [
    { line: `/forecast symbol:${first} horizon:1d`, label: `Where ${nameOf(first)} may stand tomorrow` },
    movable
      ? // Its posts and scores then follow day by day.
        {
          line: `/subscribe channel:forecasts symbols:${[...new Set([first, second])].join(',')} time:09:00`,
          label: 'A post every morning: save it, then press Next day',
        }
      : { line: `/forecast symbol:${second} horizon:7d`, label: `The week ahead for ${nameOf(second)}` },
    { line: '/accuracy', label: 'How past forecasts turned out' },
    { line: '/status', label: 'Sources, models and the database' },
    { line: '/help', label: 'Everything you can ask' },
  ];
}

const nameOf = (symbol: string) => KNOWN_ASSETS.find((asset) => asset.symbol === symbol)?.name ?? symbol;

/** Returns up to three lines for the welcome message that the given commands can answer; `movable`: the clock can be moved. */
export function chooseExamples(
  entries: readonly CatalogueEntry[],
  symbols: readonly string[],
  movable = false,
): readonly Example[] {
  const known = preferred(symbols, movable).filter(({ line }) => entries.some((entry) => answers(entry, line)));
  const others = entries
    .filter((entry) => entry.options.every((option) => !option.required))
    .map((entry) => ({ line: `/${entry.name}`, label: entry.description }))
    .filter(({ line }) => !known.some((example) => example.line === line));
  return [...known, ...others].slice(0, MAX_EXAMPLES);
}

function answers(entry: CatalogueEntry, line: string): boolean {
  const [name, ...options] = line.slice(1).split(' ');
  const given = options.map((option) => option.split(':')[0]);
  return (
    entry.name === name &&
    given.every((wanted) => entry.options.some((option) => option.name === wanted)) &&
    entry.options.every((option) => !option.required || given.includes(option.name))
  );
}
