import { ApplicationCommandType } from 'discord.js';

/** The type of the command that opens an application's Activity. */
export const PRIMARY_ENTRY_POINT = ApplicationCommandType.PrimaryEntryPoint;

/** Fields of commands, options and choices that say what they are. Discord adds others, such as ids and versions. */
const FIELDS: ReadonlySet<string> = new Set([
  'type',
  'name',
  'name_localizations',
  'description',
  'description_localizations',
  'default_member_permissions',
  'contexts',
  'integration_types',
  'nsfw',
  'handler',
  'options',
  'required',
  'autocomplete',
  'choices',
  'value',
  'channel_types',
  'min_value',
  'max_value',
  'min_length',
  'max_length',
]);

/**
 * Writes commands so that two lists that mean the same are the same text: sorted by name, without the fields that Discord adds, and without
 * those that have their default value.
 */
export function canonicalCommands(commands: readonly object[]): string {
  const written = commands.map((command) =>
    JSON.stringify(canonical({ type: ApplicationCommandType.ChatInput, ...command })),
  );
  return `[${written.sort().join(',')}]`;
}

/** A command as Discord returned it, with the fields alone that it takes. */
export function writableCommand(command: object): object {
  return Object.fromEntries(Object.entries(command).filter(([name]) => FIELDS.has(name)));
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(canonical);
    // Lists of numbers, such as contexts, are sets; the order of options and choices is what people see.
    return items.every((item) => typeof item === 'number') ? items.sort((a, b) => a - b) : items;
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .filter(([name]) => FIELDS.has(name))
    .map(([name, inner]) => [name, name.endsWith('_localizations') ? localizations(inner) : canonical(inner)] as const);
  return Object.fromEntries(entries.filter(([, inner]) => !isDefault(inner)).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function localizations(value: unknown): object | null {
  if (typeof value !== 'object' || value === null) return null;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, text]) => text !== null)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function isDefault(value: unknown): boolean {
  if (value === null || value === undefined || value === false) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
