import { DiscordAPIError, RESTJSONErrorCodes } from 'discord.js';
import { asCandlecastError, type CandlecastError, describeError, type Redact } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { newScopeId, scopeFacts } from '../core/under-way.ts';
import type { ErrorReader } from '../render/error-embed.ts';
import type { Reply } from '../render/reply.ts';

/** Shows an error to the person who asked; `reference` is also in the log, and null where the error explains itself. */
export type ErrorReply = (error: CandlecastError, reference: string | null, reader: ErrorReader) => Reply;

/** Logs an error with facts about where it happened; returns the reply to its reader, or null when Discord takes none any more. */
export type ErrorFunnel = (error: unknown, facts: object, reader: ErrorReader) => Reply | null;

/** What the funnel is made of; `random` gives uniform numbers in [0, 1) for the references. */
export interface ErrorFunnelOptions {
  readonly errorReply: ErrorReply;
  readonly logger: Logger;
  readonly random: () => number;
  readonly redact: Redact;
}

/** Interaction and webhook tokens are part of the path of their URLs. */
const TOKEN_IN_PATH = /\b(webhooks|interactions)\/(\d{1,20})\/[\w.~-]{16,}/g;

/** The interaction or its message is gone or already answered: nothing that could be sent would arrive. */
const UNANSWERABLE: ReadonlySet<number | string> = new Set([
  RESTJSONErrorCodes.UnknownInteraction,
  RESTJSONErrorCodes.InteractionHasAlreadyBeenAcknowledged,
  RESTJSONErrorCodes.UnknownMessage,
  RESTJSONErrorCodes.UnknownWebhook,
  RESTJSONErrorCodes.InvalidWebhookToken,
]);

/** The one place where errors of interactions become a log line and an answer. Never throws. */
export function createErrorFunnel({ errorReply, logger, random, redact }: ErrorFunnelOptions): ErrorFunnel {
  return (error, where, reader) => {
    if (error instanceof DiscordAPIError && UNANSWERABLE.has(error.code)) {
      logger.warn({ ...where, code: error.code, method: error.method }, 'interaction can no longer be answered');
      return null;
    }
    const known = asCandlecastError(error);
    const facts = { ...where, ...scopeFacts() };
    // What the person is shown finds every line of the log about the interaction.
    const reference = known.code !== 'CC_INTERNAL' ? null : 'request' in facts ? facts.request : newScopeId(random);
    try {
      if (reference === null) {
        const problem = withoutTyped(redact(known.message));
        const described = { code: known.code, problem, context: known.context };
        const cause = known.cause === undefined ? {} : { cause: describeError(known.cause, redact) };
        // A person who presses a button many times does not fill the log.
        const level = known.code === 'CC_BUSY' ? 'debug' : 'info';
        logger[level]({ ...facts, ...described, ...cause }, 'interaction answered with an error');
      } else {
        logger.error({ ...facts, reference, error: describeError(error, redact) }, 'interaction failed unexpectedly');
      }
      return errorReply(known, reference, reader);
    } catch (failure) {
      logger.error({ ...facts, reference, error: describeError(failure, redact) }, 'error could not be shown');
      return null;
    }
  };
}

/** Makes the function that removes the bot token, and the tokens of interactions in URLs, from a text. */
export function createRedactor(botToken: string): Redact {
  return (text) => {
    const withoutBot = botToken.length > 0 ? text.replaceAll(botToken, '[token]') : text;
    return withoutBot.replace(TOKEN_IN_PATH, '$1/$2/[token]');
  };
}

/** What people typed stands in quotes; it may be anything, such as somebody's name or id, and is not kept in the log. */
function withoutTyped(message: string): string {
  const [first, last] = [message.indexOf('"'), message.lastIndexOf('"')];
  return first < last ? `${message.slice(0, first)}"…"${message.slice(last + 1)}` : message;
}
