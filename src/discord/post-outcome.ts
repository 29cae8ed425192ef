import { RESTJSONErrorCodes as Code, DiscordAPIError, HTTPError, RateLimitError } from 'discord.js';
import { cutText } from '../core/cut-text.ts';
import { CandlecastError } from '../core/errors.ts';
import { MINUTE_MS } from '../core/time.ts';
import type { SendOutcome } from '../services/subscriptions/publishing-port.ts';
import { AddressBlockedError, NotSentError } from './requests.ts';

/** What a refusal with one of Discord's error codes means for the subscriber, and what to do about it. */
export interface Refusal {
  /** `forbidden`: people of the server can put it right. `invalid`: the message is at fault. `busy`: it passes by itself. */
  readonly kind: 'gone' | 'forbidden' | 'invalid' | 'busy';
  /** Completes "I cannot post there: …"; the remedy stands in brackets where there is one. */
  readonly what: string;
}

const OURS = 'that is a fault of mine: please report it to whoever runs me';
const refusals = (kind: Refusal['kind'], what: string, ...codes: readonly number[]) =>
  codes.map((code): readonly [number, Refusal] => [code, { kind, what }]);

/**
 * Every error code that a post has a meaning for. A code that is missing here counts by its HTTP status. `gone` is believed once
 * Discord has answered it again after a while.
 */
export const REFUSALS: ReadonlyMap<number, Refusal> = new Map([
  ...refusals('gone', 'the channel was deleted', Code.UnknownChannel),
  ...refusals('gone', 'the server is gone', Code.UnknownGuild),
  ...refusals('forbidden', 'I can no longer see the channel (View Channel)', Code.MissingAccess),
  ...refusals(
    'forbidden',
    'I lack a permission there (Send Messages, Embed Links or Attach Files)',
    Code.MissingPermissions,
  ),
  ...refusals('forbidden', 'the thread is archived', Code.InvalidActionOnArchivedThread),
  ...refusals('forbidden', 'the thread is locked (unlock it, or allow me Manage Threads)', Code.ThreadLocked),
  ...refusals('forbidden', 'direct messages are switched off', Code.CannotSendMessagesToThisUser),
  ...refusals('forbidden', 'we share no server', Code.CannotSendMessagesToThisUserDueToHavingNoMutualGuilds),
  ...refusals(
    'forbidden',
    'AutoMod of the server blocks the post (exempt my role or the channel in Server Settings → AutoMod)',
    Code.MessageWasBlockedByAutomaticModeration,
    Code.TitleWasBlockedByAutomaticModeration,
  ),
  ...refusals(
    'forbidden',
    'Discord’s filter for harmful links blocks the post (exempt my role in Server Settings → Safety Setup, or tell whoever runs me)',
    Code.MessageBlockedByHarmfulLinksFilter,
  ),
  ...refusals(
    'forbidden',
    'the server’s filter for explicit content blocks the post (exempt my role in Server Settings → Safety Setup)',
    Code.ExplicitContentCannotBeSentToTheDesiredRecipient,
  ),
  ...refusals(
    'forbidden',
    'the channel takes no messages (choose another with /subscriptions edit)',
    Code.CannotExecuteActionOnThisChannelType,
    Code.CannotSendMessagesInNonTextChannel,
    Code.CannotSendAMessageInAForumChannel,
  ),
  ...refusals(
    'forbidden',
    'the verification level of the server keeps me out (give me a role)',
    Code.ChannelVerificationLevelTooHighForYouToGainAccess,
  ),
  ...refusals(
    'forbidden',
    'I am banned from the server (lift the ban and invite me again)',
    Code.UserBannedFromThisGuild,
  ),
  ...refusals(
    'forbidden',
    'the server wants two-factor authentication (whoever runs me has to switch it on for their account)',
    Code.TwoFactorAuthenticationIsRequired,
  ),
  ...refusals(
    'forbidden',
    'Discord has limited my account (whoever runs me has to verify it in the developer portal)',
    Code.VerifyYourAccount,
    Code.TheUserAccountMustFirstBeVerified,
  ),
  ...refusals(
    'forbidden',
    'Discord does not allow files in this server for now',
    Code.AccessToFileUploadsHasBeenLimitedForThisGuild,
  ),
  ...refusals('forbidden', 'Discord does not offer this server where I run', Code.ServerNotAvailableInYourLocation),
  ...refusals(
    'invalid',
    `the post is too large (${OURS})`,
    Code.RequestEntityTooLarge,
    Code.FileUploadedExceedsMaximumSize,
    Code.MaximumNumberOfAttachmentsInAMessageReached,
  ),
  ...refusals(
    'invalid',
    `Discord finds the post malformed (${OURS})`,
    Code.InvalidFormBodyOrContentType,
    Code.CannotSendAnEmptyMessage,
    Code.RequestBodyContainsInvalidJSON,
    Code.InvalidFileUploaded,
    Code.ProvidedFileIsInvalid,
    Code.ProvidedFileTypeIsInvalid,
    Code.UploadedFileNotFound,
  ),
  ...refusals(
    'busy',
    'Discord asks me to slow down',
    Code.APIResourceOverloaded,
    Code.ChannelSendRateLimit,
    Code.ServerSendRateLimit,
    Code.ActionCannotBePerformedDueToSlowmodeRateLimit,
    Code.ServiceResourceIsBeingRateLimited,
    Code.OpeningDirectMessagesTooFast,
  ),
  ...refusals(
    'busy',
    'Discord has switched this off for a while',
    Code.SendMessagesHasBeenTemporarilyDisabled,
    Code.FeatureTemporarilyDisabledServerSide,
  ),
]);

/** A revoked token does not work again until a new one is set. */
const UNAUTHORIZED_RETRY_MS = 10 * MINUTE_MS;
/** Characters of Discord's own words that are shown. */
const MAX_WORDS = 200;

type Failure = Exclude<SendOutcome, { kind: 'sent' }>;

/** The outcome of a post whose request to Discord failed. */
export function outcomeOf(error: unknown): Failure {
  if (error instanceof RateLimitError) {
    const retryAfterMs = Math.max(error.timeToReset, error.retryAfter);
    return { kind: 'busy', reason: 'Discord asks me to slow down', retryAfterMs, maybeSent: false };
  }
  if (isAddressBlocked(error)) {
    const retryAfterMs = error instanceof AddressBlockedError ? error.retryAfterMs : null;
    return { kind: 'busy', reason: 'Discord blocks the network address that I run on', retryAfterMs, maybeSent: false };
  }
  // The edge of the requests throws these, about requests that were not taken.
  if (error instanceof CandlecastError) {
    return { kind: 'busy', reason: error.message.replace(/\.$/, ''), retryAfterMs: null, maybeSent: false };
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
  if (error instanceof NotSentError) return false;
  if (error instanceof RateLimitError || error instanceof CandlecastError) return true;
  return error instanceof DiscordAPIError && [401, 403, 404, 429].includes(error.status);
}

/**
 * Whether Cloudflare, in front of Discord, refuses the address: a 403 or 429 that is a web page, or Discord's code for it. The
 * channel and the bot's permissions have nothing to do with it.
 */
export function isAddressBlocked(error: unknown): boolean {
  if (error instanceof AddressBlockedError) return true;
  if (!(error instanceof DiscordAPIError)) return false;
  if (error.code === Code.CloudflareIsBlockingYourRequest) return true;
  // discord.js finds no code in what is not JSON.
  return (error.status === 403 || error.status === 429) && typeof error.code !== 'number';
}

function outcomeOfRefusal({ code, status, message }: DiscordAPIError): Failure {
  const known = REFUSALS.get(Number(code));
  const busy = { kind: 'busy', retryAfterMs: null, maybeSent: false } as const;
  if (known?.kind === 'busy') return { ...busy, reason: known.what, maybeSent: status >= 500 };
  if (known?.kind === 'invalid') return { kind: 'invalid', reason: known.what };
  if (known) return { kind: known.kind, what: known.what };
  if (status === 429) return { ...busy, reason: 'Discord asks me to slow down' };
  if (status >= 500) return { ...busy, reason: `Discord answers ${status}`, maybeSent: true };
  if (status === 401) return { ...busy, reason: 'Discord refuses the bot token', retryAfterMs: UNAUTHORIZED_RETRY_MS };
  // Something on the way answers so when a route is unknown to it; that a channel is gone has a code of its own.
  if (status === 404) return { ...busy, reason: 'Discord answers 404 without saying what is missing' };
  if (status === 413) return { kind: 'invalid', reason: REFUSALS.get(Code.RequestEntityTooLarge)!.what };
  const words = `${cutText(message.replaceAll('\n', ' '), MAX_WORDS)}, ${code}`;
  if (status === 403) return { kind: 'forbidden', what: `Discord refuses it (${words})` };
  return { kind: 'invalid', reason: `Discord refuses the message: ${words} (${OURS})` };
}
