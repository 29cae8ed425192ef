import type { Clock } from '../core/time.ts';
import type { RedisLink } from './redis.ts';

/** An even rate: requests `spacingMs` apart, and after a delay as many as `burst` sooner, to catch up. */
export interface Rate {
  readonly spacingMs: number;
  readonly burst: number;
}

/** Counts requests by the generic cell rate algorithm: one number, the moment from which the next request is on time. */
export interface RateCell {
  /** Grants one request now and returns 0, or returns the ms after which it can be asked again. */
  attempt(): number;
}

/**
 * Makes a cell of this process. No request is granted ahead of its time, so that what waits is asked again: then a process that stands still
 * holds no grants that it would use at once later.
 */
export function createRateCell({ spacingMs, burst }: Rate, monotonic: Clock): RateCell {
  let onTimeMs = Number.NEGATIVE_INFINITY;
  return {
    attempt() {
      const nowMs = monotonic();
      const startMs = Math.max(onTimeMs, nowMs);
      const waitMs = startMs - burst * spacingMs - nowMs;
      if (waitMs > 0) return waitMs;
      onTimeMs = startMs + spacingMs;
      return 0;
    },
  };
}

/**
 * The same in Redis, in microseconds of its clock, for all processes that ask. Where that clock was set back, the moment lies further ahead than
 * any grant leaves it, and counts as the latest that one could; where it was set forward, or the key is lost, one burst more is granted. While a pause lasts, nothing is.
 */
const CELL = `
local pause = redis.call('PTTL', KEYS[2])
if pause > 0 then return pause * 1000 end
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local spacing = tonumber(ARGV[1])
local tolerance = spacing * tonumber(ARGV[2])
local onTime = tonumber(redis.call('GET', KEYS[1]) or 0)
if onTime > now + tolerance + spacing then onTime = now + tolerance end
local start = math.max(onTime, now)
local wait = start - tolerance - now
if wait > 0 then return wait end
redis.call('SET', KEYS[1], string.format('%.0f', start + spacing), 'PX', 60000)
return 0
`;

/** Asks the cell of that key as {@link RateCell.attempt} does; `undefined` where Redis does not answer. */
export async function askSharedCell(
  redis: RedisLink,
  keys: { readonly cell: string; readonly pause: string },
  { spacingMs, burst }: Rate,
): Promise<number | undefined> {
  const microseconds = await redis.ask((client) =>
    client.eval(CELL, 2, keys.cell, keys.pause, Math.round(spacingMs * 1_000), burst),
  );
  return typeof microseconds === 'number' ? microseconds / 1_000 : undefined;
}
