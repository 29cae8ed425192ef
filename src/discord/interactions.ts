import {
  type ButtonInteraction,
  type ChatInputCommandInteraction,
  type Interaction,
  MessageFlags,
  type StringSelectMenuInteraction,
} from 'discord.js';
import type { Command, CommandContext, ComponentHandler } from '../commands/command.ts';
import { validateOptions } from '../commands/options.ts';
import { createProgressChannel } from '../commands/progress.ts';
import { CandlecastError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { Sleep } from '../core/time.ts';
import type { Reply } from '../render/reply.ts';
import { type AdmissionLimits, createAdmission, DEFAULT_ADMISSION_LIMITS } from './admission.ts';
import { answerAutocomplete } from './autocomplete.ts';
import { deliver } from './delivery.ts';
import type { ErrorFunnel } from './error-funnel.ts';
import { isForcedPrivate, readCaller, readOptions } from './incoming.ts';
import { toOutgoing } from './outgoing.ts';
import { describeError, type Redact } from './safe-error.ts';
import { withTimeLimit } from './time-limit.ts';

/** What interactions are answered with. */
export interface RouterOptions {
  readonly commands: readonly Command[];
  /** Refused to everybody who is not in `ownerIds`. */
  readonly ownerCommands: readonly Command[];
  readonly components: readonly ComponentHandler[];
  readonly context: CommandContext;
  readonly ownerIds: readonly string[];
  readonly funnel: ErrorFunnel;
  readonly logger: Logger;
  readonly redact: Redact;
  readonly sleep: Sleep;
  readonly commandTimeoutMs?: number;
  readonly limits?: AdmissionLimits;
}

/** Answers interactions of one client. */
export interface InteractionRouter {
  /** Answers one interaction; never rejects. */
  handle(interaction: Interaction): Promise<void>;
  /** Takes no more commands and waits for those that run, `limitMs` at most; false when some were still running. */
  drain(limitMs: number): Promise<boolean>;
}

type Answerable = ChatInputCommandInteraction | ButtonInteraction | StringSelectMenuInteraction;

/** One interaction made ready to run: how it is acknowledged, worked out and answered. */
interface Task {
  readonly interaction: Answerable;
  readonly name: string;
  acknowledge(): Promise<unknown>;
  readonly timeLimitMs: number;
  execute(): Promise<Reply>;
  /** Ends the showing of progress, so that nothing comes after the answer. */
  settle?(): Promise<void>;
  answer(reply: Reply): Promise<unknown>;
  answerError(reply: Reply): Promise<unknown>;
}

const COMMAND_TIMEOUT_MS = 60_000;
/** An interaction's token lives fifteen minutes; half a minute is left for the last edit and its repetitions. */
const LONGEST_ANSWER_MS = 14.5 * 60_000;
/** Discord allows five edits in five seconds; progress takes fewer than half of them. */
const PROGRESS_EVERY_MS = 2_500;

/** Builds the router over explicit lists of commands and component handlers. */
export function createInteractionRouter(options: RouterOptions): InteractionRouter {
  const { context, funnel, logger, redact, sleep, commandTimeoutMs = COMMAND_TIMEOUT_MS } = options;
  const commands = byName(options.commands);
  const ownerCommands = byName(options.ownerCommands);
  const components = new Map(options.components.map((handler) => [handler.prefix, handler]));
  const ownerIds = new Set(options.ownerIds);
  const admission = createAdmission(options.limits ?? DEFAULT_ADMISSION_LIMITS, context.now);
  const running = new Set<Promise<void>>();
  let draining = false;

  function commandTask(interaction: ChatInputCommandInteraction): Task {
    const command = commands.get(interaction.commandName) ?? ownerCommands.get(interaction.commandName);
    if (!command) throw new CandlecastError('CC_USAGE', 'I no longer have that command.', { remedy: 'Look at /help.' });
    const caller = readCaller(interaction, ownerIds);
    if (!commands.has(interaction.commandName) && !caller.isOwner) {
      throw new CandlecastError('CC_NOT_ALLOWED', 'Only an owner of the bot may use that command.');
    }
    const values = readOptions(interaction);
    const isPrivate = isForcedPrivate(interaction) || (command.isPrivate?.(values) ?? false);
    const edit = (reply: Reply) => interaction.editReply(toOutgoing(reply));
    const progress = createProgressChannel({
      send: edit,
      now: context.now,
      sleep,
      everyMs: PROGRESS_EVERY_MS,
      onError: (error) =>
        logger.warn(
          { interactionId: interaction.id, error: describeError(error, redact) },
          'progress could not be shown',
        ),
    });
    return {
      interaction,
      name: `/${interaction.commandName}`,
      acknowledge: () => interaction.deferReply(isPrivate ? { flags: MessageFlags.Ephemeral } : {}),
      timeLimitMs: Math.min(command.timeLimitMs ?? commandTimeoutMs, LONGEST_ANSWER_MS),
      execute: async () => command.execute(validateOptions(command.definition, values), caller, context, progress.show),
      settle: progress.end,
      answer: edit,
      answerError: edit,
    };
  }

  function componentTask(interaction: ButtonInteraction | StringSelectMenuInteraction): Task {
    const at = interaction.customId.indexOf(':');
    const prefix = at === -1 ? interaction.customId : interaction.customId.slice(0, at);
    const handler = components.get(prefix);
    if (!handler) {
      throw new CandlecastError('CC_USAGE', 'That button belongs to an older version of me.', {
        remedy: 'Call the command again for a new one.',
      });
    }
    const rest = at === -1 ? '' : interaction.customId.slice(at + 1);
    const values = interaction.isStringSelectMenu() ? interaction.values : [];
    const caller = readCaller(interaction, ownerIds);
    return {
      interaction,
      name: prefix,
      acknowledge: () => interaction.deferUpdate(),
      timeLimitMs: commandTimeoutMs,
      execute: async () => handler.execute({ rest, values }, caller, context),
      answer: (reply) => interaction.editReply(toOutgoing(reply)),
      // The message may be everybody's and still good: only the person who pressed hears that it went wrong.
      answerError: (reply) => interaction.followUp({ ...toOutgoing(reply), flags: MessageFlags.Ephemeral }),
    };
  }

  /** Sends an error through the funnel and the answer, if there is one, on its way; never rejects. */
  async function fail(error: unknown, facts: object, send: (reply: Reply) => Promise<unknown>): Promise<void> {
    const reply = funnel(error, facts);
    if (!reply) return;
    try {
      await deliver(() => send(reply), sleep);
    } catch (failure) {
      logger.warn({ ...facts, error: describeError(failure, redact) }, 'error reply could not be delivered');
    }
  }

  async function answer(interaction: Answerable): Promise<void> {
    const startMs = context.now();
    let facts: object = { interactionId: interaction.id, guildId: interaction.guildId };
    let task: Task;
    let leave: () => void;
    try {
      if (draining) throw new CandlecastError('CC_STOPPING', 'I am being restarted.', { retryable: true });
      task = interaction.isChatInputCommand() ? commandTask(interaction) : componentTask(interaction);
      facts = { ...facts, name: task.name };
      leave = admission.enter(interaction.user.id);
    } catch (error) {
      await fail(error, facts, (reply) => interaction.reply({ ...toOutgoing(reply), flags: MessageFlags.Ephemeral }));
      return;
    }
    try {
      await task.acknowledge();
    } catch (error) {
      leave();
      // Without a first response there is nothing to answer to; the funnel only writes it down.
      funnel(error, { ...facts, ageMs: startMs - interaction.createdTimestamp });
      return;
    }
    try {
      const reply = await withTimeLimit(task.execute(), task.timeLimitMs, sleep, (error) => {
        logger.warn({ ...facts, error: describeError(error, redact) }, 'an answer failed after its time limit');
      });
      await task.settle?.();
      await deliver(() => task.answer(reply), sleep);
      logger.info({ ...facts, durationMs: context.now() - startMs }, 'interaction answered');
    } catch (error) {
      await task.settle?.();
      await fail(error, { ...facts, durationMs: context.now() - startMs }, task.answerError);
    } finally {
      leave();
    }
  }

  async function route(interaction: Interaction): Promise<void> {
    if (interaction.isAutocomplete()) {
      const { commandName } = interaction;
      const command = commands.get(commandName) ?? ownerCommands.get(commandName);
      await answerAutocomplete(interaction, command, {
        context,
        logger,
        redact,
        caller: readCaller(interaction, ownerIds),
      });
    } else if (interaction.isChatInputCommand() || interaction.isButton() || interaction.isStringSelectMenu()) {
      await answer(interaction);
    } else {
      logger.warn({ interactionId: interaction.id, type: interaction.type }, 'interaction of an unknown kind');
    }
  }

  return {
    async handle(interaction) {
      const work = route(interaction).catch((error: unknown) => {
        logger.error({ interactionId: interaction.id, error: describeError(error, redact) }, 'interaction was lost');
      });
      running.add(work);
      await work;
      running.delete(work);
    },
    async drain(limitMs) {
      draining = true;
      if (running.size === 0) return true;
      const stop = new AbortController();
      const limit = sleep(limitMs, stop.signal).then(
        () => false,
        () => true,
      );
      const drained = await Promise.race([Promise.allSettled(running).then(() => true), limit]);
      stop.abort();
      return drained;
    },
  };
}

function byName(commands: readonly Command[]): ReadonlyMap<string, Command> {
  return new Map(commands.map((command) => [command.definition.name, command]));
}
