import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { ApplicationCommandUpdateRequestSchema } from 'discord-api-spec/zod';
import { describe, expect, test } from 'vitest';
import type { Command } from '../../src/commands/command.ts';
import { leavesOf } from '../../src/commands/options.ts';
import { COMMANDS, COMPONENT_HANDLERS, OWNER_COMMANDS } from '../../src/commands/registry.ts';
import { asDescribed } from '../support/discord/command-rules.ts';

const NAME = /^[-_\p{L}\p{N}]{1,32}$/u;
const LOCALES = ['de', 'es-419', 'es-ES', 'fr', 'pt-BR'];
const named = (list: readonly Command[]) => list.map((command) => [command.definition.name, command] as const);
const commands = named([...COMMANDS, ...OWNER_COMMANDS]);

/** Every option, subcommands and what is below them included. */
function allOptions(options: Command['definition']['options'] = []): NonNullable<Command['definition']['options']> {
  return options.flatMap((option) => [option, ...('options' in option ? allOptions(option.options) : [])]);
}

describe.each(commands)('/%s', (_name, { definition }) => {
  test('is a definition that Discord’s own description accepts', () => {
    expect(ApplicationCommandUpdateRequestSchema.safeParse(asDescribed(definition))).toMatchObject({ success: true });
  });

  test('has names that Discord’s pattern allows, in lower case', () => {
    for (const name of [definition.name, ...allOptions(definition.options).map((option) => option.name)]) {
      expect(name).toMatch(NAME);
      expect(name).toBe(name.toLowerCase());
    }
  });

  test('is described in five more languages, each description short enough', () => {
    for (const described of [definition, ...allOptions(definition.options)]) {
      expect(Object.keys(described.description_localizations ?? {}).sort(), described.name).toEqual(LOCALES);
      for (const text of [described.description, ...Object.values(described.description_localizations ?? {})]) {
        expect(text?.length).toBeGreaterThan(0);
        expect(text?.length).toBeLessThanOrEqual(100);
      }
    }
  });

  test('names its choices in the same languages, each name short enough', () => {
    for (const option of allOptions(definition.options)) {
      for (const choice of ('choices' in option && option.choices) || []) {
        expect(Object.keys(choice.name_localizations ?? {}).sort(), `${option.name} ${choice.name}`).toEqual(LOCALES);
        for (const text of [choice.name, ...Object.values(choice.name_localizations ?? {})]) {
          expect(text?.length).toBeGreaterThan(0);
          expect(text?.length).toBeLessThanOrEqual(100);
        }
      }
    }
  });

  test('asks for required options first and offers choices or autocompletion, not both', () => {
    for (const { options } of leavesOf(definition)) {
      const required = options.map((option) => option.required === true);
      expect(required).toEqual([...required].sort((a, b) => Number(b) - Number(a)));
    }
    for (const option of allOptions(definition.options)) {
      if ('choices' in option && option.choices) {
        expect('autocomplete' in option && option.autocomplete).toBeFalsy();
        expect(option.choices.length).toBeLessThanOrEqual(25);
      }
    }
  });
});

// Where the owners' commands are registered, in one server, Discord knows neither.
test.each(named(COMMANDS))('/%s says where it may be used and how it may be installed', (_name, { definition }) => {
  expect(definition.contexts?.length).toBeGreaterThan(0);
  expect(definition.integration_types?.length).toBeGreaterThan(0);
});

test('no two commands share a name and no two handlers a prefix', () => {
  expect(new Set(commands.map(([name]) => name)).size).toBe(commands.length);
  expect(new Set(COMPONENT_HANDLERS.map((handler) => handler.prefix)).size).toBe(COMPONENT_HANDLERS.length);
});

test('every command and component handler has a file of its own, 200 lines or fewer', () => {
  const folder = new URL('../../src/commands/', import.meta.url);
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
  const files = paths.map((path) => ({ path, text: readFileSync(new URL(path, folder), 'utf8') }));
  const holding = files.filter(({ text }) => /ApplicationCommandType\.ChatInput|: ComponentHandler =/.test(text));
  expect(holding.map(({ path }) => basename(path)).sort()).toEqual(
    expect.arrayContaining(['forecast.ts', 'help.ts', 'status.ts', 'subscriptions.ts']),
  );
  expect(holding).toHaveLength(commands.length);
  for (const { path, text } of holding) {
    expect({ path, lines: text.trimEnd().split('\n').length <= 200 }).toEqual({ path, lines: true });
  }
});
