import { ApplicationCommandType, type LocalizationMap } from 'discord.js';
import { languageOf } from '../../language/languages.ts';
import { translatorFor } from '../../language/translator.ts';
import { helpReply } from '../../render/admin/help-embed.ts';
import type { Command } from '../command.ts';
import { described } from '../localizations.ts';
import { hasSubcommands, leavesOf } from '../options.ts';
import { EVERYWHERE } from '../shared-options.ts';

/** `/help`: what the bot does, how to read a forecast, and every command; given the commands to list beside itself. */
export function createHelpCommand(others: readonly Command[]): Command {
  const definition: Command['definition'] = {
    type: ApplicationCommandType.ChatInput,
    name: 'help',
    ...described({
      en: 'What this bot does and how to read a forecast',
      de: 'Was dieser Bot kann und wie man eine Prognose liest',
      es: 'Qué hace este bot y cómo leer un pronóstico',
      fr: 'Ce que fait ce bot et comment lire une prévision',
      pt: 'O que este bot faz e como ler uma previsão',
    }),
    ...EVERYWHERE,
  };
  return {
    load: 'light',
    isAboutPeople: true,
    definition,
    isPrivate: () => true,
    async execute(_options, caller, context) {
      const definitions = [...others.map((command) => command.definition), definition];
      return helpReply(
        definitions.map((listed) => ({
          name: listed.name,
          description: translated(listed, caller.locale),
          options: listedOptions(listed),
        })),
        context.version,
        context.links,
        translatorFor(caller.locale),
      );
    },
  };
}

/** The options of a command; of one with subcommands, their names in place of them. */
function listedOptions(listed: Command['definition']) {
  const leaves = leavesOf(listed);
  if (hasSubcommands(listed)) return [{ name: leaves.map(({ path }) => path.join(' ')).join('|'), required: true }];
  return leaves.flatMap(({ options }) => options.map(({ name, required = false }) => ({ name, required })));
}

/** The description in a language, or in English where it is not translated. */
function translated({ description, description_localizations }: Command['definition'], locale: string): string {
  const byLocale = description_localizations ?? {};
  // Discord knows `es-419` and `pt-BR` beside `de`; a reader's setting names the language alone.
  const exact = byLocale[locale as keyof LocalizationMap];
  const near = Object.entries(byLocale).find(([known]) => languageOf(known) === languageOf(locale))?.[1];
  return exact ?? near ?? description;
}
