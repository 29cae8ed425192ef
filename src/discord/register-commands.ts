import { createHash } from 'node:crypto';
import { DiscordAPIError, RateLimitError, type REST, RESTJSONErrorCodes, Routes } from 'discord.js';
import { z } from 'zod';
import type { Command } from '../commands/command.ts';
import { asCandlecastError, describeError, type Redact } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { type Clock, DAY_MS, MINUTE_MS, type Sleep } from '../core/time.ts';
import { canonicalCommands, PRIMARY_ENTRY_POINT, writableCommand } from './command-comparison.ts';

/** Where the hash of what was registered is kept; a Keyv satisfies it. */
export interface KeyValue {
  get(key: string): Promise<unknown>;
  set(key: string, value: string): Promise<unknown>;
}

/**
 * The result of one scope: `none` where there is nothing to register in it, `contested` where something else keeps registering other
 * commands and they are left as they are.
 */
export type RegistrationState = 'registered' | 'unchanged' | 'failed' | 'contested' | 'none';

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
  readonly now: Clock;
  readonly sleep: Sleep;
  readonly signal: AbortSignal;
}

/** Keeps the commands registered. */
export interface CommandRegistrar {
  /** The result of the first attempt; never rejects. */
  readonly first: Promise<RegistrationOutcome>;
  /** Why commands are not as they should be, in a sentence; null when they are, or nothing is known yet. */
  problem(): string | null;
}

/** How often Discord is asked which commands it has. */
const CHECK_MS = 30 * MINUTE_MS;
/** Waits after failed attempts. */
const RETRY_MS = [MINUTE_MS / 2, MINUTE_MS, 2 * MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, CHECK_MS] as const;
/** Times a day that commands are put back after something else has overwritten them; two programs would otherwise do so in turn for ever. */
const MAX_PUT_BACKS = 3;

/** What Discord says that it has; only the fields that matter here are looked at. */
const registered = z.array(z.looseObject({ name: z.string().max(100), type: z.number().int().optional() })).max(300);
type Registered = z.infer<typeof registered>;

interface Scope {
  readonly name: string;
  readonly route: `/${string}`;
  readonly commands: readonly Command[];
}

/**
 * Compares the commands that Discord has with those of this program, at once and then every half hour, and registers all of a scope with one
 * bulk PUT where they differ; a failed attempt is repeated sooner. The command of an application's Entry Point (Activities) stays.
 */
export function keepCommandsRegistered(options: RegistrationOptions): CommandRegistrar {
  const { applicationId, devGuildId, ownerCommands, commands, logger, sleep, signal } = options;
  /** Scopes in which this process has seen its own commands, and when it put them back since. */
  const seen = new Map<string, number[]>();
  const problems = new Map<string, string>();
  let retryAfterMs = 0;

  async function register(scope: Scope): Promise<RegistrationState> {
    const facts = { scope: scope.name, commands: scope.commands.length };
    try {
      const state = await registerScope(scope, seen, options);
      if (state === 'contested') {
        if (!problems.has(scope.name)) {
          logger.error(
            facts,
            'something else keeps registering other commands for this application; they stay for today',
          );
        }
        problems.set(
          scope.name,
          `another program or version keeps registering other commands (${scope.name}); they were put back ${MAX_PUT_BACKS} times today`,
        );
      } else {
        problems.delete(scope.name);
        const words = state === 'registered' ? 'commands registered' : 'commands are as they should be';
        if (state !== 'none') logger[state === 'registered' ? 'info' : 'debug'](facts, words);
      }
      return state;
    } catch (error) {
      if (!signal.aborted) {
        const remedy = remedyFor(error);
        logger.error({ ...facts, error: describeError(error, options.redact) }, `commands not registered: ${remedy}`);
        problems.set(scope.name, `commands could not be registered (${scope.name}): ${remedy}`);
        if (error instanceof RateLimitError) retryAfterMs = Math.max(error.timeToReset, error.retryAfter);
      }
      return 'failed';
    }
  }

  async function registerAll(): Promise<RegistrationOutcome> {
    const route = Routes.applicationCommands(applicationId);
    const global = await register({ name: 'global', route, commands });
    if (devGuildId === undefined) return { global, devGuild: 'none' };
    const guildRoute = Routes.applicationGuildCommands(applicationId, devGuildId);
    return {
      global,
      devGuild: await register({ name: `guild ${devGuildId}`, route: guildRoute, commands: ownerCommands }),
    };
  }

  async function repeat(outcome: RegistrationOutcome): Promise<void> {
    let failures = 0;
    for (let last = outcome; ; last = await registerAll()) {
      failures = last.global === 'failed' || last.devGuild === 'failed' ? failures + 1 : 0;
      const waitMs = failures === 0 ? CHECK_MS : RETRY_MS[Math.min(failures, RETRY_MS.length) - 1]!;
      await sleep(Math.max(waitMs, retryAfterMs), signal);
      retryAfterMs = 0;
    }
  }

  if (devGuildId === undefined && ownerCommands.length > 0) {
    logger.info(
      { commands: ownerCommands.length },
      'owner commands are not registered: DISCORD_DEV_GUILD_ID is not set',
    );
  }
  const first = registerAll();
  // Ends with the signal alone: an attempt never rejects.
  first.then(repeat).catch(() => undefined);
  return { first, problem: () => [...problems.values()][0] ?? null };
}

/** Makes a scope as it should be; rejects with what Discord answers. */
async function registerScope(
  { name, route, commands: wanted }: Scope,
  known: Map<string, number[]>,
  { rest, applicationId, keyValue, logger, redact, now, signal }: RegistrationOptions,
): Promise<RegistrationState> {
  const read = async (): Promise<Registered> => {
    const query = new URLSearchParams({ with_localizations: 'true' });
    return registered.parse(await rest.get(route, { query, signal }));
  };
  const body = wanted.map(({ definition }) => definition);
  const own = (all: Registered) => canonicalCommands(all.filter(({ type }) => type !== PRIMARY_ENTRY_POINT));
  const ours = canonicalCommands(body);
  // The API's address is part of the hash, because a test server and Discord itself have different registrations.
  const pair = (theirs: string) => hash([rest.options.api, ours, theirs]);
  const key = `discord:commands:${applicationId}:${name}`;

  const there = await read();
  const theirs = own(there);
  if (theirs === ours) {
    if (wanted.length === 0) return 'none';
    if (!known.has(name)) known.set(name, []);
    return 'unchanged';
  }
  // Discord may keep a definition in other words than it was given; what it made of these is remembered.
  if ((await remembered(keyValue, key, logger, redact)) === pair(theirs)) {
    if (!known.has(name)) known.set(name, []);
    return 'unchanged';
  }
  const putBacks = known.get(name)?.filter((atMs) => Math.abs(now() - atMs) < DAY_MS);
  if (putBacks && putBacks.length >= MAX_PUT_BACKS) return 'contested';
  if (putBacks) logger.warn({ scope: name }, 'commands were overwritten by something else and are put back');
  // A bulk PUT without the command of the Entry Point is refused (50240).
  const kept = there.filter(({ type }) => type === PRIMARY_ENTRY_POINT).map(writableCommand);
  await rest.put(route, { body: [...body, ...kept], signal });
  known.set(name, putBacks ? [...putBacks, now()] : []);
  try {
    await keyValue.set(key, pair(own(await read())));
  } catch (error) {
    const facts = { scope: name, error: describeError(error, redact) };
    logger.warn(facts, 'registration not remembered; it may be repeated');
  }
  return 'registered';
}

function hash(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** A store that cannot be read costs one superfluous registration, no more. */
async function remembered(keyValue: KeyValue, key: string, logger: Logger, redact: Redact): Promise<unknown> {
  try {
    return await keyValue.get(key);
  } catch (error) {
    const { code } = asCandlecastError(error);
    logger.warn({ code, error: describeError(error, redact) }, 'what was registered before is not known');
    return null;
  }
}

function remedyFor(error: unknown): string {
  if (error instanceof RateLimitError) return 'Discord allows 200 new commands a day; tried again later';
  if (!(error instanceof DiscordAPIError)) return 'Discord does not answer; tried again later';
  if (error.code === RESTJSONErrorCodes.MissingAccess) {
    return 'the bot is not in that server or lacks the scope applications.commands; invite it again with both scopes';
  }
  if (error.code === RESTJSONErrorCodes.InvalidFormBodyOrContentType)
    return 'Discord refuses a definition; please report it';
  return 'Discord refuses them; tried again later';
}
