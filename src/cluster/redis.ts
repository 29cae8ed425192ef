import { Redis } from 'ioredis';
import type { Logger } from '../core/logger.ts';
import type { Clock } from '../core/time.ts';

/** What a connection to Redis needs. */
export interface RedisOptions {
  /** `redis://…` or `rediss://…`. */
  readonly url: string;
  /** For the length of an outage in the log. */
  readonly now: Clock;
  readonly logger: Logger;
}

/** Redis or Valkey, which may go away at any moment: nothing here rejects or throws, and everything else goes on without it. */
export interface RedisLink {
  /** Whether it answered and took a write when it was last asked. */
  isUp(): boolean;
  /** Runs commands; resolves with `undefined` during an outage, at once, and where the commands fail or take longer than a second. */
  ask<T>(commands: (redis: Redis) => Promise<T>): Promise<T | undefined>;
  /**
   * Passes on what is published to a channel from the time on when the connection stands, and again after each outage; what was published
   * meanwhile is lost.
   */
  listen(channel: string, listener: (message: string) => void): void;
  /** Calls the listener at the beginning and at the end of each outage. */
  onChange(listener: (isUp: boolean) => void): void;
  close(): void;
}

/** What all keys and channels begin with. */
export const KEY_PREFIX = 'candlecast:';

const ANSWER_LIMIT_MS = 1_000;
/** How often a connection without traffic is tried: a cut cable says nothing. */
const HEARTBEAT_MS = 2_000;
const FIRST_WAIT_MS = 100;
const MAX_WAIT_MS = 3_000;
/** A connection that is given up is not kept half open for long. */
const HALF_OPEN_MS = 200;
/** Shows that Redis runs scripts and takes writes: one that is full or has become a replica answers to PING all the same. */
const HEARTBEAT = "return redis.call('SET', KEYS[1], '1', 'PX', 60000)";

/** Connects, and connects again after every outage, with growing waits up to three seconds; logs the beginning and the end of each. */
export function openRedis({ url, now, logger }: RedisOptions): RedisLink {
  const password = URL.canParse(url) ? new URL(url).password : '';
  const strike = (text: string) =>
    [password, safeDecode(password)].reduce(
      (said, secret) => (secret ? said.replaceAll(secret, '[secret]') : said),
      text,
    );
  const connect = () =>
    new Redis(url, {
      connectTimeout: ANSWER_LIMIT_MS,
      commandTimeout: ANSWER_LIMIT_MS,
      disconnectTimeout: HALF_OPEN_MS,
      // A command that waits for the end of an outage would do its work at a time when nobody expects it.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      retryStrategy: (times) => Math.min(FIRST_WAIT_MS * 2 ** (times - 1), MAX_WAIT_MS),
      protocol: 2,
      disableClientInfo: true,
    });

  const changes: ((isUp: boolean) => void)[] = [];
  let up = false;
  let outageSinceMs: number | null = null;
  /** Counts connections, so that a late failure of one says nothing about the next. */
  let connection = 0;

  function noteUp(): void {
    if (up) return;
    up = true;
    const facts = outageSinceMs === null ? {} : { outageMs: now() - outageSinceMs };
    logger.info(facts, outageSinceMs === null ? 'connected to Redis' : 'Redis answers again');
    outageSinceMs = null;
    for (const listener of changes) listener(true);
  }

  /** Only the message of an error is logged: the command with it may hold the password. */
  function noteDown(error: unknown): void {
    const problem = strike(error instanceof Error ? error.message || error.name : 'unknown').slice(0, 200);
    if (outageSinceMs === null && !closed) {
      outageSinceMs = now();
      logger.warn({ problem }, 'Redis is not there; going on without it until it answers again');
    }
    if (!up) return;
    up = false;
    for (const listener of changes) listener(false);
  }

  let closed = false;
  const client = connect();

  async function run<T>(commands: (redis: Redis) => Promise<T>): Promise<T | undefined> {
    const began = connection;
    try {
      return await commands(client);
    } catch (error) {
      if (began !== connection || closed) return undefined;
      noteDown(error);
      if (isSilence(error)) {
        connection++;
        client.disconnect(true);
      }
      return undefined;
    }
  }

  const heartbeat = async (): Promise<void> => {
    if (client.status !== 'ready') return;
    const answer = await run((redis) => redis.eval(HEARTBEAT, 1, `${KEY_PREFIX}heartbeat`));
    if (answer !== undefined && !closed) noteUp();
  };
  client.on('ready', () => {
    connection++;
    void heartbeat();
  });
  client.on('error', noteDown);
  client.on('close', () => noteDown(new Error('the connection was closed')));
  const timer = setInterval(() => void heartbeat(), HEARTBEAT_MS).unref();

  const listeners = new Map<string, (message: string) => void>();
  let subscriber: Redis | null = null;

  /** A connection of its own, because one that listens takes no other commands. */
  function openSubscriber(): Redis {
    const made = connect();
    // The outage is that of the other connection, which reports it.
    made.on('error', () => undefined);
    made.on('ready', () => {
      for (const channel of listeners.keys()) made.subscribe(channel).catch(() => made.disconnect(true));
    });
    made.on('message', (channel: string, message: string) => listeners.get(channel)?.(message));
    return made;
  }
  const subscriberTimer = setInterval(() => {
    if (subscriber?.status === 'ready') subscriber.ping().catch(() => subscriber?.disconnect(true));
  }, HEARTBEAT_MS).unref();

  return {
    isUp: () => up,
    ask: async (commands) => (up ? run(commands) : undefined),
    listen(channel, listener) {
      listeners.set(channel, listener);
      subscriber ??= openSubscriber();
      // A connection that is not ready subscribes when it is.
      if (subscriber.status === 'ready') subscriber.subscribe(channel).catch(() => subscriber?.disconnect(true));
    },
    onChange: (listener) => void changes.push(listener),
    close() {
      closed = true;
      up = false;
      clearInterval(timer);
      clearInterval(subscriberTimer);
      client.disconnect();
      subscriber?.disconnect();
    },
  };
}

/** Whether Redis did not answer at all, rather than with an error. */
function isSilence(error: unknown): boolean {
  return error instanceof Error && /timed out/i.test(error.message);
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
