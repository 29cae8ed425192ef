import {
  DiscordAPIError,
  DiscordjsError,
  DiscordjsErrorCodes,
  GatewayCloseCodes,
  HTTPError,
  RateLimitError,
} from 'discord.js';
import { CandlecastError } from '../core/errors.ts';

/** Three parts joined by dots: who, since when, signature. */
const TOKEN_SHAPE = /^[\w-]{8,}\.[\w-]{4,}\.[\w-]{16,}$/;

/**
 * Checks what can be seen without asking Discord; throws `CC_DISCORD_TOKEN`. The token is never part of the message. A
 * stand-in for Discord may issue tokens of another shape, so with one only characters no header can carry are refused.
 */
export function checkToken(token: string, isDiscord: boolean): void {
  const problem = !/\S/.test(token)
    ? 'The bot token is empty.'
    : /[^\x21-\x7E]/.test(token)
      ? 'The bot token holds spaces or characters that no token has.'
      : isDiscord && !TOKEN_SHAPE.test(token)
        ? 'The bot token does not look like one: it should be three parts joined by dots.'
        : null;
  if (problem !== null) throw new CandlecastError('CC_DISCORD_TOKEN', problem);
}

/** Why the gateway closed for good, or null when the client reconnects by itself. */
export function fatalClose(code: number): CandlecastError | null {
  const refused = (message: string, remedy: string) =>
    new CandlecastError('CC_DISCORD_REFUSED', message, { remedy, context: { closeCode: code } });
  switch (code) {
    case GatewayCloseCodes.AuthenticationFailed:
      return new CandlecastError('CC_DISCORD_TOKEN', 'Discord does not accept the bot token.', {
        context: { closeCode: code },
      });
    case GatewayCloseCodes.DisallowedIntents:
      return refused(
        'Discord closed the connection: the bot asks for an intent it is not allowed to use.',
        'Candlecast only asks for Guilds, which every bot may use: look whether Discord has limited the application.',
      );
    case GatewayCloseCodes.InvalidIntents:
      return refused('Discord closed the connection: it does not know the intents asked for.', 'Update Candlecast.');
    case GatewayCloseCodes.InvalidAPIVersion:
      return refused('Discord no longer speaks the version of its API that the bot uses.', 'Update Candlecast.');
    case GatewayCloseCodes.ShardingRequired:
    case GatewayCloseCodes.InvalidShard:
      return refused(
        'Discord closed the connection: the bot is in more servers than its connections may carry.',
        'Start it again: it then asks Discord how many connections it needs.',
      );
    default:
      return null;
  }
}

/** Turns whatever went wrong while connecting into the one line a person can act on. */
export function connectError(error: unknown): CandlecastError {
  if (error instanceof CandlecastError) return error;
  const isUnauthorised = error instanceof DiscordAPIError && error.status === 401;
  const isInvalidToken = error instanceof DiscordjsError && error.code === DiscordjsErrorCodes.TokenInvalid;
  if (isUnauthorised || isInvalidToken) {
    return new CandlecastError('CC_DISCORD_TOKEN', 'Discord does not accept the bot token.', { cause: error });
  }
  if (error instanceof DiscordAPIError) {
    return new CandlecastError('CC_DISCORD_REFUSED', `Discord refuses the connection (HTTP ${error.status}).`, {
      cause: error,
      context: { status: error.status, code: error.code },
    });
  }
  if (error instanceof RateLimitError) {
    return unreachable(`Discord asks the bot to wait ${Math.ceil(error.retryAfter / 1_000)} seconds.`, error);
  }
  if (error instanceof HTTPError) {
    return unreachable(`Discord answers with HTTP ${error.status}.`, error);
  }
  if (error instanceof Error && error.message.startsWith('Not enough sessions remaining')) {
    return new CandlecastError('CC_DISCORD_REFUSED', 'The bot has connected too often today.', {
      cause: error,
      retryable: true,
      remedy: 'Discord allows 1,000 starts a day; find out what restarts the bot, and start it again tomorrow.',
    });
  }
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : '';
  return unreachable(`Discord cannot be reached${code}.`, error);
}

/** The error for a Discord that does not answer, or not in time. */
export function unreachable(message: string, cause?: unknown): CandlecastError {
  return new CandlecastError('CC_DISCORD_UNREACHABLE', message, { cause, retryable: true });
}
