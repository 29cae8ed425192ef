import { RESTJSONErrorCodes as Code, DiscordAPIError, HTTPError, RateLimitError } from 'discord.js';
import type { SendOutcome } from '../services/subscriptions/publishing-port.ts';

/** What a post says to its subscriber about an error code: what no longer exists, or which permission is missing. */
const GONE: Readonly<Record<number, string>> = {
  [Code.UnknownChannel]: 'the channel was deleted',
  [Code.UnknownGuild]: 'the server is gone',
  [Code.UnknownWebhook]: 'the webhook was deleted',
  [Code.CannotSendMessagesInNonTextChannel]: 'the channel no longer takes messages',
};
const FORBIDDEN: Readonly<Record<number, string>> = {
  [Code.MissingAccess]: 'I can no longer see the channel (View Channel)',
  [Code.MissingPermissions]: 'I lack a permission there (Send Messages, Embed Links or Attach Files)',
  [Code.InvalidActionOnArchivedThread]: 'the thread is archived',
  [Code.CannotSendMessagesToThisUser]: 'direct messages are switched off',
  [Code.CannotSendMessagesToThisUserDueToHavingNoMutualGuilds]: 'we share no server',
};
const BUSY: ReadonlySet<number | string> = new Set([
  Code.APIResourceOverloaded,
  Code.ChannelSendRateLimit,
  Code.ServerSendRateLimit,
  Code.ActionCannotBePerformedDueToSlowmodeRateLimit,
  Code.ServiceResourceIsBeingRateLimited,
]);

/** A revoked token does not work again until a new one is set. */
const UNAUTHORIZED_RETRY_MS = 10 * 60_000;

/** The outcome of a post whose request to Discord failed. */
export function outcomeOf(error: unknown): Exclude<SendOutcome, { kind: 'sent' }> {
  if (error instanceof RateLimitError) {
    const retryAfterMs = Math.max(error.timeToReset, error.retryAfter);
    return { kind: 'busy', reason: 'Discord asks me to slow down', retryAfterMs, maybeSent: false };
  }
  if (error instanceof DiscordAPIError) return outcomeOfRefusal(error);
  if (error instanceof HTTPError) {
    return { kind: 'busy', reason: `Discord answers ${error.status}`, retryAfterMs: null, maybeSent: true };
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  // Only without a connection is it certain that nothing was sent.
  const maybeSent = !/^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|UND_ERR_CONNECT_TIMEOUT)$/.test(code);
  return { kind: 'busy', reason: 'Discord does not answer', retryAfterMs: null, maybeSent };
}

/** Whether Discord counts a failed request as invalid, which leads to the ban of an address. */
export function isRefusal(error: unknown): boolean {
  if (error instanceof RateLimitError) return true;
  return error instanceof DiscordAPIError && [401, 403, 404, 429].includes(error.status);
}

function outcomeOfRefusal({ code, status, message }: DiscordAPIError): Exclude<SendOutcome, { kind: 'sent' }> {
  const gone = GONE[Number(code)];
  if (gone) return { kind: 'gone', what: gone };
  const forbidden = FORBIDDEN[Number(code)];
  if (forbidden) return { kind: 'forbidden', what: forbidden };
  const busy = { kind: 'busy', retryAfterMs: null, maybeSent: false } as const;
  if (BUSY.has(code) || status === 429) return { ...busy, reason: 'Discord asks me to slow down' };
  if (status >= 500) return { ...busy, reason: `Discord answers ${status}`, maybeSent: true };
  if (status === 401) return { ...busy, reason: 'Discord refuses the bot token', retryAfterMs: UNAUTHORIZED_RETRY_MS };
  if (status === 403) return { kind: 'forbidden', what: `Discord refuses it (${message}, ${code})` };
  if (status === 404) return { kind: 'gone', what: 'the channel was deleted' };
  return { kind: 'invalid', reason: `Discord refuses the message: ${message} (${code})` };
}
