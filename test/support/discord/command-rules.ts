import {
  type APIApplicationCommandOption,
  Locale,
  ApplicationCommandOptionType as OptionType,
  type RESTPostAPIChatInputApplicationCommandsJSONBody,
} from 'discord-api-types/v10';

const NAME = /^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u;
const LOCALES: ReadonlySet<string> = new Set(Object.values(Locale));
const MAX_COMMANDS = 100;
const MAX_TOTAL = 8_000;

/**
 * A command as Discord's machine-readable description wants it: permissions as a number. Discord's documentation says a string
 * of digits, which is what it takes and what discord.js sends; anything else is left for the schema to refuse.
 */
export function asDescribed(command: unknown): unknown {
  if (typeof command !== 'object' || command === null || !('default_member_permissions' in command)) return command;
  const bits = command.default_member_permissions;
  const isString = typeof bits === 'string' && /^\d{1,15}$/.test(bits);
  return isString ? { ...command, default_member_permissions: Number(bits) } : command;
}

interface Named {
  readonly name: string;
  readonly description?: string | undefined;
  readonly name_localizations?: Readonly<Partial<Record<string, string | null>>> | null | undefined;
  readonly description_localizations?: Readonly<Partial<Record<string, string | null>>> | null | undefined;
}

/** What Discord refuses in a bulk registration besides what its schema says. */
export function commandProblems(commands: readonly RESTPostAPIChatInputApplicationCommandsJSONBody[]): string[] {
  const problems: string[] = [];
  if (commands.length > MAX_COMMANDS) problems.push(`${commands.length} commands, at most ${MAX_COMMANDS}`);
  problems.push(...duplicates('commands', commands));
  for (const [i, command] of commands.entries()) {
    problems.push(...namedProblems(`${i}`, command), ...optionProblems(`${i}`, command.options ?? []));
    const total = textLength(command);
    if (total > MAX_TOTAL) problems.push(`${i}: ${total} characters in total, at most ${MAX_TOTAL}`);
    for (const list of [command.contexts ?? [], command.integration_types ?? []]) {
      if (new Set<number>(list).size < list.length) problems.push(`${i}: contexts and integration types are sets`);
    }
  }
  return problems;
}

function optionProblems(path: string, options: readonly APIApplicationCommandOption[]): string[] {
  const problems = duplicates(`${path}.options`, options);
  const nested = options.filter(({ type }) => type === OptionType.Subcommand || type === OptionType.SubcommandGroup);
  if (nested.length > 0 && nested.length < options.length) problems.push(`${path}: subcommands and options do not mix`);
  let optionalSeen = false;
  for (const [i, option] of options.entries()) {
    const at = `${path}.options.${i}`;
    problems.push(...namedProblems(at, option));
    if (option.required && optionalSeen) problems.push(`${at}: Required options must be placed before non-required`);
    optionalSeen ||= !option.required;
    if ('options' in option && option.options) problems.push(...optionProblems(at, option.options));
    const choices = 'choices' in option ? (option.choices ?? []) : [];
    if (choices.length > 0 && 'autocomplete' in option && option.autocomplete) {
      problems.push(`${at}: choices and autocomplete exclude each other`);
    }
    problems.push(...duplicates(`${at}.choices`, choices));
    for (const choice of choices) if (!choice.name.trim()) problems.push(`${at}: a choice without a name`);
  }
  return problems;
}

function namedProblems(path: string, { name, description, ...localised }: Named): string[] {
  const problems: string[] = [];
  const names = [name, ...Object.values(localised.name_localizations ?? {})];
  for (const text of names) {
    if (text != null && (!NAME.test(text) || text !== text.toLowerCase())) {
      problems.push(`${path}.name: Command name is invalid: ${text}`);
    }
  }
  if (!description?.trim()) problems.push(`${path}.description: This field is required`);
  const locales = { ...localised.name_localizations, ...localised.description_localizations };
  for (const locale of Object.keys(locales)) {
    if (!LOCALES.has(locale)) problems.push(`${path}: ${locale} is not a locale of Discord`);
  }
  return problems;
}

function duplicates(path: string, items: readonly { readonly name: string }[]): string[] {
  const names = new Set(items.map(({ name }) => name));
  return names.size < items.length ? [`${path}: names must be unique`] : [];
}

function textLength(item: {
  readonly name: string;
  readonly description?: string | undefined;
  readonly options?: readonly APIApplicationCommandOption[] | undefined;
}): number {
  let total = item.name.length + (item.description?.length ?? 0);
  for (const option of item.options ?? []) {
    total += textLength(option as typeof item);
    const choices = 'choices' in option ? (option.choices ?? []) : [];
    for (const { name, value } of choices) total += name.length + String(value).length;
  }
  return total;
}
