import { ApplicationCommandType } from 'discord.js';
import { helpReply } from '../render/help-embed.ts';
import type { Command } from './command.ts';
import { DESCRIPTIONS } from './localizations.ts';
import { EVERYWHERE } from './reach.ts';

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
          options: (listed.options ?? []).map((option) => ({
            name: option.name,
            required: 'required' in option && option.required === true,
          })),
        })),
        context.version,
      );
    },
  };
}

/** The locale under which a description may be found; an unknown one finds nothing. */
function asLocale(locale: string): keyof typeof DESCRIPTIONS.help {
  return locale as keyof typeof DESCRIPTIONS.help;
}
