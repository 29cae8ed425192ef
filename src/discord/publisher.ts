import {
  type APIMessage,
  DiscordAPIError,
  type REST,
  RESTJSONErrorCodes,
  type RESTPostAPIChannelMessageJSONBody,
  Routes,
  SnowflakeUtil,
} from 'discord.js';
import { z } from 'zod';
import { describeError, type Redact } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { type Clock, MINUTE_MS, steadyClock } from '../core/time.ts';
import type { Message } from '../language/message.ts';
import { translatorFor } from '../language/translator.ts';
import type { Reply } from '../render/reply.ts';
import type { ReadOutcome } from '../services/record/message-reader.ts';
import type { FindOutcome, SendOutcome, SendPort } from '../services/subscriptions/publishing-port.ts';
import type { ChannelKnowledge } from './channels.ts';
import { isAddressBlocked, isRefusal, outcomeOf } from './post-outcome.ts';
import { parseOwnMessage, readProblem } from './read-own-messages.ts';
import { AddressBlockedError } from './requests.ts';

/** What a publisher needs. */
export interface PublisherOptions {
  /** Keeps to the pace of requests by itself. */
  readonly rest: REST;
  readonly knowledge: ChannelKnowledge;
  readonly now: Clock;
  readonly logger: Logger;
  readonly redact: Redact;
  /** Refused requests in ten minutes after which nothing is sent until those have passed. Default 5,000 of Discord's 10,000. */
  readonly maxInvalidRequests?: number;
}

/** A channel that refused a post gets no further one for this long: refused requests count towards a ban of the address. */
const REFUSED_MS = 10 * MINUTE_MS;
const MAX_REFUSED_CHANNELS = 20_000;
/** Waits after a refusal of the address, each longer than the one before; every request meanwhile would prolong the block. */
const ADDRESS_BLOCK_MS = [MINUTE_MS, 2 * MINUTE_MS, 5 * MINUTE_MS, 10 * MINUTE_MS] as const;
const INVALID_WINDOW_MS = 10 * MINUTE_MS;
/** Half of what Discord allows: commands and other processes share the address. */
const MAX_INVALID_REQUESTS = 5_000;
/** A search starts this much earlier than the post, because the clocks of two machines differ. */
const SEARCH_MARGIN_MS = 30_000;
/** The followers have the message, or the channel is none that has followers. */
const CROSSPOST_DONE: ReadonlySet<number | string> = new Set([
  RESTJSONErrorCodes.ThisMessageWasAlreadyCrossposted,
  RESTJSONErrorCodes.InvalidMessageType,
  RESTJSONErrorCodes.CannotExecuteActionOnThisChannelType,
]);
const SEARCH_PAGE = 100;
/** How long a question about a server may take; it is asked again the next night. */
const MEMBERSHIP_MS = 30_000;
const MAX_SEARCH_PAGES = 5;

/** The part of a private channel that is read. */
const PRIVATE_CHANNEL = z.object({ id: z.string() });
/** The part of Discord's list of the bot's servers that is read. */
const OWN_GUILDS = z.array(z.object({ id: z.string() })).max(200);

/** The port to Discord's channels. */
export interface Publisher extends SendPort<Reply> {
  /** Permissions or channels of a server have changed: what was refused there is asked again. */
  forgetRefusals(guildId: string): void;
  /** Whether the bot is in a server, asked anew; null where Discord does not say. */
  isMember(guildId: string): Promise<boolean | null>;
  /** One message of the bot's own. Never rejects. */
  read(channelId: string, messageId: string, signal: AbortSignal): Promise<ReadOutcome>;
  /** Why nothing is posted at the moment although Discord is there; null when nothing is known to be in the way. */
  problem(): string | null;
}

/** Posts to channels of Discord, and finds a post again after a crash. */
export function createPublisher(options: PublisherOptions): Publisher {
  const { rest, knowledge, logger, redact } = options;
  // For pauses alone.
  const now = steadyClock(options.now);
  const invalidRequests = createInvalidRequestLimit(now, options.maxInvalidRequests);
  const refused = new Map<
    string,
    { readonly untilMs: number; readonly guildId: string | null; readonly outcome: SendOutcome }
  >();
  let blocked = { untilMs: Number.NEGATIVE_INFINITY, times: 0 };

  /** How long to send nothing at all, and why. */
  function pause(): { readonly waitMs: number; readonly reason: Message } {
    const blockedMs = blocked.untilMs - now();
    if (blockedMs > 0) return { waitMs: blockedMs, reason: { key: 'refusals.addressBlocked' } };
    return { waitMs: invalidRequests.waitMs(), reason: { key: 'refusals.tooMuchRefused' } };
  }

  function noteFailure(error: unknown): void {
    if (isRefusal(error)) invalidRequests.count();
    // Requests that were under way together count as one refusal of the address.
    if (!isAddressBlocked(error) || now() < blocked.untilMs) return;
    const saidMs = (error instanceof AddressBlockedError && error.retryAfterMs) || 0;
    const waitMs = Math.max(saidMs, ADDRESS_BLOCK_MS[Math.min(blocked.times, ADDRESS_BLOCK_MS.length - 1)]!);
    blocked = { untilMs: now() + waitMs, times: blocked.times + 1 };
    logger.error(
      { waitMs },
      'Discord blocks the network address of this machine; nothing is posted until it is tried again',
    );
  }

  /** A refusal that is known without a request. */
  function knownRefusal(channelId: string): SendOutcome | null {
    const missing = knowledge.missing(channelId);
    if (missing && missing.length > 0) {
      return { kind: 'forbidden', reason: { key: 'refusals.lacking', values: { permissions: { list: missing } } } };
    }
    const known = refused.get(channelId);
    if (!known) return null;
    if (now() < known.untilMs) return known.outcome;
    refused.delete(channelId);
    return null;
  }

  async function post(
    channelId: string,
    message: Reply,
    nonce: string,
    signal: AbortSignal,
    ask = false,
  ): Promise<SendOutcome> {
    const known = ask ? null : knownRefusal(channelId);
    if (known) return known;
    const { waitMs, reason } = pause();
    if (waitMs > 0) return { kind: 'busy', reason, retryAfterMs: waitMs, maybeSent: false };
    if (signal.aborted) {
      return { kind: 'busy', reason: { key: 'refusals.stopping' }, retryAfterMs: 0, maybeSent: false };
    }
    try {
      const made = (await rest.post(Routes.channelMessages(channelId), {
        body: bodyOf(message, nonce),
        files: message.files.map(({ name, data, contentType }) => ({ name, data: Buffer.from(data), contentType })),
        signal,
      })) as APIMessage;
      blocked = { untilMs: Number.NEGATIVE_INFINITY, times: 0 };
      refused.delete(channelId);
      return { kind: 'sent', messageId: made.id };
    } catch (error) {
      const outcome = outcomeOf(error);
      noteFailure(error);
      if (outcome.kind === 'gone' || outcome.kind === 'forbidden') {
        if (refused.size >= MAX_REFUSED_CHANNELS) refused.clear();
        refused.set(channelId, { untilMs: now() + REFUSED_MS, guildId: knowledge.guildOf(channelId), outcome });
      }
      logger.debug({ channelId, nonce, outcome: outcome.kind, error: describeError(error, redact) }, 'post not taken');
      return outcome;
    }
  }

  /** Passes a message on; in a channel that is not known to be another kind, Discord says whether it has followers. */
  async function crosspost(channelId: string, messageId: string, signal: AbortSignal): Promise<SendOutcome> {
    const done = { kind: 'sent', messageId } as const;
    if (knowledge.isAnnouncement(channelId) === false) return done;
    const { waitMs, reason } = pause();
    if (waitMs > 0) return { kind: 'busy', reason, retryAfterMs: waitMs, maybeSent: false };
    try {
      await rest.post(Routes.channelMessageCrosspost(channelId, messageId), { signal });
      return done;
    } catch (error) {
      if (error instanceof DiscordAPIError && CROSSPOST_DONE.has(error.code)) return done;
      const outcome: SendOutcome =
        error instanceof DiscordAPIError && error.code === RESTJSONErrorCodes.UnknownMessage
          ? { kind: 'gone', reason: { key: 'refusals.messageDeleted' } }
          : outcomeOf(error);
      noteFailure(error);
      const facts = { channelId, messageId, outcome: outcome.kind, error: describeError(error, redact) };
      logger.warn(facts, 'post not passed on to followers yet');
      return outcome;
    }
  }

  /** Passes on a message that was sent or found, and says where that has to be tried again. */
  async function passOn<Sent extends { readonly messageId: string }>(
    channelId: string,
    sent: Sent,
    signal: AbortSignal,
  ): Promise<Sent & { readonly followersWait?: boolean }> {
    const { kind } = await crosspost(channelId, sent.messageId, signal);
    return kind === 'sent' || kind === 'gone' ? sent : { ...sent, followersWait: true };
  }

  async function search(
    channelId: string,
    nonce: string,
    sinceMs: number,
    signal: AbortSignal,
    known = knowledge.readsHistory(channelId),
  ): Promise<FindOutcome> {
    let after = String(SnowflakeUtil.generate({ timestamp: sinceMs - SEARCH_MARGIN_MS }));
    let readable = known;
    if (readable === false) return { kind: 'unknown' };
    for (let page = 0; page <= MAX_SEARCH_PAGES; page++) {
      const query = new URLSearchParams({ limit: String(SEARCH_PAGE) });
      // The newest messages first, whatever any clock says; only in a busy channel is the post further back, and looked for from its time on.
      if (page > 0) query.set('after', after);
      const messages = (await rest.get(Routes.channelMessages(channelId), { query, signal })) as APIMessage[];
      const found = messages.find((message) => message.author.id === knowledge.selfId && hasNonce(message, nonce));
      if (found) return { kind: 'found', messageId: found.id };
      readable ||= messages.length > 0;
      if (messages.length < SEARCH_PAGE) break;
      if (page > 0) after = messages.map(({ id }) => id).reduce((a, b) => (BigInt(a) > BigInt(b) ? a : b));
    }
    // Without the permission to read, Discord answers with an empty list rather than with an error.
    return readable ? { kind: 'absent' } : { kind: 'unknown' };
  }

  /** The channel of private messages with a person; Discord makes it where there is none. Throws as Discord's requests do. */
  async function privateChannel(userId: string, signal: AbortSignal): Promise<string> {
    const body = { recipient_id: userId };
    return PRIVATE_CHANNEL.parse(await rest.post(Routes.userChannels(), { body, signal })).id;
  }

  async function notifyPerson(
    userId: string,
    message: Reply,
    nonce: string,
    signal: AbortSignal,
  ): Promise<SendOutcome> {
    // Of a person whose id was deleted, only their server is left to write to.
    if (userId === '') return { kind: 'forbidden', reason: { key: 'refusals.nobody' } };
    try {
      return await post(await privateChannel(userId, signal), message, nonce, signal);
    } catch (error) {
      const outcome = outcomeOf(error);
      noteFailure(error);
      const facts = { nonce, outcome: outcome.kind, error: describeError(error, redact) };
      logger.debug(facts, 'a direct message was not taken');
      return outcome;
    }
  }

  /** What a search that failed says. */
  function lostSight(error: unknown, facts: object): FindOutcome {
    const outcome = outcomeOf(error);
    noteFailure(error);
    const details = { ...facts, outcome: outcome.kind, error: describeError(error, redact) };
    logger.warn(details, 'it could not be seen whether a post is there');
    if (outcome.kind === 'gone') return outcome;
    if (outcome.kind === 'busy') return { kind: 'busy', retryAfterMs: outcome.retryAfterMs };
    return { kind: 'unknown' };
  }

  const port: Publisher = {
    forgetRefusals(guildId) {
      for (const [channelId, { guildId: known }] of refused) {
        // Of a channel that was not known, any server may be the one.
        if ((known ?? knowledge.guildOf(channelId) ?? guildId) === guildId) refused.delete(channelId);
      }
    },

    problem() {
      const { waitMs, reason } = pause();
      return waitMs > 0 ? translatorFor('en').message(reason) : null;
    },

    async send(channelId, message, nonce, signal, { ask = false } = {}) {
      const outcome = await post(channelId, message, nonce, signal, ask);
      return outcome.kind === 'sent' ? passOn(channelId, outcome, signal) : outcome;
    },

    crosspost,

    async read(channelId, messageId, signal) {
      const { selfId } = knowledge;
      if (selfId === null || pause().waitMs > 0) return { kind: 'failed', what: 'Discord is not there at the moment' };
      try {
        const found = await rest.get(Routes.channelMessage(channelId, messageId), { signal });
        const message = parseOwnMessage(found, selfId, { channelId, guildId: knowledge.guildOf(channelId) });
        return message ? { kind: 'read', message } : { kind: 'foreign' };
      } catch (error) {
        noteFailure(error);
        if (error instanceof DiscordAPIError && error.code === RESTJSONErrorCodes.UnknownMessage)
          return { kind: 'absent' };
        return { kind: 'failed', what: readProblem(error) };
      }
    },

    async find(channelId, nonce, sinceMs, signal) {
      // Whose messages are its own is not known before the first connection.
      if (knowledge.selfId === null) return { kind: 'busy', retryAfterMs: null };
      const { waitMs } = pause();
      if (waitMs > 0) return { kind: 'busy', retryAfterMs: waitMs };
      try {
        const found = await search(channelId, nonce, sinceMs, signal);
        return found.kind === 'found' ? await passOn(channelId, found, signal) : found;
      } catch (error) {
        return lostSight(error, { channelId, nonce });
      }
    },

    async findPrivate(userId, nonce, sinceMs, signal) {
      if (knowledge.selfId === null) return { kind: 'busy', retryAfterMs: null };
      const { waitMs } = pause();
      if (waitMs > 0) return { kind: 'busy', retryAfterMs: waitMs };
      try {
        // A bot reads what it has written to a person without any permission.
        return await search(await privateChannel(userId, signal), nonce, sinceMs, signal, true);
      } catch (error) {
        return lostSight(error, { nonce });
      }
    },

    async isMember(guildId) {
      if (pause().waitMs > 0) return null;
      const signal = AbortSignal.timeout(MEMBERSHIP_MS);
      try {
        // The list of the bot's own servers from this id on: it is complete, while a server that was left answers in different ways.
        const query = new URLSearchParams({ limit: '1', after: String(BigInt(guildId) - 1n) });
        const [next] = OWN_GUILDS.parse(await rest.get(Routes.userGuilds(), { query, signal }));
        return next?.id === guildId;
      } catch (error) {
        noteFailure(error);
        return null;
      }
    },

    async notify({ userId, guildId }, message, nonce, signal) {
      const { waitMs, reason } = pause();
      if (waitMs > 0) return { kind: 'busy', reason, retryAfterMs: waitMs, maybeSent: false };
      const outcome = await notifyPerson(userId, message, nonce, signal);
      if (outcome.kind === 'sent' || outcome.kind === 'busy') return outcome;
      const channelId = knowledge.systemChannel(guildId);
      return channelId === null ? outcome : post(channelId, message, nonce, signal);
    },
  };
  return port;
}

/** Everything but the files; Discord takes a nonce it has seen within minutes for the same message. */
function bodyOf(message: Reply, nonce: string): RESTPostAPIChannelMessageJSONBody {
  return {
    content: message.content ?? '',
    embeds: [...message.embeds],
    components: [...message.components],
    attachments: message.files.map(({ name, description }, id) => ({ id: String(id), filename: name, description })),
    allowed_mentions:
      message.mentionedRoleId === undefined ? { parse: [] } : { parse: [], roles: [message.mentionedRoleId] },
    nonce,
    enforce_nonce: true,
  };
}

/** Whether a message is the post of that nonce. Discord need not keep nonces, so each post also ends its footer with its own. */
function hasNonce(message: APIMessage, nonce: string): boolean {
  return message.nonce === nonce || message.embeds.some((embed) => embed.footer?.text.endsWith(` ${nonce}`) ?? false);
}

/** Counts the requests that Discord refused: it bans an address for ten minutes after 10,000 of them in ten minutes. */
interface InvalidRequestLimit {
  /** Counts one refused request: 401, 403, 404 or 429. */
  count(): void;
  /** How long to send nothing; 0 while the count is below the limit. */
  waitMs(): number;
}

/** Counts in fixed windows of ten minutes, which start with the first request after the last window. */
function createInvalidRequestLimit(now: Clock, limit = MAX_INVALID_REQUESTS): InvalidRequestLimit {
  let startMs = Number.NEGATIVE_INFINITY;
  let counted = 0;
  const openWindow = (): number => {
    const nowMs = now();
    if (nowMs - startMs >= INVALID_WINDOW_MS) {
      startMs = nowMs;
      counted = 0;
    }
    return nowMs;
  };
  return {
    count() {
      openWindow();
      counted++;
    },
    waitMs() {
      const nowMs = openWindow();
      return counted < limit ? 0 : startMs + INVALID_WINDOW_MS - nowMs;
    },
  };
}
