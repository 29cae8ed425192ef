import { RESTJSONErrorCodes as Code, DiscordAPIError, HTTPError, RateLimitError } from 'discord.js';
import { cutText } from '../core/cut-text.ts';
import { CandlecastError } from '../core/errors.ts';
import { MINUTE_MS } from '../core/time.ts';
import type { Message, Messages } from '../language/message.ts';
import type { SendOutcome } from '../services/subscriptions/publishing-port.ts';
import { AddressBlockedError, NotSentError } from './requests.ts';

/** What a refusal with one of Discord's error codes means for the subscriber. */
export interface Refusal {
  /** `forbidden`: people of the server can put it right. `invalid`: the message is at fault. `busy`: it passes by itself. */
  readonly kind: 'gone' | 'forbidden' | 'invalid' | 'busy';
  /** Completes "I cannot post there: …"; the remedy stands in brackets where there is one. */
  readonly reason: Message;
}

type ReasonName = keyof Messages['refusals'];
const because = (name: ReasonName, values?: Message['values']): Message => ({
  key: `refusals.${name}`,
  ...(values ? { values } : {}),
});

const refusals = (kind: Refusal['kind'], name: ReasonName, ...codes: readonly number[]) =>
  codes.map((code): readonly [number, Refusal] => [code, { kind, reason: because(name) }]);

/**
 * Every error code that a post has a meaning for. A code that is missing here counts by its HTTP status. `gone` is believed once
 * Discord has answered it again after a while.
 */
export const REFUSALS: ReadonlyMap<number, Refusal> = new Map([
  ...refusals('gone', 'channelDeleted', Code.UnknownChannel),
  ...refusals('gone', 'serverGone', Code.UnknownGuild),
  ...refusals('forbidden', 'channelUnseen', Code.MissingAccess),
  ...refusals('forbidden', 'permissionMissing', Code.MissingPermissions),
  ...refusals('forbidden', 'threadArchived', Code.InvalidActionOnArchivedThread),
  ...refusals('forbidden', 'threadLocked', Code.ThreadLocked),
  ...refusals('forbidden', 'directMessagesOff', Code.CannotSendMessagesToThisUser),
  ...refusals('forbidden', 'noSharedServer', Code.CannotSendMessagesToThisUserDueToHavingNoMutualGuilds),
  ...refusals(
    'forbidden',
    'autoMod',
    Code.MessageWasBlockedByAutomaticModeration,
    Code.TitleWasBlockedByAutomaticModeration,
  ),
  ...refusals('forbidden', 'harmfulLinks', Code.MessageBlockedByHarmfulLinksFilter),
  ...refusals('forbidden', 'explicitContent', Code.ExplicitContentCannotBeSentToTheDesiredRecipient),
  ...refusals(
    'forbidden',
    'noMessagesThere',
    Code.CannotExecuteActionOnThisChannelType,
    Code.CannotSendMessagesInNonTextChannel,
    Code.CannotSendAMessageInAForumChannel,
  ),
  ...refusals('forbidden', 'verificationLevel', Code.ChannelVerificationLevelTooHighForYouToGainAccess),
  ...refusals('forbidden', 'banned', Code.UserBannedFromThisGuild),
  ...refusals('forbidden', 'twoFactor', Code.TwoFactorAuthenticationIsRequired),
  ...refusals('forbidden', 'accountLimited', Code.VerifyYourAccount, Code.TheUserAccountMustFirstBeVerified),
  ...refusals('forbidden', 'filesOff', Code.AccessToFileUploadsHasBeenLimitedForThisGuild),
  ...refusals('forbidden', 'notOfferedHere', Code.ServerNotAvailableInYourLocation),
  ...refusals(
    'invalid',
    'tooLarge',
    Code.RequestEntityTooLarge,
    Code.FileUploadedExceedsMaximumSize,
    Code.MaximumNumberOfAttachmentsInAMessageReached,
  ),
  ...refusals(
    'invalid',
    'malformed',
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
    'slowDown',
    Code.APIResourceOverloaded,
    Code.ChannelSendRateLimit,
    Code.ServerSendRateLimit,
    Code.ActionCannotBePerformedDueToSlowmodeRateLimit,
    Code.ServiceResourceIsBeingRateLimited,
    Code.OpeningDirectMessagesTooFast,
  ),
  ...refusals(
    'busy',
    'switchedOff',
    Code.SendMessagesHasBeenTemporarilyDisabled,
    Code.FeatureTemporarilyDisabledServerSide,
  ),
]);

/** A revoked token does not work again until a new one is set. */
const UNAUTHORIZED_RETRY_MS = 10 * MINUTE_MS;
/** Characters of Discord's own words that are shown. */
const MAX_WORDS = 200;

/** A failure of a request, whose reason is a text of the language files. */
type Failure = Exclude<SendOutcome, { kind: 'sent' }> & { readonly reason: Message };

/** The outcome of a post whose request to Discord failed. */
export function outcomeOf(error: unknown): Failure {
  if (error instanceof RateLimitError) {
    const retryAfterMs = Math.max(error.timeToReset, error.retryAfter);
    return { kind: 'busy', reason: because('slowDown'), retryAfterMs, maybeSent: false };
  }
  if (isAddressBlocked(error)) {
    const retryAfterMs = error instanceof AddressBlockedError ? error.retryAfterMs : null;
    return { kind: 'busy', reason: because('addressBlocked'), retryAfterMs, maybeSent: false };
  }
  // The edge of the requests throws these, about requests that were not taken.
  if (error instanceof CandlecastError) {
    const reason = error instanceof NotSentError ? because('stopping') : because('requestFailed', { code: error.code });
    return { kind: 'busy', reason, retryAfterMs: null, maybeSent: false };
  }
  if (error instanceof DiscordAPIError) return outcomeOfRefusal(error);
  if (error instanceof HTTPError) {
    return { kind: 'busy', reason: answers(error.status), retryAfterMs: null, maybeSent: true };
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  // Only without a connection is it certain that nothing was sent.
  const maybeSent = !/^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|UND_ERR_CONNECT_TIMEOUT)$/.test(code);
  return { kind: 'busy', reason: because('noAnswer'), retryAfterMs: null, maybeSent };
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
  if (known?.kind === 'busy') return { ...busy, reason: known.reason, maybeSent: status >= 500 };
  if (known) return { kind: known.kind, reason: known.reason };
  if (status === 429) return { ...busy, reason: because('slowDown') };
  if (status >= 500) return { ...busy, reason: answers(status), maybeSent: true };
  if (status === 401) return { ...busy, reason: because('tokenRefused'), retryAfterMs: UNAUTHORIZED_RETRY_MS };
  // Something on the way answers so when a route is unknown to it; that a channel is gone has a code of its own.
  if (status === 404) return { ...busy, reason: answers(status) };
  if (status === 413) return { kind: 'invalid', reason: because('tooLarge') };
  const said = { words: cutText(message.replaceAll('\n', ' '), MAX_WORDS), code: String(code) };
  if (status === 403) return { kind: 'forbidden', reason: because('refusedSaying', said) };
  return { kind: 'invalid', reason: because('malformedSaying', said) };
}

const answers = (status: number): Message => because('answersStatus', { status: String(status) });
