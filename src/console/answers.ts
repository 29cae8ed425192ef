import { setTimeout as sleepFor } from 'node:timers/promises';
import type { Caller } from '../commands/command.ts';
import { complete, dispatch, press } from '../commands/dispatch.ts';
import { validateOptions } from '../commands/options.ts';
import { findCommand, type ParsedCommand, parseLine } from '../commands/parse.ts';
import { createProgressChannel } from '../commands/progress.ts';
import { asCandlecastError, CandlecastError } from '../core/errors.ts';
import { errorReply } from '../render/error-embed.ts';
import type { Reply } from '../render/reply.ts';
import type { Answer, Completions } from './api-types.ts';
import { localCaller } from './caller.ts';
import { splitEntryName } from './catalogue.ts';
import { errorFacts } from './error-facts.ts';
import { createReferences } from './references.ts';
import type { CommandRequest, CompletionRequest, PressRequest } from './requests.ts';
import type { ConsoleOptions } from './server.ts';
import { toWire, type WireReply } from './wire.ts';

/** Answers what the page asks; errors of commands become replies, so none of these rejects. */
export interface Answers {
  /** `onProgress` takes what a long answer shows meanwhile; after the answer nothing more comes. */
  run(request: CommandRequest, onProgress?: (reply: WireReply) => Promise<unknown>): Promise<Answer>;
  press(request: PressRequest): Promise<Answer>;
  complete(request: CompletionRequest): Completions;
}

/** As long as a command may take on Discord. */
const COMMAND_TIMEOUT_MS = 60_000;
/** A page on the same machine bears more than Discord does. */
const PROGRESS_EVERY_MS = 500;

/** Builds the answers over the commands; an error is logged in full under the reference that its reply shows. */
export function createAnswers(options: ConsoleOptions): Answers {
  const { context, commands, components, logger, commandTimeoutMs = COMMAND_TIMEOUT_MS } = options;
  const newReference = createReferences(context.now);

  async function answer(
    isPrivate: boolean,
    facts: object,
    work: () => Promise<Reply>,
    limitMs = commandTimeoutMs,
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
      const reply = finish(await within(work, limitMs), null);
      logger.info({ ...facts, durationMs: context.now() - startMs }, 'console answered');
      return reply;
    } catch (problem) {
      const error = asCandlecastError(problem);
      const reference = newReference();
      const logged = { ...facts, reference, code: error.code, durationMs: context.now() - startMs };
      if (error.code === 'CC_INTERNAL')
        logger.error({ ...logged, error: errorFacts(problem) }, 'console command failed unexpectedly');
      else logger.info({ ...logged, problem: error.message }, 'console answered with an error');
      const { code, message, remedy } = error;
      return finish(errorReply(error, reference), { code, message, remedy, reference });
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
        return answer(true, { command: 'unread' }, () => Promise.reject(error));
      }
      const command = findCommand(parsed.name, commands);
      const isPrivate = command.isPrivate?.(parsed.options) ?? false;
      const facts = { command: parsed.name };
      if (!onProgress) {
        return answer(isPrivate, facts, () => dispatch(parsed, caller, context, commands), command.timeLimitMs);
      }
      const progress = createProgressChannel({
        send: (reply) => onProgress(toWire(reply)),
        now: context.now,
        sleep: (ms, signal) => sleepFor(ms, undefined, signal ? { signal } : {}),
        everyMs: PROGRESS_EVERY_MS,
        onError: (error) => logger.debug({ ...facts, error: errorFacts(error) }, 'console progress went nowhere'),
      });
      const work = () => dispatch(parsed, caller, context, commands, progress.show);
      const answered = await answer(isPrivate, facts, work, command.timeLimitMs);
      await progress.end();
      return answered;
    },
    press({ customId, values, locale }) {
      const caller: Caller = localCaller(locale);
      return answer(false, { customId }, () => press(customId, values, caller, context, components));
    },
    complete({ command, option, value }) {
      try {
        const { name } = splitEntryName(command);
        return { choices: complete(name, { name: option, value }, localCaller('en-GB'), context, commands) };
      } catch (error) {
        logger.warn({ error: errorFacts(error), command, option }, 'console autocompletion failed');
        return { choices: [] };
      }
    },
  };
}

/** Waits for the work, `limitMs` at most; throws `CC_TIMEOUT`. The work itself is left to end by itself. */
async function within(work: () => Promise<Reply>, limitMs: number): Promise<Reply> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const message = `The answer took longer than ${Math.round(limitMs / 1000)} seconds.`;
      reject(new CandlecastError('CC_TIMEOUT', message, { retryable: true }));
    }, limitMs);
  });
  try {
    return await Promise.race([work(), limit]);
  } finally {
    clearTimeout(timer);
  }
}
