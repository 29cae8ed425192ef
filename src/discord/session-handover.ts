import { SimpleShardingStrategy, WebSocketManager, WebSocketShardEvents } from '@discordjs/ws';
import {
  type Client,
  Events,
  GatewayDispatchEvents,
  GatewayIntentBits,
  type REST,
  type WebSocketOptions,
} from 'discord.js';
import { z } from 'zod';
import { describeError, type Redact } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { Clock, Sleep } from '../core/time.ts';
import type { KeyValue } from './register-commands.ts';

/** One session of the gateway, as a process leaves it to the next. */
const session = z.object({
  shardId: z.int().nonnegative(),
  shardCount: z.int().positive(),
  sessionId: z.string().min(1).max(200),
  resumeURL: z.url({ protocol: /^wss?$/ }).max(500),
  sequence: z.int().nonnegative(),
});
const leftSessions = z.object({ atMs: z.number(), sessions: z.array(session).max(1_000) });
type Session = z.infer<typeof session>;

/** The parts of gateway events that are read. */
const ready = z.object({ session_id: z.string(), resume_gateway_url: z.string() });

/** Discord keeps a session for a minute or two; one that it no longer knows is not resumed. */
const KEPT_MS = 120_000;
/** Any code but 1000 and 1001 leaves a session alive; this is the one that discord.js itself takes to resume. */
const LEAVE_CODE = 4_200;
/** How long an old session is listened to: until the new one has been ready for a moment. */
const LIMIT_MS = 20_000;
const OVERLAP_MS = 1_000;
/** A process that is told to end does not wait for a database that is away. */
const WRITE_LIMIT_MS = 500;

/**
 * Commands that come while one process has ended and the next has not connected yet. The process that ends leaves its sessions alive and writes
 * down where they stand. The next one identifies as always, because only that tells it of the servers, and beside that resumes the old sessions,
 * whose interactions Discord sends again.
 */
export interface LeftSessions {
  /** For the settings of a client: closes its sessions so that they stay alive, once `leave` was called. */
  readonly buildStrategy: NonNullable<WebSocketOptions['buildStrategy']>;
  /** Notes where the sessions of a client stand, and gives it what the old ones bring. */
  follow(client: Client): void;
  /** Whether an interaction is seen for the first time: old and new sessions may both bring it. */
  isNew(interactionId: string): boolean;
  /** Reads what the last process has left and resumes that. Never rejects. */
  takeUp(): Promise<void>;
  /** From now on sessions are closed so that they stay alive. */
  leave(): void;
  /** Writes down where they stand, after they were closed. Never rejects. */
  write(): Promise<void>;
  /** Stops to listen to the old ones. */
  end(): Promise<void>;
}

/** What it is made of. */
export interface LeftSessionsParts {
  readonly token: string;
  readonly rest: REST;
  /** Where it is written down, under a key that only processes with the same shards use. */
  readonly keyValue: KeyValue;
  readonly key: string;
  readonly now: Clock;
  readonly sleep: Sleep;
  readonly logger: Logger;
  readonly redact: Redact;
}

/** Makes it for one process. */
export function createLeftSessions(parts: LeftSessionsParts): LeftSessions {
  const { token, rest, keyValue, key, now, sleep, logger, redact } = parts;
  const own = new Map<number, Session>();
  let leaving = false;
  /** The manager of the client that is connected now, and what waits for the client to be ready. */
  let manager: WebSocketManager | null = null;
  let isReady = false;
  /** Whether the event that the client is given now is one of an old session, whose numbers are not those of its own. */
  let isBringing = false;
  const waiting: (() => void)[] = [];
  let noteReady = (): void => undefined;
  const clientReady = new Promise<void>((resolve) => {
    noteReady = resolve;
  });
  let listening: (() => Promise<void>) | null = null;
  /** Interactions that came while old sessions may bring them again. */
  const seen = new Set<string>();
  let isOver = false;

  /** Gives the client an event as if its own connection had brought it. */
  function bring(data: object, shardId: number): void {
    const emit = () => {
      isBringing = true;
      manager?.emit(WebSocketShardEvents.Dispatch, { data: data as never, shardId });
      isBringing = false;
    };
    if (isReady) emit();
    else waiting.push(emit);
  }

  async function listen(sessions: readonly Session[]): Promise<void> {
    const known = new Map(sessions.map((one) => [one.shardId, one]));
    const old = new WebSocketManager({
      token,
      rest,
      intents: GatewayIntentBits.Guilds,
      shardIds: [...known.keys()],
      shardCount: sessions[0]!.shardCount,
      retrieveSessionInfo: (shardId) => known.get(shardId) ?? null,
      updateSessionInfo: () => undefined,
      // What Discord no longer knows is over: the client has a session of its own.
      buildIdentifyThrottler: () => ({
        waitForIdentify: (_, signal) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(new Error('An old session is not begun anew.')));
            void close();
          }),
      }),
    });
    let brought = 0;
    old.on(WebSocketShardEvents.Error, ({ error, shardId }) => {
      logger.debug({ shardId, error: describeError(error, redact) }, 'an old session could not be resumed');
    });
    old.on(WebSocketShardEvents.Dispatch, ({ data, shardId }) => {
      if (data.t !== GatewayDispatchEvents.InteractionCreate) return;
      brought++;
      bring(data, shardId);
    });
    let isClosed = false;
    async function close(): Promise<void> {
      isClosed = true;
      await Promise.resolve(old.destroy({ code: 1_000 })).catch(() => undefined);
    }
    // While it asks for the gateway's address it cannot be closed yet.
    old.on(WebSocketShardEvents.Resumed, () => {
      if (isClosed) void close();
    });
    listening = async () => {
      listening = null;
      await close();
      isOver = true;
      if (brought > 0) logger.info({ interactions: brought }, 'commands of the time without a process were taken up');
    };
    void sleep(LIMIT_MS).then(() => listening?.());
    await Promise.all([old.connect(), clientReady]);
    await sleep(OVERLAP_MS);
    await listening?.();
  }

  return {
    buildStrategy(given) {
      manager = given;
      isReady = false;
      return new LeavingStrategy(given, () => leaving);
    },

    follow(client) {
      client.on(Events.Raw, (packet: { readonly t?: unknown; readonly s?: unknown; readonly d?: unknown }, shardId) => {
        if (isBringing) return;
        const known = own.get(shardId);
        if (packet.t === GatewayDispatchEvents.Ready) {
          const { data } = ready.safeParse(packet.d);
          if (!data) return;
          const { session_id: sessionId, resume_gateway_url: resumeURL } = data;
          const shardCount = client.options.shardCount ?? 1;
          own.set(shardId, { shardId, shardCount, sessionId, resumeURL, sequence: Number(packet.s) || 0 });
        } else if (known && typeof packet.s === 'number' && packet.s > known.sequence) known.sequence = packet.s;
      });
      client.once(Events.ClientReady, () => {
        isReady = true;
        for (const emit of waiting.splice(0)) emit();
        noteReady();
      });
    },

    isNew(interactionId) {
      if (seen.has(interactionId)) return false;
      if (!isOver) seen.add(interactionId);
      return true;
    },

    async takeUp() {
      try {
        const text = await keyValue.get(key);
        // One process alone takes them up, once.
        if (typeof text === 'string' && text !== '') await keyValue.set(key, '');
        const { data } = leftSessions.safeParse(JSON.parse(String(text || null)));
        if (data && data.sessions.length > 0 && Math.abs(now() - data.atMs) <= KEPT_MS) await listen(data.sessions);
        else isOver = true;
      } catch (error) {
        logger.debug({ error: describeError(error, redact) }, 'no old session could be taken up');
        await listening?.();
        isOver = true;
      }
    },

    leave() {
      leaving = true;
    },

    async write() {
      if (!leaving || own.size === 0) return;
      try {
        const written = keyValue.set(key, JSON.stringify({ atMs: now(), sessions: [...own.values()] }));
        await Promise.race([written, sleep(WRITE_LIMIT_MS)]);
      } catch (error) {
        logger.debug({ error: describeError(error, redact) }, 'the sessions could not be left to the next process');
      }
    },

    end: async () => listening?.(),
  };
}

/** The strategy of discord.js, which closes connections so that Discord keeps their sessions where these are left to the next process. */
class LeavingStrategy extends SimpleShardingStrategy {
  readonly #leaves: () => boolean;

  constructor(manager: WebSocketManager, leaves: () => boolean) {
    super(manager);
    this.#leaves = leaves;
  }

  override destroy(options?: Parameters<SimpleShardingStrategy['destroy']>[0]): Promise<void> {
    return super.destroy(this.#leaves() ? { ...options, code: LEAVE_CODE } : options);
  }
}
