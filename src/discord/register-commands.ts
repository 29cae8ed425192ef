import { createHash } from 'node:crypto';
import { DiscordAPIError, RateLimitError, type REST, RESTJSONErrorCodes, Routes } from 'discord.js';
import type { Command } from '../commands/command.ts';
import { asCandlecastError, describeError, type Redact } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';

/** Where the hash of what was registered is kept; a Keyv satisfies it. */
export interface KeyValue {
  get(key: string): Promise<unknown>;
  set(key: string, value: string): Promise<unknown>;
}

/** The result of one scope: `none` where there is nothing to register in it. */
export type RegistrationState = 'registered' | 'unchanged' | 'failed' | 'none';

/** The result of a registration. */
export interface RegistrationOutcome {
  readonly global: RegistrationState;
  readonly devGuild: RegistrationState;
}

/** What a registration needs. */
export interface RegistrationOptions {
  readonly rest: REST;
  readonly applicationId: string;
  readonly commands: readonly Command[];
  /** Registered in the dev guild alone. */
  readonly ownerCommands: readonly Command[];
  readonly devGuildId?: string | undefined;
  readonly keyValue: KeyValue;
  readonly logger: Logger;
  readonly redact: Redact;
  readonly signal: AbortSignal;
}

/**
 * Registers all commands with one bulk PUT a scope, and none where the store says that Discord already has exactly these.
 * Never rejects: the bot works with an old registration, so a failure is logged and the next start tries again.
 */
export async function registerCommands(options: RegistrationOptions): Promise<RegistrationOutcome> {
  const { applicationId, devGuildId, ownerCommands, logger } = options;
  const global = await registerScope(options, 'global', Routes.applicationCommands(applicationId), options.commands);
  if (devGuildId === undefined) {
    if (ownerCommands.length > 0) {
      logger.info(
        { commands: ownerCommands.length },
        'owner commands are not registered: DISCORD_DEV_GUILD_ID is not set',
      );
    }
    return { global, devGuild: 'none' };
  }
  const route = Routes.applicationGuildCommands(applicationId, devGuildId);
  return { global, devGuild: await registerScope(options, `guild ${devGuildId}`, route, ownerCommands) };
}

async function registerScope(
  { rest, applicationId, keyValue, logger, redact, signal }: RegistrationOptions,
  scope: string,
  route: `/${string}`,
  commands: readonly Command[],
): Promise<RegistrationState> {
  const body = commands.map((command) => command.definition);
  // The API's address is part of the hash, because a test server and Discord itself have different registrations.
  const hash = createHash('sha256')
    .update(JSON.stringify([rest.options.api, body]))
    .digest('hex');
  const key = `discord:commands:${applicationId}:${scope}`;
  const facts = { scope, commands: body.length };
  const stored = await readHash(keyValue, key, logger, redact);
  if (stored === hash) {
    logger.info(facts, 'commands unchanged since they were registered');
    return 'unchanged';
  }
  if (stored === undefined && body.length === 0) return 'none';
  try {
    await rest.put(route, { body, signal });
  } catch (error) {
    if (!signal.aborted) {
      logger.error({ ...facts, error: describeError(error, redact) }, `commands not registered: ${remedyFor(error)}`);
    }
    return 'failed';
  }
  logger.info(facts, 'commands registered');
  try {
    await keyValue.set(key, hash);
  } catch (error) {
    logger.warn(
      { ...facts, error: describeError(error, redact) },
      'registration not remembered; it is repeated at the next start',
    );
  }
  return 'registered';
}

/** A store that cannot be read costs one superfluous registration, no more. */
async function readHash(keyValue: KeyValue, key: string, logger: Logger, redact: Redact): Promise<unknown> {
  try {
    return await keyValue.get(key);
  } catch (error) {
    const { code } = asCandlecastError(error);
    logger.warn({ code, error: describeError(error, redact) }, 'what was registered before is not known');
    return null;
  }
}

function remedyFor(error: unknown): string {
  if (error instanceof RateLimitError) return 'Discord allows 200 new commands a day; tried again at the next start';
  if (!(error instanceof DiscordAPIError)) return 'Discord does not answer; tried again at the next start';
  if (error.code === RESTJSONErrorCodes.MissingAccess) {
    return 'the bot is not in that server or lacks the scope applications.commands; invite it again with both scopes';
  }
  if (error.code === RESTJSONErrorCodes.InvalidFormBodyOrContentType)
    return 'Discord refuses a definition; please report it';
  return 'Discord refuses them; tried again at the next start';
}
