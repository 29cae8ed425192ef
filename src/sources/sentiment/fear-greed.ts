import { z } from 'zod';
import { DAY_MS, MINUTE_MS } from '../../core/time.ts';
import { monitorSource } from '../health.ts';
import { createHttpClient, type ProviderOptions } from '../http.ts';
import type { FearGreedSource } from '../source.ts';
import { SourceError } from '../source-error.ts';

const NAME = 'fear-greed';
/** Forty years of days. */
const MAX_DAYS = 15_000;
/** A span longer than this is asked for as the whole history, which is one answer too. */
const MAX_TAIL_DAYS = 60;
const RATE_LIMITS = [{ requests: 30, perMs: MINUTE_MS, burst: 5 }];

const whole = z.union([z.string().regex(/^\d{1,12}$/), z.int().nonnegative()]).transform(Number);
const answer = z.object({ data: z.array(z.object({ value: whole, timestamp: whole })).max(MAX_DAYS) });

/** The Fear & Greed index of alternative.me, one value a day. */
export function createFearGreedSource(options: ProviderOptions): FearGreedSource {
  const { now } = options;
  const http = createHttpClient({
    rateLimits: RATE_LIMITS,

    timeoutMs: 10_000,
    ...options,
    source: NAME,
  });
  const monitored = monitorSource({ name: NAME }, now, {}, 'index');
  const bad = (what: string) => new SourceError(NAME, 'CC_SOURCE_BAD_DATA', `sent ${what}.`);

  async function fetchDays(fromMs: number, signal: AbortSignal) {
    const days = Math.ceil((now() - fromMs) / DAY_MS) + 1;
    const limit = days > MAX_TAIL_DAYS ? 0 : Math.max(1, days);
    const { data } = await http.getJson({ path: '/fng/', query: { limit }, schema: answer, signal });
    const byDay = new Map<number, number>();
    for (const { value, timestamp } of data) {
      const timeMs = timestamp * 1000;
      if (value > 100) throw bad('a value above 100');
      if (timeMs % DAY_MS !== 0) throw bad('a value for a time that is not the start of a day');
      if (timeMs > now() + MINUTE_MS) throw bad('a value for a day in the future');
      if (byDay.has(timeMs)) throw bad('the same day twice');
      byDay.set(timeMs, value);
    }
    return [...byDay]
      .map(([timeMs, value]) => ({ timeMs, value }))
      .filter(({ timeMs }) => timeMs >= fromMs)
      .sort((a, b) => a.timeMs - b.timeMs);
  }

  return {
    name: NAME,
    fetchDays: (fromMs, signal) => monitored.callUnlessBlocked(() => fetchDays(fromMs, signal)),
    health: () => monitored.health(),
  };
}
