import { createHash } from 'node:crypto';
import { KEY_PREFIX, type RedisLink } from './redis.ts';

/** Counts what people start in all processes: somebody in servers of two shards has no second limit. */
export interface SharedStarts {
  /** Counts a start of a person, and returns 0, or the ms until the next is allowed. Never rejects, and takes 20 ms at most. */
  start(userId: string, limit: StartLimit): Promise<number>;
}

/** How many starts are allowed within how long. */
export interface StartLimit {
  readonly startsPerWindow: number;
  readonly windowMs: number;
}

/** An answer may wait for this at most; the limit of this process counts in any case. */
const BUDGET_MS = 20;

/** Starts within a sliding window, by the clock of Redis; one that is refused does not count. Those that a clock ahead has dated are forgotten. */
const START = `
local time = redis.call('TIME')
local now = math.floor(time[1] * 1000 + time[2] / 1000)
local window = tonumber(ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '(' .. string.format('%.0f', now), '+inf')
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then
  local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
  return math.max(1, oldest[2] + window - now)
end
redis.call('ZADD', KEYS[1], now, time[1] .. '.' .. time[2])
redis.call('PEXPIRE', KEYS[1], window)
return 0
`;

/** Makes the counter over Redis; keys hold no ids of people. */
export function createSharedStarts(redis: RedisLink, bot: string): SharedStarts {
  return {
    async start(userId, limit) {
      const person = createHash('sha256').update(`${bot} ${userId}`).digest('base64url').slice(0, 22);
      const key = `${KEY_PREFIX}starts:${bot}:${person}`;
      const asked = redis.ask((client) => client.eval(START, 1, key, limit.windowMs, limit.startsPerWindow));
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<0>((resolve) => {
        timer = setTimeout(resolve, BUDGET_MS, 0);
      });
      const answer = await Promise.race([asked, late]);
      clearTimeout(timer);
      return typeof answer === 'number' ? answer : 0;
    },
  };
}
