import { type REST, Routes } from 'discord.js';
import { z } from 'zod';
import type { RequestLimit } from '../cluster/request-limit.ts';
import type { ClockCheck } from '../core/clock-check.ts';
import { asCandlecastError, type CandlecastError, describeError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { Metrics } from '../core/metrics.ts';
import type { Clock, Sleep } from '../core/time.ts';
import { checkToken, connectError } from './connection.ts';
import { createRedactor } from './error-funnel.ts';
import { BotRest, requestOptions } from './requests.ts';

/** What a process needs that posts without a gateway. */
export interface RestLinkOptions {
  readonly token: string;
  /** Base URL of the REST API, ending in `/api`; Discord's own when absent. */
  readonly apiUrl?: string | undefined;
  /** Learns Discord's time from its answers. */
  readonly clockCheck?: Pick<ClockCheck, 'begin'>;
  /** Counts the requests; nobody does without it. */
  readonly metrics?: Metrics;
  /** Grants every request; absent where nothing else uses the token. */
  readonly limit?: RequestLimit;
  readonly logger: Logger;
  readonly now: Clock;
  readonly sleep: Sleep;
  /** Called once where Discord refuses the token. */
  readonly onFatal: (error: CandlecastError) => void;
}

/** Requests with the bot's token, without a gateway. */
export interface RestLink {
  readonly rest: REST;
  /** The bot's own user id; null until Discord has said it. */
  selfId(): string | null;
  /** Why Discord cannot be used; null when it can, or nothing is known yet. */
  problem(): string | null;
  stop(): void;
}

const user = z.object({ id: z.string().regex(/^\d{1,20}$/) });
/** Waits between questions that were not answered. */
const WAITS_MS = [2_000, 5_000, 10_000, 30_000, 60_000] as const;

/**
 * Makes the requests of a process without a gateway, and asks Discord in the background whose token it is until it answers. Throws
 * `CC_DISCORD_TOKEN` for a token that cannot be one.
 */
export function openRestLink(options: RestLinkOptions): RestLink {
  const { apiUrl, logger, sleep, now, onFatal, limit, clockCheck, metrics } = options;
  const token = options.token.trim().replace(/^Bot\s+/i, '');
  checkToken(token, apiUrl === undefined);
  const redact = createRedactor(token);
  const ending = new AbortController();
  const { signal } = ending;
  let selfId: string | null = null;
  let problem: string | null = null;
  const onTokenRefused = (error: CandlecastError) => {
    ending.abort(error);
    problem = error.message;
    onFatal(error);
  };
  const requests = requestOptions({ apiUrl, token, onTokenRefused, logger, clockCheck, metrics, limit });
  const rest = new BotRest(requests, now, limit).setToken(token);

  async function askForSelf(): Promise<void> {
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        selfId = user.parse(await rest.get(Routes.user(), { signal })).id;
        problem = null;
        return;
      } catch (error) {
        if (signal.aborted) return;
        const { message } = error instanceof z.ZodError ? asCandlecastError(error) : connectError(error);
        problem = message;
        const waitMs = WAITS_MS[Math.min(attempt, WAITS_MS.length - 1)]!;
        logger.warn({ waitMs, cause: describeError(error, redact) }, `Discord is asked again: ${message}`);
        await sleep(waitMs, signal).catch(() => undefined);
      }
    }
  }
  void askForSelf();

  return { rest, selfId: () => selfId, problem: () => problem, stop: () => ending.abort() };
}
