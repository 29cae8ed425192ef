import { ApplicationCommandType } from 'discord.js';
import { helpReply } from '../../render/admin/help-embed.ts';
import type { Command } from '../command.ts';
import { DESCRIPTIONS } from '../localizations.ts';
import { EVERYWHERE } from '../reach.ts';
import { hasSubcommands, leavesOf } from '../subcommand.ts';

/** `/help`: what the bot does, how to read a forecast, and every command; given the commands to list beside itself. */
export function createHelpCommand(others: readonly Command[]): Command {
  const definition: Command['definition'] = {
    type: ApplicationCommandType.ChatInput,
    name: 'help',
    description: 'What this bot does and how to read a forecast',
    description_localizations: DESCRIPTIONS.help,
    ...EVERYWHERE,
  };
  return {
    definition,
    isPrivate: () => true,
    async execute(_options, caller, context) {
      const definitions = [...others.map((command) => command.definition), definition];
      return helpReply(
        definitions.map((listed) => ({
          name: listed.name,
          description: listed.description_localizations?.[asLocale(caller.locale)] ?? listed.description,
          options: listedOptions(listed),
        })),
        context.version,
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

/** The locale under which a description may be found; an unknown one finds nothing. */
function asLocale(locale: string): keyof typeof DESCRIPTIONS.help {
  return locale as keyof typeof DESCRIPTIONS.help;
}
