import {
  type AnySelectMenuInteraction,
  type ButtonInteraction,
  type ChatInputCommandInteraction,
  DiscordAPIError,
  type Interaction,
  MessageFlags,
  RESTJSONErrorCodes,
} from 'discord.js';
import type { SharedStarts } from '../cluster/shared-starts.ts';
import type { Command, CommandContext, CommandLoad, ComponentHandler } from '../commands/command.ts';
import {
  answersCallerAlone,
  chosenLocale,
  findComponent,
  runCommand,
  runComponent,
  withTimeLimit,
} from '../commands/dispatch.ts';
import { createProgressChannel } from '../commands/progress.ts';
import {
  asCandlecastError,
  CandlecastError,
  DatabaseError,
  describeError,
  type ErrorCode,
  type Redact,
} from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { type InteractionOutcome, type Metrics, noMetrics } from '../core/metrics.ts';
import { type Sleep, steadyClock } from '../core/time.ts';
import { inScope, newScopeId } from '../core/under-way.ts';
import type { ErrorReader } from '../render/error-embed.ts';
import type { Reply } from '../render/reply.ts';
import { type AdmissionLimits, createAdmission, createPacing, DEFAULT_ADMISSION_LIMITS, tooFast } from './admission.ts';
import { answerAutocomplete } from './autocomplete.ts';
import { isForcedPrivate, readCaller, readOptions } from './caller.ts';
import { deliver, toOutgoing } from './delivery.ts';
import type { ErrorFunnel } from './error-funnel.ts';
import { type InteractionTimes, takeTimes } from './interaction-times.ts';
import type { ShardTurn } from './keep-connected.ts';

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
  /** Uniform in [0, 1): for the ids by which the log's lines about an interaction are found. */
  readonly random: () => number;
  readonly metrics?: Metrics;
  readonly commandTimeoutMs?: number;
  readonly limits?: AdmissionLimits;
  /** Whether an interaction is to be answered here; absent where no other process is sent the same. Never rejects. */
  readonly claim?: ShardTurn['claim'] | undefined;
  /** Told that an interaction had been answered before this process could. */
  readonly onAnsweredElsewhere?: () => void;
  /** Counts what a person starts in all processes; absent where this is the only one. */
  readonly starts?: SharedStarts | undefined;
}

/** Answers interactions of one client. */
export interface InteractionRouter {
  /** Answers one interaction; never rejects. */
  handle(interaction: Interaction): Promise<void>;
  /**
   * Takes no more commands and waits for those that run, `limitMs` at most, then stops them; false when some were still running. With
   * `handedOver`, another process gets the same interactions: new ones are left to it.
   */
  drain(limitMs: number, options?: { readonly handedOver?: boolean }): Promise<boolean>;
}

type Answerable = ChatInputCommandInteraction | ButtonInteraction | AnySelectMenuInteraction;

/** One interaction prepared: how it is acknowledged, executed and answered. */
interface Task {
  readonly name: string;
  /** The same for the metrics. */
  readonly counted: string;
  acknowledge(): Promise<unknown>;
  readonly load: CommandLoad;
  readonly timeLimitMs: number;
  execute(signal: AbortSignal): Promise<Reply>;
  /** Ends the progress messages, so that none comes after the answer. */
  endProgress?(): Promise<void>;
  answer(reply: Reply): Promise<unknown>;
  answerError(reply: Reply): Promise<unknown>;
}

/** Errors that say that nothing was tried. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set(['CC_BUSY', 'CC_STOPPING', 'CC_NOT_ALLOWED']);

const COMMAND_TIMEOUT_MS = 60_000;
/** An interaction's token lives fifteen minutes; half a minute is left for the last edit and its retries. */
const MAX_ANSWER_MS = 14.5 * 60_000;
/** Discord allows five edits in five seconds; progress takes fewer than half of them. */
const PROGRESS_EVERY_MS = 2_500;

/** Builds the router over explicit lists of commands and component handlers. */
export function createInteractionRouter(options: RouterOptions): InteractionRouter {
  const { context, funnel, logger, redact, sleep, random, metrics = noMetrics } = options;
  const { commandTimeoutMs = COMMAND_TIMEOUT_MS } = options;
  const commands = byName(options.commands);
  const ownerCommands = byName(options.ownerCommands);
  const ownerIds = new Set(options.ownerIds);
  const limits = options.limits ?? DEFAULT_ADMISSION_LIMITS;
  const admission = createAdmission(limits, context.now, metrics.admissionRefused);
  const running = new Set<Promise<void>>();
  const stops = new Set<AbortController>();
  const pacing = createPacing();
  const steady = steadyClock(context.now);
  let draining = false;
  let handedOver = false;

  /** With `refusal`, nothing is done but to say why. */
  async function route(
    interaction: Interaction,
    times: InteractionTimes,
    refusal: CandlecastError | null,
  ): Promise<void> {
    if (interaction.isAutocomplete()) {
      const command = commands.get(interaction.commandName) ?? ownerCommands.get(interaction.commandName);
      if (command) times.name(command.definition.name);
      const caller = readCaller(interaction, ownerIds);
      await answerAutocomplete(interaction, command, { context, logger, redact, caller });
      times.finish('suggested');
    } else if (interaction.isChatInputCommand() || interaction.isButton() || interaction.isAnySelectMenu()) {
      await pacing.acknowledge();
      times.finish(await answer(interaction, times, refusal));
    } else {
      logger.warn({ interactionId: interaction.id, type: interaction.type }, 'interaction of an unknown kind');
    }
  }

  /** Checks the person's limits, acknowledges the interaction within Discord's three seconds, executes and answers; returns how it ended. */
  async function answer(
    interaction: Answerable,
    times: InteractionTimes,
    refusal: CandlecastError | null,
  ): Promise<InteractionOutcome> {
    const startMs = context.now();
    let facts: object = { interactionId: interaction.id, guildId: interaction.guildId };
    const reader = readerOf(interaction);
    let task: Task;
    let leave: () => void;
    const stop = new AbortController();
    try {
      if (refusal) {
        if (refusal.code === 'CC_STOPPING') metrics.admissionRefused('stopping');
        throw refusal;
      }
      task = interaction.isChatInputCommand() ? commandTask(interaction, stop) : componentTask(interaction);
      facts = { ...facts, name: task.name };
      times.name(task.counted);
      leave = admission.enter(interaction.user.id, task.load);
      const waitMs = (await options.starts?.start(interaction.user.id, limits)) ?? 0;
      if (waitMs > 0) {
        leave();
        metrics.admissionRefused('person-fast');
        throw tooFast(waitMs);
      }
    } catch (error) {
      const reply = (words: Reply) => interaction.reply({ ...toOutgoing(words), flags: MessageFlags.Ephemeral });
      const outcome = await fail(error, facts, reader, reply);
      return outcome === 'explained' && REFUSALS.has(asCandlecastError(error).code) ? 'refused' : outcome;
    }
    try {
      await task.acknowledge();
      times.end('acknowledge');
    } catch (error) {
      leave();
      if (isAnswered(error)) options.onAnsweredElsewhere?.();
      // Without an acknowledgement Discord takes no answer; the funnel only logs the error.
      funnel(error, { ...facts, ageMs: startMs - interaction.createdTimestamp }, reader);
      return 'lost';
    }
    stops.add(stop);
    try {
      if (task.load !== 'light') await pacing.answer();
      times.end('wait');
      const onLateError = (error: unknown) => {
        logger.warn({ ...facts, error: describeError(error, redact) }, 'an answer failed after its time limit');
      };
      const reply = await withTimeLimit(task.execute, task.timeLimitMs, sleep, onLateError, stop.signal);
      await task.endProgress?.();
      times.endComputing();
      await deliver(() => task.answer(reply), sleep);
      times.end('send');
      logger.info({ ...facts, durationMs: context.now() - startMs }, 'interaction answered');
      return 'answered';
    } catch (error) {
      await task.endProgress?.();
      return await fail(error, { ...facts, durationMs: context.now() - startMs }, reader, task.answerError);
    } finally {
      stops.delete(stop);
      leave();
    }
  }

  function commandTask(interaction: ChatInputCommandInteraction, stop: AbortController): Task {
    const { commandName } = interaction;
    const command = commands.get(commandName) ?? ownerCommands.get(commandName);
    if (!command)
      throw new CandlecastError('CC_USAGE', 'I no longer have that command.', {
        remedy: 'Look at /help.',
        said: { key: 'errors.commandGone' },
        advice: { key: 'errors.commandGoneAdvice' },
      });
    const caller = readCaller(interaction, ownerIds);
    if (!commands.has(commandName) && !caller.isOwner) {
      metrics.admissionRefused('not-allowed');
      throw new CandlecastError('CC_NOT_ALLOWED', 'Only an owner of the bot may use that command.', {
        said: { key: 'errors.ownersOnly' },
      });
    }
    const values = readOptions(interaction);
    const isForCallerAlone = isForcedPrivate(interaction) || answersCallerAlone(command, values, context);
    const edit = (reply: Reply) => interaction.editReply(toOutgoing(reply));
    const progress = createProgressChannel({
      send: edit,
      now: context.now,
      sleep,
      everyMs: PROGRESS_EVERY_MS,
      onError(error) {
        // Whoever deletes the message wants no answer.
        if (error instanceof DiscordAPIError && error.code === RESTJSONErrorCodes.UnknownMessage) stop.abort(error);
        const facts = { interactionId: interaction.id, error: describeError(error, redact) };
        logger.warn(facts, 'progress could not be shown');
      },
    });
    return {
      name: `/${commandName}`,
      counted: commandName,
      acknowledge: () => interaction.deferReply(isForCallerAlone ? { flags: MessageFlags.Ephemeral } : {}),
      load: command.load ?? 'usual',
      timeLimitMs: Math.min(command.timeLimitMs ?? commandTimeoutMs, MAX_ANSWER_MS),
      execute: async (signal) => runCommand(command, values, caller, context, progress.show, signal),
      endProgress: progress.end,
      answer: edit,
      answerError: edit,
    };
  }

  function componentTask(interaction: ButtonInteraction | AnySelectMenuInteraction): Task {
    const { handler, rest } = findComponent(interaction.customId, options.components);
    // Of a channel select these are ids.
    const values = interaction.isAnySelectMenu() ? interaction.values : [];
    const caller = readCaller(interaction, ownerIds);
    const isPrivate = handler.isPrivate?.(rest) ?? false;
    const edit = (reply: Reply) => interaction.editReply(toOutgoing(reply));
    return {
      name: handler.prefix,
      counted: `control ${handler.prefix}`,
      acknowledge: () =>
        isPrivate ? interaction.deferReply({ flags: MessageFlags.Ephemeral }) : interaction.deferUpdate(),
      load: handler.load ?? 'usual',
      timeLimitMs: Math.min(handler.timeLimitMs ?? commandTimeoutMs, MAX_ANSWER_MS),
      execute: async (signal) => runComponent(handler, { rest, values }, caller, context, signal),
      answer: edit,
      // The message may be public and still valid, so only the person who pressed sees the error.
      answerError: (reply) =>
        isPrivate ? edit(reply) : interaction.followUp({ ...toOutgoing(reply), flags: MessageFlags.Ephemeral }),
    };
  }

  /** Who reads an error: in the language chosen with /me where that is known, else in that of their Discord. */
  function readerOf({ user, locale }: Answerable): ErrorReader {
    return {
      locale: chosenLocale(locale, context.services.preferences.recall(user.id)),
      isOwner: ownerIds.has(user.id),
    };
  }

  /** Logs an error and delivers the reply about it, if there is one; never rejects. */
  async function fail(
    error: unknown,
    facts: object,
    reader: ErrorReader,
    send: (reply: Reply) => Promise<unknown>,
  ): Promise<'explained' | 'failed' | 'lost'> {
    const reply = funnel(error, facts, reader);
    if (!reply) return 'lost';
    try {
      await deliver(() => send(reply), sleep);
      return asCandlecastError(error).code === 'CC_INTERNAL' ? 'failed' : 'explained';
    } catch (failure) {
      logger.warn({ ...facts, error: describeError(failure, redact) }, 'error reply could not be delivered');
      return 'lost';
    }
  }

  return {
    async handle(interaction) {
      if (handedOver) return;
      const late = draining;
      const work = inScope({ request: newScopeId(random) }, steady, async (scope) => {
        const times = takeTimes(metrics, steady, scope);
        try {
          const claim = await options.claim?.(interaction.id);
          if (claim === 'elsewhere') return;
          await route(interaction, times, claim === 'unknown' ? cutOff() : late ? restarting() : null);
        } catch (error) {
          logger.error({ interactionId: interaction.id, error: describeError(error, redact) }, 'interaction was lost');
          times.finish('lost');
        }
      });
      running.add(work);
      await work;
      running.delete(work);
    },
    async drain(limitMs, left = {}) {
      draining = true;
      handedOver = left.handedOver ?? false;
      if (running.size === 0) return true;
      const drainedEarly = new AbortController();
      const limit = sleep(limitMs, drainedEarly.signal).then(
        () => false,
        () => true,
      );
      const drained = await Promise.race([Promise.allSettled(running).then(() => true), limit]);
      drainedEarly.abort();
      for (const stop of stops) stop.abort(restarting());
      return drained;
    },
  };
}

const restarting = () => new CandlecastError('CC_STOPPING', 'I am being restarted.', { retryable: true });

/** Of a process that has not been able to keep its shards, which another one may have taken. */
function cutOff(): DatabaseError {
  const problem = 'this part of the bot cannot reach it, and another part may already be answering in its place';
  return new DatabaseError(`My database does not answer: ${problem}.`, problem, {
    retryable: true,
    remedy: 'Ask again in a minute.',
  });
}

const isAnswered = (error: unknown): boolean =>
  error instanceof DiscordAPIError && error.code === RESTJSONErrorCodes.InteractionHasAlreadyBeenAcknowledged;

function byName(commands: readonly Command[]): ReadonlyMap<string, Command> {
  return new Map(commands.map((command) => [command.definition.name, command]));
}
