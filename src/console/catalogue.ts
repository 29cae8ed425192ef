import {
  type APIApplicationCommandOption,
  ApplicationCommandOptionType,
  type RESTPostAPIChatInputApplicationCommandsJSONBody,
} from 'discord-api-types/v10';
import type { Command } from '../commands/command.ts';
import { CONSOLE_CHANNELS } from './caller.ts';

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
  return commands.flatMap((command) => entries(command.definition));
}

/**
 * Splits an entry's name into the command and what stands in its options for a subcommand: `paper start` is `paper` with
 * `subcommand: 'start'`, as on Discord's side.
 */
export function splitEntryName(entry: string): {
  readonly name: string;
  readonly path: Readonly<Record<string, string>>;
} {
  const [name = '', ...rest] = entry.split(' ');
  const [first, second] = rest;
  if (first === undefined) return { name, path: {} };
  return { name, path: second === undefined ? { subcommand: first } : { group: first, subcommand: second } };
}

function entries(definition: RESTPostAPIChatInputApplicationCommandsJSONBody): CatalogueEntry[] {
  const walk = (prefix: string, description: string, options: readonly APIApplicationCommandOption[]) => {
    const nested: CatalogueEntry[] = [];
    const own: CatalogueOption[] = [];
    for (const option of options) {
      if (
        option.type === ApplicationCommandOptionType.Subcommand ||
        option.type === ApplicationCommandOptionType.SubcommandGroup
      ) {
        nested.push(...walk(`${prefix} ${option.name}`, option.description, option.options ?? []));
      } else {
        own.push(describe(option));
      }
    }
    return nested.length > 0 ? nested : [{ name: prefix, description, options: own }];
  };
  return walk(definition.name, definition.description, definition.options ?? []);
}

function describe(option: APIApplicationCommandOption): CatalogueOption {
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
