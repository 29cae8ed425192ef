import type { ApplicationCommandOptionChoiceData, AutocompleteInteraction } from 'discord.js';
import type { Caller, Choice, Command, CommandContext } from '../commands/command.ts';
import { chosenLocale } from '../commands/dispatch.ts';
import { MAX_CHOICE_LENGTH, MAX_CHOICES } from '../commands/shared-options.ts';
import { cutText } from '../core/cut-text.ts';
import { describeError, type Redact } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';

const MAX_FOCUSED_LENGTH = 100;

/** What answering an autocompletion needs. */
export interface AutocompleteOptions {
  readonly context: CommandContext;
  readonly caller: Caller;
  readonly logger: Logger;
  readonly redact: Redact;
}

/** The caller with what they have chosen with /me, as far as that is known without waiting; it is read for the next key that they press. */
function withKnownPreferences(caller: Caller, { services }: CommandContext): Caller {
  void services.preferences.of(caller.userId);
  const preferences = services.preferences.recall(caller.userId);
  return { ...caller, preferences, locale: chosenLocale(caller.locale, preferences) };
}

/** Answers an autocompletion from memory. Never throws: at worst the person sees no suggestions. */
export async function answerAutocomplete(
  interaction: AutocompleteInteraction,
  command: Command | undefined,
  { context, caller, logger, redact }: AutocompleteOptions,
): Promise<void> {
  const facts = { command: interaction.commandName, interactionId: interaction.id };
  let choices: readonly Choice[] = [];
  try {
    const { name, value } = interaction.options.getFocused(true);
    const focused = { name, value: cutText(String(value), MAX_FOCUSED_LENGTH) };
    choices = command?.autocomplete?.(focused, context, withKnownPreferences(caller, context)) ?? [];
  } catch (error) {
    logger.error({ ...facts, error: describeError(error, redact) }, 'autocompletion failed');
  }
  try {
    await interaction.respond(sendableChoices(choices));
  } catch (error) {
    // Common and harmless: the person typed on, so Discord no longer waits for this one.
    logger.debug({ ...facts, error: describeError(error, redact) }, 'autocompletion came too late');
  }
}

/** Fits choices to Discord's limits: 25, each with a name and a value of 1 to 100 characters, no value twice. */
export function sendableChoices(choices: readonly Choice[]): ApplicationCommandOptionChoiceData<string>[] {
  const sendable = new Map<string, ApplicationCommandOptionChoiceData<string>>();
  for (const { name, value } of choices) {
    if (sendable.size === MAX_CHOICES) break;
    // A value that was cut would mean something else, so it is left out; a name is only read.
    if (value.length === 0 || value.length > MAX_CHOICE_LENGTH || !value.isWellFormed() || sendable.has(value))
      continue;
    sendable.set(value, { name: shortened(name.trim() || value), value });
  }
  return [...sendable.values()];
}

function shortened(name: string): string {
  return name.length <= MAX_CHOICE_LENGTH ? name.toWellFormed() : `${cutText(name, MAX_CHOICE_LENGTH - 1)}…`;
}
