import type { Clock, Sleep } from '../core/time.ts';
import type { PublishingTurn, TurnLeases } from './publishing-turn.ts';
import { askSharedCell, createRateCell, type Rate } from './rate-cell.ts';
import { KEY_PREFIX, type RedisLink } from './redis.ts';

/** `channel`: posts and everything else about the messages of channels. `other`: the rest of what counts towards Discord's limit. */
export type RequestKind = 'channel' | 'other';

/** Keeps the requests with the bot's token below Discord's limit of 50 a second, over all processes. */
export interface RequestLimit {
  /** Resolves when one request may be made, which has to follow at once; in order for each kind. Rejects with the signal's reason. */
  take(kind: RequestKind, signal?: AbortSignal): Promise<void>;
  /** Grants nothing for a while, because Discord has asked the bot as a whole to wait. */
  pause(ms: number): void;
}

/** What a limit is made of. */
export interface RequestLimitOptions {
  readonly redis: RedisLink | null;
  readonly leases: TurnLeases;
  readonly turn: PublishingTurn;
  /** Different for every bot, so that two may share a Redis. */
  readonly bot: string;
  /** Different for every process. */
  readonly owner: string;
  readonly monotonic: Clock;
  readonly sleep: Sleep;
}

/** Forty a second, and one sooner after a delay: 41 in any second. */
export const CHANNEL_RATE: Rate = { spacingMs: 25, burst: 1 };
/** Four a second of all processes that see Redis, and three of all that do not: with the channels 48 in any second. */
const OTHER_RATE: Rate = { spacingMs: 250, burst: 0 };
const OTHER_BY_DATABASE_MS = 334;
/** Of a process that sees neither Redis nor the database. */
const ALONE_RATE: Rate = { spacingMs: 2_000, burst: 0 };
const DATABASE_LIMIT_MS = 1_000;
const DATABASE_AWAY_MS = 5_000;
const POLL_MS = 100;
const MAX_PAUSE_MS = 60_000;
/** Questions to Redis under way at once: a process that stood still then has no more grants than these. */
const AT_ONCE = 2;
const MAX_LATE_MS = 50;
const ANSWERS_COMPARED = 16;

/**
 * Makes the limit. With Redis, all processes count in its cells. Without, channels belong to the process that has the turn, and other requests are
 * spaced by leases in the database; a process that has to write to a channel without the turn does so as `other`.
 */
export function createRequestLimit(options: RequestLimitOptions): RequestLimit {
  const { redis, leases, turn, bot, owner, monotonic, sleep } = options;
  const key = (name: string) => `${KEY_PREFIX}requests:${bot}:${name}`;
  const channelsAlone = createRateCell(CHANNEL_RATE, monotonic);
  const othersAlone = createRateCell(ALONE_RATE, monotonic);
  let pausedUntilMs = Number.NEGATIVE_INFINITY;
  let databaseAwayUntilMs = Number.NEGATIVE_INFINITY;
  let leasesTaken = 0;

  const isLate = createLateness();
  async function askShared(name: RequestKind, rate: Rate): Promise<number | undefined> {
    if (!redis) return undefined;
    const askedMs = monotonic();
    const waitMs = await askSharedCell(redis, { cell: key(name), pause: key('pause') }, rate);
    const late = waitMs !== undefined && isLate(monotonic() - askedMs);
    return waitMs === 0 && late ? 1 : waitMs;
  }

  async function channelAttempt(): Promise<number> {
    const mode = await turn.mode();
    if (mode === 'together') {
      const waitMs = await askShared('channel', CHANNEL_RATE);
      if (waitMs !== undefined) return waitMs;
    }
    return mode === 'alone' ? channelsAlone.attempt() : otherAttempt();
  }

  async function otherAttempt(): Promise<number> {
    const waitMs = await askShared('other', OTHER_RATE);
    if (waitMs !== undefined) return waitMs;
    if (monotonic() < databaseAwayUntilMs) return othersAlone.attempt();
    // Another owner each time, because a lease can be extended by its own.
    const lease = leases.takeFor('requests', `${owner}, request ${++leasesTaken}`, OTHER_BY_DATABASE_MS);
    const answered = new AbortController();
    const silent = sleep(DATABASE_LIMIT_MS, answered.signal).then(
      () => null,
      () => null,
    );
    const taken = await Promise.race([lease.catch(() => null), silent]);
    answered.abort();
    if (taken !== null) return taken ? 0 : POLL_MS;
    databaseAwayUntilMs = monotonic() + DATABASE_AWAY_MS;
    return othersAlone.attempt();
  }

  const paused = (attempt: () => Promise<number>) => async () => {
    const pauseMs = pausedUntilMs - monotonic();
    return pauseMs > 0 ? pauseMs : attempt();
  };
  const queues: Readonly<Record<RequestKind, (signal?: AbortSignal) => Promise<void>>> = {
    channel: createQueue(paused(channelAttempt), sleep),
    other: createQueue(paused(otherAttempt), sleep),
  };
  return {
    take: (kind, signal) => queues[kind](signal),
    pause(ms) {
      const pauseMs = Math.min(Math.ceil(ms), MAX_PAUSE_MS);
      if (!(pauseMs > 0)) return;
      pausedUntilMs = Math.max(pausedUntilMs, monotonic() + pauseMs);
      void redis?.ask((client) => client.set(key('pause'), '1', 'PX', pauseMs));
    },
  };
}

/**
 * Makes a function that says whether an answer took much longer than the fastest of the last ones: its grant would be used together with later
 * ones, and is given up. Answers that are slow all the time shift all grants alike.
 */
function createLateness(): (tookMs: number) => boolean {
  const last: number[] = [];
  return (tookMs) => {
    last.push(tookMs);
    if (last.length > ANSWERS_COMPARED) last.shift();
    return tookMs - Math.min(...last) > MAX_LATE_MS;
  };
}

/** Makes a function whose callers wait in order until `attempt` grants one after another; it is only asked while somebody waits. */
function createQueue(attempt: () => Promise<number>, sleep: Sleep): (signal?: AbortSignal) => Promise<void> {
  const waiting: (() => void)[] = [];
  let asking = 0;
  /** Attempts under way. One for each that waits at most: another's grant would be of no use to anybody, and missing elsewhere. */
  let attempts = 0;

  async function ask(): Promise<void> {
    asking++;
    try {
      while (waiting.length > attempts) {
        attempts++;
        const waitMs = await attempt().finally(() => {
          attempts--;
        });
        if (waitMs === 0) {
          waiting.shift()?.();
          if (asking < AT_ONCE) void ask();
        } else {
          // Who waits for the same moment would ask in vain.
          if (asking > 1) return;
          await sleep(Math.ceil(waitMs));
        }
      }
    } finally {
      asking--;
    }
  }

  return async (signal) => {
    signal?.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const begin = () => {
        signal?.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = () => {
        waiting.splice(waiting.indexOf(begin), 1);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', giveUp, { once: true });
      waiting.push(begin);
      if (asking < AT_ONCE) void ask();
    });
  };
}
