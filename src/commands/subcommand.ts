import {
  type APIApplicationCommandBasicOption,
  type APIApplicationCommandOption,
  ApplicationCommandOptionType,
} from 'discord.js';
import { CandlecastError } from '../core/errors.ts';
import type { Command } from './command.ts';
import { nearest } from './nearest.ts';

/** What a person calls in the end: a command without subcommands, or one of its subcommands. */
export interface Leaf {
  /** Names after the command's: none, a subcommand, or a group and a subcommand. */
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

/** Whether a command is called by the names of its subcommands. */
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
  const near = nearest(wanted, names);
  const usage = names.map((name) => `/${definition.name} ${name}`).join(', ');
  throw new CandlecastError(
    'CC_USAGE',
    wanted === ''
      ? `/${definition.name} needs the name of what to do.`
      : `/${definition.name} has no part "${wanted.slice(0, 40)}".`,
    { remedy: near ? `Did you mean /${definition.name} ${near}?` : `There is ${usage}.` },
  );
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
