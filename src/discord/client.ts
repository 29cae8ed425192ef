import { type Client, Events, type REST } from 'discord.js';
import type { IdentifyTurns } from '../cluster/identify-turns.ts';
import type { RequestLimit } from '../cluster/request-limit.ts';
import type { SharedStarts } from '../cluster/shared-starts.ts';
import type { Command, CommandContext, ComponentHandler } from '../commands/command.ts';
import type { ClockCheck } from '../core/clock-check.ts';
import { CandlecastError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { Metrics } from '../core/metrics.ts';
import { type ShardRange, shardWords } from '../core/shards.ts';
import type { DiscordStatus } from '../core/status.ts';
import type { Sleep } from '../core/time.ts';
import type { AdmissionLimits } from './admission.ts';
import { watchAnsweredElsewhere } from './answered-elsewhere.ts';
import { type ChannelKnowledge, changedGuild, clientKnowledge } from './channels.ts';
import { checkToken, completeInteractions, createClient, logConnection } from './connection.ts';
import { createErrorFunnel, createRedactor, type ErrorReply } from './error-funnel.ts';
import { keepGuildFacts } from './guild-facts.ts';
import { identifyThrottler } from './identify-throttler.ts';
import { createInteractionRouter } from './interactions.ts';
import { keepConnected, type ShardTurn } from './keep-connected.ts';
import {
  type CommandRegistrar,
  type KeyValue,
  keepCommandsRegistered,
  type RegistrationOutcome,
} from './register-commands.ts';
import { BotRest, interactionRequests, requestOptions } from './requests.ts';
import { createLeftSessions } from './session-handover.ts';

/** What the Discord surface needs. */
export interface DiscordOptions {
  readonly token: string;
  /** Only compared with the token's own application; a difference is logged. */
  readonly applicationId?: string | undefined;
  /** Base URL of the REST API, ending in `/api`; Discord's own when absent. */
  readonly apiUrl?: string | undefined;
  /** The shards held here; all that Discord recommends when absent. */
  readonly shards?: ShardRange | undefined;
  /** Keeps other processes from holding the same shards; absent where none can. */
  readonly turn?: ShardTurn | undefined;
  readonly devGuildId?: string | undefined;
  readonly ownerIds: readonly string[];
  readonly commands: readonly Command[];
  /** Registered in the dev guild alone and refused to everybody but owners. */
  readonly ownerCommands?: readonly Command[];
  readonly components: readonly ComponentHandler[];
  readonly context: CommandContext;
  /** Learns Discord's time from its answers. */
  readonly clockCheck?: Pick<ClockCheck, 'begin'>;
  /** Grants every request with the token, and every identification of a shard; absent where nothing else uses the token. */
  readonly limit?: RequestLimit;
  readonly identify?: IdentifyTurns;
  /** Counts what a person starts in all processes; absent where this is the only one. */
  readonly starts?: SharedStarts | undefined;
  readonly keyValue: KeyValue;
  readonly logger: Logger;
  /** Where interactions and requests are counted; nowhere without it. */
  readonly metrics?: Metrics;
  readonly errorReply: ErrorReply;
  readonly sleep: Sleep;
  /** Uniform numbers in [0, 1), for the references of unexpected errors. */
  readonly random: () => number;
  /** Called when Discord ends the connection for good after the start. */
  readonly onFatal?: (error: CandlecastError) => void;
  /** Called once when Discord cannot be reached at the start and is tried again, so that everything else can begin meanwhile. */
  readonly onOutage?: (link: DiscordLink) => void;
  /** Called each time when every shard is ready, with those that are held here. */
  readonly onComplete?: (client: Client<true>, shards: ShardRange) => void;
  /** Called when the bot's possibilities in a server may have changed. */
  readonly onChange?: (guildId: string) => void;
  /** Called when a server adds the bot or removes it; an outage of a server is neither. */
  readonly onMembership?: (guildId: string, isMember: boolean) => void;
  /** Called when a server adds the bot, with the server's language as Discord has it (BCP 47). */
  readonly onJoined?: (server: { readonly id: string; readonly ownerId: string; readonly locale: string }) => void;
  /** Gives up connecting; without effect once connected. */
  readonly signal?: AbortSignal;
  readonly limits?: AdmissionLimits;
  /** Limit until the first shard is ready, after which a new attempt begins; default 60 s. */
  readonly connectTimeoutMs?: number;
  /** Default 60 s. */
  readonly commandTimeoutMs?: number;
  /** How long `stop()` waits for commands that run; default 2.5 s. */
  readonly stopTimeoutMs?: number;
}

/** What posts go through, connected or not. */
export interface DiscordLink {
  /** Requests with the bot's token, which no reconnection touches. */
  readonly rest: REST;
  readonly knowledge: ChannelKnowledge;
  /** Whether the gateway knows a server at present. */
  knowsGuild(guildId: string): boolean;
  status(): DiscordStatus;
}

/** A connected bot. */
export interface DiscordSurface extends DiscordLink {
  /** The client that is connected now, or was last. */
  readonly client: Client<true>;
  readonly applicationId: string;
  /** Settles when the commands are registered, found unchanged or refused, at once where another process registers them; never rejects. */
  readonly registration: Promise<RegistrationOutcome>;
  /** Refuses further interactions, waits for those that run, and disconnects; safe to call twice. */
  stop(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 60_000;
/** With the 1.5 s of disconnecting, less than the five seconds in which the program ends. */
const STOP_TIMEOUT_MS = 2_500;
/** For interactions that came while the gateway was being closed. */
const LATE_MS = 700;
/** How long a process that takes the shards over may take to connect. */
const HAND_OVER_MS = 5_000;

/**
 * Connects to Discord, answers interactions and registers the commands. Resolves when the first shard is ready; while Discord is down it
 * keeps trying. Throws `CC_DISCORD_TOKEN`, `CC_DISCORD_REFUSED`, and `CC_STOPPING` once the signal is aborted, with everything closed again.
 */
export async function startDiscord(options: DiscordOptions): Promise<DiscordSurface> {
  const {
    logger,
    sleep,
    devGuildId,
    errorReply,
    random,
    ownerCommands = [],
    onFatal,
    apiUrl,
    limit,
    identify,
  } = options;
  const token = options.token.trim().replace(/^Bot\s+/i, '');
  checkToken(token, apiUrl === undefined);
  const redact = createRedactor(token);

  const ending = new AbortController();
  const { signal } = ending;
  const end = (error = new CandlecastError('CC_STOPPING', 'The bot is being stopped.')) => ending.abort(error);

  const { clockCheck, metrics } = options;
  const requests = requestOptions({ apiUrl, token, onTokenRefused: end, logger, clockCheck, metrics, limit });
  const rest = new BotRest(requests, options.context.now, limit).setToken(token);
  const funnel = createErrorFunnel({ errorReply, logger, random, redact });
  const elsewhere = watchAnsweredElsewhere(options.context.now, logger);
  const router = createInteractionRouter({
    ...options,
    ownerCommands,
    funnel,
    redact,
    claim: options.turn?.claim,
    onAnsweredElsewhere: elsewhere.note,
  });

  // Where a turn says who answers, a process that ends may leave its sessions to the next.
  const left =
    options.turn &&
    createLeftSessions({
      token,
      rest,
      keyValue: options.keyValue,
      key: `gateway-sessions, ${options.shards ? shardWords(options.shards) : 'all'}`,
      now: options.context.now,
      sleep,
      logger,
      redact,
    });

  function makeClient(): Client {
    const client = createClient(interactionRequests(requests), options.context.now, {
      shards: options.shards,
      limit,
      throttler: identify && identifyThrottler({ turns: identify, sleep, logger }),
      strategy: left?.buildStrategy,
    });
    left?.follow(client);
    logConnection(client, logger, redact, signal);
    completeInteractions(client);
    client.on(Events.InteractionCreate, (interaction) => {
      if (left?.isNew(interaction.id) !== false) void router.handle(interaction);
    });
    client.on(Events.GuildCreate, ({ id, ownerId, preferredLocale: locale }) => {
      options.onMembership?.(id, true);
      options.onJoined?.({ id, ownerId, locale });
    });
    client.on(Events.GuildDelete, ({ id }) => options.onMembership?.(id, false));
    client.on(Events.Raw, (packet: { readonly t?: unknown; readonly d?: unknown }) => {
      const guildId = changedGuild(packet);
      if (guildId !== null) options.onChange?.(guildId);
    });
    // After the listeners above, which see the events whole.
    keepGuildFacts(client);
    return client;
  }

  const connection = keepConnected({
    makeClient,
    token,
    shards: options.shards,
    turn: options.turn,
    logger,
    redact,
    sleep,
    random,
    firstShardTimeoutMs: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    onOutage: () => options.onOutage?.({ rest, knowledge, knowsGuild, status }),
    onComplete(client) {
      logger.info({ guilds: client.guilds.cache.size, shards: client.ws.shards.size }, 'every shard is connected');
      options.onComplete?.(client, heldShards(client));
    },
    signal,
  });
  void left?.takeUp();
  const knowledge = clientKnowledge(connection.client);
  const knowsGuild = (guildId: string) => connection.client()?.guilds.cache.get(guildId)?.available ?? false;
  let registrar: CommandRegistrar | null = null;
  const status = (): DiscordStatus => {
    const { shards, gateway, problem } = connection.state();
    const problems = [problem, registrar?.problem() ?? null, elsewhere.problem()];
    return { shards, gateway, problems: problems.filter((one) => one !== null) };
  };
  const giveUp = () => end();
  options.signal?.addEventListener('abort', giveUp);
  if (options.signal?.aborted) end();
  let client = await connection.first.finally(() => options.signal?.removeEventListener('abort', giveUp));
  const applicationId = client.application.id;
  connection.ended.catch((error: CandlecastError) => {
    if (error.code === 'CC_STOPPING') return;
    logger.error({ code: error.code, ...error.context, remedy: error.remedy }, error.message);
    onFatal?.(error);
  });
  logger.info({ applicationId, shards: client.ws.shards.size }, 'connected to Discord');
  if (options.applicationId !== undefined && options.applicationId !== applicationId) {
    const facts = { configured: options.applicationId, applicationId };
    logger.warn(facts, 'DISCORD_APPLICATION_ID is not the application of DISCORD_TOKEN; the token decides');
  }
  const { commands, keyValue } = options;
  const { now } = options.context;
  const parts = { rest, applicationId, commands, ownerCommands, devGuildId, keyValue };
  // One process registers them, whatever the number of shards and processes.
  if (client.ws.shards.has(0)) registrar = keepCommandsRegistered({ ...parts, logger, redact, now, sleep, signal });

  const shutDown = async (): Promise<void> => {
    // While a successor connects, this process goes on answering; then it leaves new interactions to that one.
    const handedOver = (await options.turn?.handOver(HAND_OVER_MS)) ?? false;
    if (!handedOver) left?.leave();
    const drained = await router.drain(options.stopTimeoutMs ?? STOP_TIMEOUT_MS, { handedOver });
    if (!drained) logger.warn({}, 'commands were still running when the bot was stopped');
    end();
    await Promise.all([connection.closed, left?.end()]);
    await left?.write();
    // What came in until then.
    await router.drain(LATE_MS, { handedOver });
    logger.info({}, 'disconnected from Discord');
  };
  let stopped: Promise<void> | undefined;
  return {
    get client() {
      client = connection.client() ?? client;
      return client;
    },
    rest,
    knowledge,
    knowsGuild,
    status,
    applicationId,
    registration: registrar?.first ?? Promise.resolve({ global: 'none', devGuild: 'none' }),
    stop() {
      stopped ??= shutDown();
      return stopped;
    },
  };
}

/** The shards that a connected client holds. */
function heldShards({ ws, options: { shardCount } }: Client<true>): ShardRange {
  const ids = [...ws.shards.keys()];
  return { first: Math.min(...ids), last: Math.max(...ids), count: shardCount ?? ids.length };
}
