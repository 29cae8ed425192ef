import { type Client, type CloseEvent, Events, Status } from 'discord.js';
import { asCandlecastError, type CandlecastError, describeError, type Redact } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { ShardRange } from '../core/shards.ts';
import type { GatewayState } from '../core/status.ts';
import type { Sleep } from '../core/time.ts';
import { closeError, connectError, disconnect, unreachable } from './connection.ts';

/** Keeps other processes from answering for the same shards. */
export interface ShardTurn {
  /** Resolves once this process answers for the shards; the signal is aborted where another process has taken them. Rejects with the signal's reason. */
  take(signal: AbortSignal): Promise<AbortSignal>;
  /** Why this process waits; null when it does not. */
  waitsFor(): string | null;
  /** Whether an interaction is to be answered here, or by another process that is sent it as well; `unknown` where nobody says. Never rejects. */
  claim(interactionId: string): Promise<'here' | 'elsewhere' | 'unknown'>;
  /** Lets another process that is connected answer; true once it does, so that this one may leave. */
  handOver(limitMs: number): Promise<boolean>;
}

/** What keeps the bot connected. */
export interface ConnectionOptions {
  /** Makes a client with all its listeners; a client that has been destroyed cannot connect again. */
  readonly makeClient: () => Client;
  readonly token: string;
  /** The shards that its clients hold; as many as Discord says where absent. */
  readonly shards?: ShardRange | undefined;
  /** Asked at each connection, which does not wait for it; absent where no other process can hold the same shards. */
  readonly turn?: ShardTurn | undefined;
  readonly logger: Logger;
  readonly redact: Redact;
  readonly sleep: Sleep;
  /** Uniform numbers in [0, 1). */
  readonly random: () => number;
  /** Limit until the first shard is ready. */
  readonly firstShardTimeoutMs: number;
  /** Called at the first attempt that fails and is repeated. */
  readonly onOutage: () => void;
  /** Called when every shard of a client is ready. */
  readonly onComplete: (client: Client<true>) => void;
  /** Ends the connection and all attempts; its reason is the error that they end with. */
  readonly signal: AbortSignal;
}

/** How the connection is. */
export interface ConnectionState {
  /** Shards that are ready, and all of them; both 0 before Discord has said how many there are. */
  readonly shards: { readonly ready: number; readonly total: number };
  readonly gateway: GatewayState;
  /** Why there is no connection; null when there is one. */
  readonly problem: string | null;
}

/** A connection that is made anew for as long as the bot runs. */
export interface KeptConnection {
  /** Resolves when the first shard of the first client is ready; rejects with what ends the bot. */
  readonly first: Promise<Client<true>>;
  /** Rejects with what ends the bot; never resolves. */
  readonly ended: Promise<never>;
  /** Resolves when everything is closed, after the end. */
  readonly closed: Promise<void>;
  /** The client whose first shard is ready; null while there is none. */
  client(): Client<true> | null;
  state(): ConnectionState;
}

/**
 * Waits between attempts, with a quarter more or less by chance. Discord allows 1,000 sessions a day, and an attempt that fails late takes one
 * for each shard.
 */
const WAITS_MS = [2_000, 3_000, 5_000, 5_000, 10_000, 20_000, 40_000, 60_000, 120_000] as const;

/**
 * Connects, and connects anew whenever Discord was down, asked for other shards, or lost a client for good: only a refused token and the close
 * codes 4004, 4013 and 4014 end it. Every shard answers as soon as it is ready.
 */
export function keepConnected(options: ConnectionOptions): KeptConnection {
  const { logger, redact, sleep, random, signal, onOutage, token } = options;
  let current: Client<true> | null = null;
  let latest: Client | null = null;
  let problem: string | null = 'connecting';
  let outageTold = false;
  const first = deferred<Client<true>>();
  const ended = deferred<never>();

  /** Holds one client until it is lost; returns why, and whether a shard of it was ready. */
  async function holdOne(): Promise<{ readonly error: CandlecastError; readonly wasReady: boolean }> {
    const client = options.makeClient();
    latest = client;
    const lost = deferred<never>();
    client.on(Events.ShardDisconnect, ({ code }: CloseEvent) => lost.reject(closeError(code, options.shards)));
    const stop = () => lost.reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    // Connected before its turn, a process can answer at once when that comes.
    options.turn?.take(signal).then((taken) => {
      const onTaken = () => lost.reject(unreachable('Another process has taken the shards.'));
      taken.addEventListener('abort', onTaken, { once: true });
    }, lost.reject);
    try {
      const login = client.login(token);
      login.catch(lost.reject);
      const ready = await firstShard(client, lost.promise, options);
      current = ready;
      problem = null;
      first.resolve(ready);
      whenComplete(ready, options.onComplete);
      return await lost.promise;
    } catch (failure) {
      return { error: connectError(failure), wasReady: current !== null };
    } finally {
      current = null;
      signal.removeEventListener('abort', stop);
      await disconnect(client, sleep);
    }
  }

  async function run(): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      const { error, wasReady } = await holdOne();
      if (signal.aborted) throw signal.reason;
      if (!error.retryable) throw error;
      if (wasReady) attempt = 0;
      problem = error.message;
      const waitMs = WAITS_MS[Math.min(attempt, WAITS_MS.length - 1)]! * (0.75 + random() / 2);
      const facts = { code: error.code, waitMs, cause: describeError(error.cause ?? error, redact) };
      logger.warn(facts, `not connected to Discord, trying again: ${error.message}`);
      if (!outageTold) onOutage();
      outageTold = true;
      await sleep(waitMs, signal);
    }
  }

  const closed = run().catch((error: unknown) => {
    const reason = asCandlecastError(error);
    problem = reason.message;
    first.reject(reason);
    ended.reject(reason);
  });

  return {
    first: first.promise,
    ended: ended.promise,
    closed,
    client: () => current,
    state() {
      const shards = [...(latest?.ws.shards.values() ?? [])].map(({ id, status }) => ({
        id,
        up: current !== null && status === Status.Ready,
      }));
      const ready = shards.filter(({ up }) => up).length;
      const gateway = { shards, guilds: latest?.guilds.cache.size ?? 0 };
      return { shards: { ready, total: shards.length }, gateway, problem: options.turn?.waitsFor() ?? problem };
    },
  };
}

/**
 * Waits for the first shard that is ready, and lets discord.js hand over its interactions; throws what `lost` rejects with, and
 * `CC_DISCORD_UNREACHABLE` after the limit.
 */
async function firstShard(client: Client, lost: Promise<never>, options: ConnectionOptions): Promise<Client<true>> {
  const settled = new AbortController();
  const { firstShardTimeoutMs: limitMs, sleep } = options;
  const late = sleep(limitMs, settled.signal).then(() => {
    throw unreachable(`Discord did not complete the connection within ${Math.round(limitMs / 1_000)} seconds.`);
  });
  const ready = new Promise<Client<true>>((resolve) => {
    client.once(Events.ClientReady, resolve);
    client.once(Events.ShardReady, () => {
      if (client.ws.shards.every(({ status }) => status === Status.Ready)) return;
      // discord.js queues every interaction until all shards are ready, which takes five seconds a shard, while Discord waits three
      // seconds for an answer. This is the method that it calls then; a version without it is waited for.
      const manager = client.ws as unknown as { triggerClientReady?: () => void };
      manager.triggerClientReady?.();
    });
  });
  try {
    return await Promise.race([ready, lost, late]);
  } finally {
    settled.abort();
  }
}

/** Calls `done` once, when every shard is ready. */
function whenComplete(client: Client<true>, done: (client: Client<true>) => void): void {
  const check = (): void => {
    if (client.ws.shards.some(({ status }) => status !== Status.Ready)) return;
    client.off(Events.ShardReady, check);
    done(client);
  };
  client.on(Events.ShardReady, check);
  check();
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
}

/** A promise with its functions outside of it; a rejection that nobody waits for is no error. */
function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => undefined;
  let reject: (reason: unknown) => void = () => undefined;
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}
