import { setTimeout as sleepFor } from 'node:timers/promises';
import type { Command, CommandContext, ComponentHandler } from '../commands/command.ts';
import {
  answersCallerAlone,
  complete,
  dispatch,
  isPrivatePress,
  press,
  timeLimitOfPress,
  withTimeLimit,
} from '../commands/dispatch.ts';
import { validateOptions } from '../commands/options.ts';
import { createProgressChannel } from '../commands/progress.ts';
import { findCommand, type ParsedCommand, parseLine } from '../commands/typed-line.ts';
import { asCandlecastError, describeError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { Clock, Sleep } from '../core/time.ts';
import { inScope } from '../core/under-way.ts';
import { errorReply } from '../render/error-embed.ts';
import type { Reply } from '../render/reply.ts';
import { splitEntryName } from './catalogue.ts';
import { localCaller } from './guild.ts';
import {
  type Answer,
  type CommandRequest,
  type CompletionRequest,
  type Completions,
  type PressRequest,
  toWire,
  type WireReply,
} from './wire.ts';

/** What the answers are made with. */
export interface AnswerOptions {
  readonly context: CommandContext;
  readonly commands: readonly Command[];
  readonly components: readonly ComponentHandler[];
  readonly logger: Logger;
  /** Read for every answer, because the app may change to the simulated market after the start; null for none. */
  readonly simulatedBanner?: () => string | null;
  /** Longest a command may take; default a minute, as on Discord. */
  readonly commandTimeoutMs?: number;
}

/** Answers what the page asks; errors of commands become replies, so none of these rejects. */
export interface Answers {
  /** `onProgress` takes the progress of a long command; none comes after the answer. */
  run(request: CommandRequest, onProgress?: (reply: WireReply) => Promise<unknown>): Promise<Answer>;
  press(request: PressRequest): Promise<Answer>;
  complete(request: CompletionRequest): Completions;
}

const COMMAND_TIMEOUT_MS = 60_000;
/** More often than on Discord, which limits edits. */
const PROGRESS_EVERY_MS = 500;

const sleep: Sleep = (ms, signal) => sleepFor(ms, undefined, signal ? { signal } : {});

/** Builds the answers over the commands; an error is logged in full under the reference that its reply shows. */
export function createAnswers(options: AnswerOptions): Answers {
  const { context, commands, components, logger, commandTimeoutMs = COMMAND_TIMEOUT_MS } = options;
  const newReference = createReferences(context.now);

  /** Answers under a reference, which every line of the log on the way holds as `request`. */
  function answer(
    isPrivate: boolean,
    facts: object,
    locale: string,
    execute: (signal: AbortSignal) => Promise<Reply>,
    limitMs = commandTimeoutMs,
  ): Promise<Answer> {
    const reference = newReference();
    const work = () => answerUnder(reference, isPrivate, facts, locale, execute, limitMs);
    return inScope({ request: reference }, context.now, work);
  }

  async function answerUnder(
    reference: string,
    isPrivate: boolean,
    facts: object,
    locale: string,
    execute: (signal: AbortSignal) => Promise<Reply>,
    limitMs: number,
  ): Promise<Answer> {
    const startMs = context.now();
    const finish = (reply: Reply, error: Answer['error']): Answer => ({
      ok: error === null,
      private: isPrivate,
      reply: toWire(reply),
      error,
      banner: options.simulatedBanner?.() ?? null,
      nowMs: context.now(),
    });
    try {
      const reply = await withTimeLimit(execute, limitMs, sleep, (error) => {
        logger.warn({ ...facts, error: describeError(error) }, 'a console answer failed after its time limit');
      });
      const answered = finish(reply, null);
      logger.info({ ...facts, durationMs: context.now() - startMs }, 'console answered');
      return answered;
    } catch (problem) {
      const error = asCandlecastError(problem);
      const logged = { ...facts, reference, code: error.code, durationMs: context.now() - startMs };
      if (error.code === 'CC_INTERNAL')
        logger.error({ ...logged, error: describeError(problem) }, 'console command failed unexpectedly');
      else logger.info({ ...logged, problem: error.message }, 'console answered with an error');
      const { code, message, remedy } = error;
      return finish(errorReply(error, reference, { locale, isOwner: true }), { code, message, remedy, reference });
    }
  }

  function parse(request: CommandRequest): ParsedCommand {
    if ('line' in request) return parseLine(request.line, commands);
    const { name, path } = splitEntryName(request.command);
    const { definition } = findCommand(name, commands);
    return { name: definition.name, options: validateOptions(definition, { ...request.options, ...path }) };
  }

  return {
    async run(request, onProgress) {
      const caller = localCaller(request.locale);
      let parsed: ParsedCommand;
      try {
        parsed = parse(request);
      } catch (error) {
        return answer(true, { command: 'unread' }, request.locale, () => Promise.reject(error));
      }
      const command = findCommand(parsed.name, commands);
      const isPrivate = answersCallerAlone(command, parsed.options, context);
      const facts = { command: parsed.name };
      if (!onProgress) {
        const execute = (signal: AbortSignal) => dispatch(parsed, caller, context, commands, undefined, signal);
        return answer(isPrivate, facts, request.locale, execute, command.timeLimitMs);
      }
      const progress = createProgressChannel({
        send: (reply) => onProgress(toWire(reply)),
        now: context.now,
        sleep,
        everyMs: PROGRESS_EVERY_MS,
        onError: (error) => logger.debug({ ...facts, error: describeError(error) }, 'console progress went nowhere'),
      });
      const execute = (signal: AbortSignal) => dispatch(parsed, caller, context, commands, progress.show, signal);
      const answered = await answer(isPrivate, facts, request.locale, execute, command.timeLimitMs);
      await progress.end();
      return answered;
    },
    press({ customId, values, locale }) {
      const caller = localCaller(locale);
      const isPrivate = isPrivatePress(customId, components);
      const run = (signal: AbortSignal) => press(customId, values, caller, context, components, signal);
      return answer(isPrivate, { customId }, locale, run, timeLimitOfPress(customId, components));
    },
    complete({ command, option, value }) {
      try {
        const { name } = splitEntryName(command);
        return { choices: complete(name, { name: option, value }, localCaller('en-GB'), context, commands) };
      } catch (error) {
        logger.warn({ error: describeError(error), command, option }, 'console autocompletion failed');
        return { choices: [] };
      }
    },
  };
}

/**
 * Makes short references that a reply shows and the log holds: the second in base 36 and a running number, so that no two are
 * alike, in this run or another.
 */
function createReferences(now: Clock): () => string {
  let count = 0;
  return () => {
    count += 1;
    return `${Math.floor(now() / 1000).toString(36)}-${count.toString(36)}`.toUpperCase();
  };
}
