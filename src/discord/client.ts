import { type Client, Events } from 'discord.js';
import type { Command, CommandContext, ComponentHandler } from '../commands/command.ts';
import type { CandlecastError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { Sleep } from '../core/time.ts';
import type { AdmissionLimits } from './admission.ts';
import {
  checkToken,
  completeInteractions,
  connect,
  createClient,
  disconnect,
  fatalClose,
  logConnection,
} from './connection.ts';
import { createErrorFunnel, createRedactor, type ErrorReply } from './error-funnel.ts';
import { createInteractionRouter } from './interactions.ts';
import { type KeyValue, type RegistrationOutcome, registerCommands } from './register-commands.ts';

/** What the Discord surface needs. */
export interface DiscordOptions {
  readonly token: string;
  /** Only compared with the token's own application; a difference is logged. */
  readonly applicationId?: string | undefined;
  /** Base URL of the REST API, ending in `/api`; Discord's own when absent. */
  readonly apiUrl?: string | undefined;
  readonly devGuildId?: string | undefined;
  readonly ownerIds: readonly string[];
  readonly commands: readonly Command[];
  /** Registered in the dev guild alone and refused to everybody but owners. */
  readonly ownerCommands?: readonly Command[];
  readonly components: readonly ComponentHandler[];
  readonly context: CommandContext;
  readonly keyValue: KeyValue;
  readonly logger: Logger;
  readonly errorReply: ErrorReply;
  readonly sleep: Sleep;
  /** Uniform numbers in [0, 1), for the references of unexpected errors. */
  readonly random: () => number;
  /** Called when Discord ends the connection for good after the start. */
  readonly onFatal?: (error: CandlecastError) => void;
  readonly limits?: AdmissionLimits;
  /** Default 60 s. */
  readonly connectTimeoutMs?: number;
  /** Default 60 s. */
  readonly commandTimeoutMs?: number;
  /** How long `stop()` waits for commands that run; default 2.5 s. */
  readonly stopTimeoutMs?: number;
}

/** A connected bot. */
export interface DiscordSurface {
  readonly client: Client<true>;
  readonly applicationId: string;
  /** Settles when the commands are registered, found unchanged or refused; never rejects. */
  readonly registration: Promise<RegistrationOutcome>;
  /** Refuses further interactions, waits for those that run, and disconnects; safe to call twice. */
  stop(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 60_000;
/** With the 1.5 s of disconnecting, less than the five seconds in which the program ends. */
const STOP_TIMEOUT_MS = 2_500;

/**
 * Connects to Discord, answers interactions and registers the commands. Throws `CC_DISCORD_TOKEN`,
 * `CC_DISCORD_UNREACHABLE` or `CC_DISCORD_REFUSED`, with everything closed again.
 */
export async function startDiscord(options: DiscordOptions): Promise<DiscordSurface> {
  const { logger, sleep, devGuildId, errorReply, random, ownerCommands = [] } = options;
  const token = options.token.trim().replace(/^Bot\s+/i, '');
  checkToken(token, options.apiUrl === undefined);
  const redact = createRedactor(token);

  const stopping = new AbortController();
  const { signal } = stopping;

  const unready = createClient(options.apiUrl);
  logConnection(unready, logger, redact, signal);
  completeInteractions(unready);
  const funnel = createErrorFunnel({ errorReply, logger, random, redact });
  const router = createInteractionRouter({ ...options, ownerCommands, funnel, redact });
  unready.on(Events.InteractionCreate, (interaction) => void router.handle(interaction));
  const client = await connect(unready, token, options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS, sleep);
  client.on(Events.ShardDisconnect, ({ code }) => {
    const error = fatalClose(code);
    if (!error) return;
    logger.error({ code: error.code, closeCode: code, remedy: error.remedy }, error.message);
    options.onFatal?.(error);
  });

  const { rest } = client;
  const applicationId = client.application.id;
  logger.info(
    { applicationId, guilds: client.guilds.cache.size, shards: client.ws.shards.size },
    'connected to Discord',
  );
  if (options.applicationId !== undefined && options.applicationId !== applicationId) {
    const facts = { configured: options.applicationId, applicationId };
    logger.warn(facts, 'DISCORD_APPLICATION_ID is not the application of DISCORD_TOKEN; the token decides');
  }
  const { commands, keyValue } = options;
  const registering = { rest, applicationId, commands, ownerCommands, devGuildId, keyValue, logger, redact, signal };
  const registration = registerCommands(registering);

  const shutDown = async (): Promise<void> => {
    const drained = await router.drain(options.stopTimeoutMs ?? STOP_TIMEOUT_MS);
    if (!drained) logger.warn({}, 'commands were still running when the bot was stopped');
    stopping.abort();
    await disconnect(client, sleep);
    logger.info({}, 'disconnected from Discord');
  };
  let stopped: Promise<void> | undefined;
  return {
    client,
    applicationId,
    registration,
    stop() {
      stopped ??= shutDown();
      return stopped;
    },
  };
}
