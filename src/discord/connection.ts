import {
  Client,
  DiscordAPIError,
  DiscordjsError,
  DiscordjsErrorCodes,
  Events,
  GatewayCloseCodes,
  GatewayDispatchEvents,
  GatewayIntentBits,
  HTTPError,
  Options,
  RateLimitError,
  RESTEvents,
  type RESTOptions,
  type WebSocketOptions,
} from 'discord.js';
import type { RequestLimit } from '../cluster/request-limit.ts';
import { CandlecastError, describeError, type Redact } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { type ShardRange, shardIds, shardWords } from '../core/shards.ts';
import type { Clock, Sleep } from '../core/time.ts';
import { keepGivenPermissions } from './channels.ts';
import { NO_MENTIONS } from './delivery.ts';
import { BotRest } from './requests.ts';

/** Three parts joined by dots: who, since when, signature. */
const TOKEN_SHAPE = /^[\w-]{8,}\.[\w-]{4,}\.[\w-]{16,}$/;

/**
 * Checks the token's form without a request to Discord; throws `CC_DISCORD_TOKEN`. The token is never part of the message. A
 * test server for Discord may issue tokens of another form, so with one only characters no header can carry are refused.
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

/**
 * What a close code means after which discord.js does not reconnect by itself. Only a refused token and refused intents are for good; without
 * a fixed range of shards, a new client asks Discord anew how many it wants.
 */
export function closeError(code: number, shards?: ShardRange): CandlecastError {
  const context = { closeCode: code };
  switch (code) {
    case GatewayCloseCodes.AuthenticationFailed:
      return new CandlecastError('CC_DISCORD_TOKEN', 'Discord does not accept the bot token.', { context });
    case GatewayCloseCodes.DisallowedIntents:
      return new CandlecastError(
        'CC_DISCORD_REFUSED',
        'Discord closed the connection: the bot asks for an intent it is not allowed to use.',
        {
          context,
          remedy:
            'Candlecast only asks for Guilds, which every bot may use: look whether Discord has limited the application.',
        },
      );
    case GatewayCloseCodes.InvalidIntents:
      return new CandlecastError(
        'CC_DISCORD_REFUSED',
        'Discord closed the connection: it does not know the intents asked for.',
        { context, remedy: 'Update Candlecast.' },
      );
    case GatewayCloseCodes.InvalidAPIVersion:
      return new CandlecastError(
        'CC_DISCORD_REFUSED',
        'Discord no longer speaks the version of its API that the bot uses.',
        { context, retryable: true, remedy: 'Update Candlecast.' },
      );
    case GatewayCloseCodes.ShardingRequired:
    case GatewayCloseCodes.InvalidShard:
      return new CandlecastError(
        'CC_DISCORD_REFUSED',
        shards
          ? `Discord does not take ${shardWords(shards)}.`
          : 'Discord wants the bot to connect with another number of shards.',
        {
          context,
          retryable: true,
          remedy: shards
            ? 'Give all shards a larger number behind the slash of SHARDS, at the same time.'
            : 'The bot asks Discord how many, and connects anew.',
        },
      );
    default:
      return unreachable(`Discord closed the connection (code ${code}).`);
  }
}

/** Turns any failure of the connection into an error with a remedy. */
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
      retryable: true,
      context: { status: error.status, code: error.code },
    });
  }
  if (error instanceof RateLimitError) {
    return unreachable(`Discord asks the bot to wait ${Math.ceil(error.retryAfter / 1_000)} seconds.`, error);
  }
  if (error instanceof HTTPError) {
    return unreachable(`Discord answers with HTTP ${error.status}.`, error);
  }
  // @discordjs/ws throws a plain Error without a code here; its text is the only mark it carries.
  if (error instanceof Error && error.message.startsWith('Not enough sessions remaining')) {
    return new CandlecastError('CC_DISCORD_REFUSED', 'The bot has connected too often today.', {
      cause: error,
      retryable: true,
      remedy:
        'Discord allows 1,000 starts a day; find out what restarts the bot. It connects as soon as Discord allows it.',
    });
  }
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : '';
  return unreachable(`Discord cannot be reached${code}.`, error);
}

/** The error for a Discord that does not answer, or not in time. */
export function unreachable(message: string, cause?: unknown): CandlecastError {
  return new CandlecastError('CC_DISCORD_UNREACHABLE', message, { cause, retryable: true });
}

/** discord.js emits no interaction until every server is known; Discord waits three seconds for an answer. */
const WAIT_FOR_GUILDS_MS = 1_000;

const DISCONNECT_LIMIT_MS = 1_500;

/** What a client shares with other processes of the same bot; nothing where it is the only one. */
interface ClientParts {
  readonly shards?: ShardRange | undefined;
  readonly limit?: RequestLimit | undefined;
  readonly throttler?: WebSocketOptions['buildIdentifyThrottler'] | undefined;
  readonly strategy?: WebSocketOptions['buildStrategy'] | undefined;
}

/**
 * A client that is not connected yet, with the one intent the bot needs, whose requests outlive a clock that is set. Without a range of shards it
 * makes as many connections as Discord recommends for the number of servers.
 */
export function createClient(
  rest: Partial<RESTOptions>,
  now: Clock,
  { shards, limit, throttler, strategy }: ClientParts = {},
): Client {
  const client = new Client({
    ws: {
      ...(throttler ? { buildIdentifyThrottler: throttler } : {}),
      ...(strategy ? { buildStrategy: strategy } : {}),
    },
    intents: [GatewayIntentBits.Guilds],
    ...(shards ? { shards: shardIds(shards), shardCount: shards.count } : { shards: 'auto' }),
    allowedMentions: NO_MENTIONS,
    waitGuildTimeout: WAIT_FOR_GUILDS_MS,
    // Commands need the interaction alone; most of what discord.js would cache is never read.
    makeCache: Options.cacheWithLimits({
      MessageManager: 0,
      ReactionManager: 0,
      PresenceManager: 0,
      VoiceStateManager: 0,
      ThreadMemberManager: 0,
      GuildMemberManager: { maxSize: 50, keepOverLimit: (member) => member.id === member.client.user.id },
      UserManager: { maxSize: 50, keepOverLimit: (user) => user.id === user.client.user.id },
    }),
    rest,
  });
  // discord.js makes one by itself, before it has sent anything.
  client.rest.clearHashSweeper();
  client.rest.clearHandlerSweeper();
  client.rest = new BotRest(client.options.rest ?? rest, now, limit);
  return client;
}

/**
 * Adds the lists that discord.js reads from interactions without checking them: where one is missing, it would throw outside of every
 * handler, and that ends the process. Also keeps data that discord.js would drop: the bot's permissions in channels among the options.
 */
export function completeInteractions(client: Client): void {
  client.on(Events.Raw, (packet: { readonly t?: unknown; readonly d?: unknown }) => {
    if (packet.t !== GatewayDispatchEvents.InteractionCreate || typeof packet.d !== 'object' || packet.d === null)
      return;
    const interaction = packet.d as Record<
      'id' | 'data' | 'member' | 'entitlements' | 'authorizing_integration_owners',
      unknown
    >;
    keepGivenPermissions(interaction);
    // discord.js would keep an object of each channel for good.
    const resolved = (interaction.data as { resolved?: { channels?: unknown } } | null | undefined)?.resolved;
    if (resolved) delete resolved.channels;
    interaction.entitlements ??= [];
    interaction.authorizing_integration_owners ??= {};
  });
}

/** Closes the connection; waits 1.5 s at most. */
export async function disconnect(client: Client, sleep: Sleep): Promise<void> {
  const done = new AbortController();
  const late = sleep(DISCONNECT_LIMIT_MS, done.signal).catch(() => undefined);
  await Promise.race([client.destroy(), late]);
  done.abort();
}

/**
 * Logs the connection's events until `stopping` is aborted. URLs are left out: those
 * of interactions hold tokens.
 */
export function logConnection(client: Client, logger: Logger, redact: Redact, stopping: AbortSignal): void {
  // Without a listener, an `error` event ends the process.
  client.on(Events.Error, (error) => logger.error({ error: describeError(error, redact) }, 'Discord client error'));
  client.on(Events.ShardError, (error, shard) => {
    logger.warn({ shard, error: describeError(error, redact) }, 'gateway connection error');
  });
  client.on(Events.Warn, (message) => logger.warn({ message: redact(message) }, 'Discord client warning'));
  client.on(Events.ShardReconnecting, (shard) => {
    if (!stopping.aborted) logger.warn({ shard }, 'gateway connection lost, reconnecting');
  });
  client.on(Events.ShardResume, (shard, replayed) => logger.info({ shard, replayed }, 'gateway connection resumed'));
  client.rest.on(RESTEvents.RateLimited, ({ method, route, timeToReset, retryAfter, global, scope }) => {
    logger.warn({ method, route, timeToReset, retryAfter, global, scope }, 'Discord asks the bot to slow down');
  });
  client.rest.on(RESTEvents.InvalidRequestWarning, ({ count, remainingTime }) => {
    logger.error({ count, remainingTime }, 'many refused requests; at 10,000 in ten minutes Discord bans the address');
  });
}
