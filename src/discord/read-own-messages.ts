import { type REST, Routes, SnowflakeUtil } from 'discord.js';
import { z } from 'zod';
import { POST_CHANNELS } from '../commands/subscriptions/subscription-options.ts';
import { mapLimited } from '../core/concurrency.ts';
import { CandlecastError } from '../core/errors.ts';
import { translatorFor } from '../language/translator.ts';
import type { OwnMessage } from '../services/record/message-reader.ts';
import { outcomeOf } from './post-outcome.ts';

const snowflake = z.string().regex(/^\d{1,20}$/);
/** The part of any message that is read: what people write is left alone. */
const anyMessage = z.object({ id: snowflake, author: z.object({ id: snowflake }) });
/** A page of anybody's messages; one that is odd is passed over rather than the page. */
const page = z.array(z.looseObject({ id: snowflake })).max(100);
/** The part of a message of the bot's own that is read. */
const ownMessage = z.object({
  id: snowflake,
  edited_timestamp: z.iso.datetime({ offset: true }).nullish(),
  content: z.string().max(4_000).default(''),
  embeds: z
    .array(
      z.object({
        title: z.string().max(300).nullish(),
        description: z.string().max(5_000).nullish(),
        footer: z.object({ text: z.string().max(2_048) }).nullish(),
      }),
    )
    .max(10)
    .default([]),
  interaction: z.unknown().optional(),
  interaction_metadata: z.unknown().optional(),
});
const self = z.object({ id: snowflake });
const guilds = z.array(z.object({ id: snowflake })).max(200);
const channel = z.object({
  id: snowflake,
  type: z.int(),
  name: z.string().max(200).nullish(),
});
const channels = z.array(channel).max(2_000);
const threads = z.object({ threads: channels });

/** A channel whose messages were read. */
export interface ReadChannel {
  readonly id: string;
  readonly guildId: string | null;
  readonly name: string | null;
  /** Messages of anybody that were looked through. */
  readonly messages: number;
  /** Up to where it was read back; null where it was to its first message, or to the time asked for. */
  readonly stoppedAtMs: number | null;
  /** Why it could not be read, or not on; null where it could. */
  readonly problem: string | null;
}

/** What {@link readOwnMessages} is asked for. */
export interface ReadRequest {
  readonly rest: REST;
  /** Channels that are read besides those of the bot's servers, such as ones that it has posted in. */
  readonly known: readonly { readonly channelId: string; readonly guildId: string | null }[];
  /** Only messages since then; null for all. */
  readonly sinceMs: number | null;
  /** Messages of anybody that are looked through in one channel, at most. */
  readonly perChannel: number;
  readonly signal: AbortSignal;
  onChannel?(channel: ReadChannel, done: number, all: number): void;
}

const PAGE = 100;
/** Channels read at once; discord.js keeps to Discord's limits for each. */
const AT_ONCE = 4;
/** Servers that are looked at, at most. */
const MAX_GUILDS = 20_000;
const WITH_MESSAGES: ReadonlySet<number> = new Set(POST_CHANNELS);

interface Place {
  readonly id: string;
  readonly guildId: string | null;
  readonly name: string | null;
}

/** One message of the bot's own; null where it is somebody else's. Throws `ZodError` where it is not what Discord documents. */
export function parseOwnMessage(
  value: unknown,
  selfId: string,
  place: Pick<OwnMessage, 'channelId' | 'guildId'>,
): OwnMessage | null {
  const any = anyMessage.safeParse(value);
  if (!any.success || any.data.author.id !== selfId) return null;
  const own = ownMessage.parse(value);
  const { id, edited_timestamp: edited, content, embeds, interaction, interaction_metadata: metadata } = own;
  return {
    id,
    ...place,
    sentMs: SnowflakeUtil.timestampFrom(id),
    editedMs: edited ? Date.parse(edited) : null,
    isReply: interaction != null || metadata != null,
    footers: embeds.flatMap(({ footer }) => footer?.text ?? []),
    text: [content, ...embeds.flatMap(({ title, description }) => [title ?? '', description ?? ''])].join('\n'),
  };
}

/**
 * Reads what the bot has written in every channel that it can see, from the newest message back. The channels are those that Discord names, so that
 * nothing depends on what the database says; one that cannot be read is told apart. Throws `CC_DISCORD_TOKEN`, `CC_DISCORD_UNREACHABLE`
 * and the signal's reason.
 */
export async function readOwnMessages(
  request: ReadRequest,
): Promise<{ readonly messages: readonly OwnMessage[]; readonly channels: readonly ReadChannel[] }> {
  const { rest, known, sinceMs, perChannel, signal, onChannel } = request;
  const selfId = await ask('whose token it is', async () => self.parse(await rest.get(Routes.user(), { signal })).id);
  const { places, problems } = await placesOf(request);
  const named = new Set(places.map(({ id }) => id));
  for (const { channelId: id, guildId } of known) {
    if (!named.has(id)) places.push({ id, guildId, name: null });
    named.add(id);
  }
  let done = 0;

  async function readChannel(place: Place, found: OwnMessage[]): Promise<ReadChannel> {
    let before: string | null = null;
    let count = 0;
    let strange = 0;
    const end = (stoppedAtMs: number | null, problem: string | null): ReadChannel => ({
      ...place,
      messages: count,
      stoppedAtMs,
      problem: problem ?? (strange > 0 ? `${strange} messages of mine are not what Discord documents` : null),
    });
    const reached = () => (before === null ? null : SnowflakeUtil.timestampFrom(before));
    for (;;) {
      const query = new URLSearchParams({ limit: String(PAGE), ...(before === null ? {} : { before }) });
      let messages: z.infer<typeof page>;
      try {
        messages = page.parse(await rest.get(Routes.channelMessages(place.id), { query, signal }));
      } catch (error) {
        signal.throwIfAborted();
        return end(reached(), readProblem(error));
      }
      count += messages.length;
      for (const message of messages) {
        try {
          const own = parseOwnMessage(message, selfId, { channelId: place.id, guildId: place.guildId });
          if (own && (sinceMs === null || own.sentMs >= sinceMs)) found.push(own);
        } catch {
          strange++;
        }
      }
      const oldest = messages.map(({ id }) => id).reduce((a, b) => (BigInt(a) < BigInt(b) ? a : b), '');
      if (messages.length < PAGE) {
        // Without the permission to read, Discord answers with an empty list rather than with an error.
        return end(null, count === 0 && place.name === null ? 'it shows me no message (Read Message History)' : null);
      }
      // A page that does not lead back would be read for ever.
      if (before !== null && BigInt(oldest) >= BigInt(before)) return end(reached(), 'Discord repeats a page');
      before = oldest;
      if (sinceMs !== null && reached()! < sinceMs) return end(null, null);
      if (count >= perChannel) return end(reached(), null);
    }
  }

  const read = await mapLimited(places, AT_ONCE, async (place) => {
    signal.throwIfAborted();
    const found: OwnMessage[] = [];
    const result = await readChannel(place, found);
    onChannel?.(result, ++done, places.length);
    return { result, found };
  });
  return {
    messages: read.flatMap(({ found }) => found),
    channels: [...problems, ...read.map(({ result }) => result)],
  };
}

/** Channels and threads of the bot's servers that may hold messages. */
async function placesOf({
  rest,
  signal,
}: ReadRequest): Promise<{ readonly places: Place[]; readonly problems: readonly ReadChannel[] }> {
  const ids = await ask('its servers', async () => {
    const found: string[] = [];
    for (let after = '0'; found.length < MAX_GUILDS; after = found.at(-1)!) {
      const query = new URLSearchParams({ limit: '200', after });
      const some = guilds.parse(await rest.get(Routes.userGuilds(), { query, signal })).map(({ id }) => id);
      found.push(...some);
      if (some.length < 200) break;
    }
    return found;
  });
  const problems: ReadChannel[] = [];
  const lists = await mapLimited(ids, AT_ONCE, async (guildId) => {
    const toPlace = ({ id, name }: z.infer<typeof channel>): Place => ({ id, guildId, name: name ?? id });
    try {
      const own = channels.parse(await rest.get(Routes.guildChannels(guildId), { signal }));
      // Threads need no list of their own where posts have named them.
      const active = await rest.get(Routes.guildActiveThreads(guildId), { signal }).then(
        (answer) => threads.safeParse(answer).data?.threads ?? [],
        () => [],
      );
      return [...own, ...active].filter(({ type }) => WITH_MESSAGES.has(type)).map(toPlace);
    } catch (error) {
      signal.throwIfAborted();
      problems.push({ id: '', guildId, name: null, messages: 0, stoppedAtMs: null, problem: readProblem(error) });
      return [];
    }
  });
  return { places: lists.flat(), problems };
}

/** What kept a channel from being read, as the end of a sentence. */
export function readProblem(error: unknown): string {
  if (error instanceof z.ZodError) return 'Discord answers with something else than it documents';
  return translatorFor('en').message(outcomeOf(error).reason);
}

/** Asks what nothing can be read without. */
async function ask<T>(what: string, question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (error) {
    if (error instanceof CandlecastError) throw error;
    if (error instanceof Error && error.name === 'AbortError') throw error;
    throw new CandlecastError('CC_DISCORD_UNREACHABLE', `Discord does not say ${what}: ${readProblem(error)}.`, {
      cause: error,
      retryable: true,
    });
  }
}
