import { z } from 'zod';
import { DAY_MS, MINUTE_MS } from '../../core/time.ts';
import { monitorSource } from '../health.ts';
import { createHttpClient, type ProviderOptions } from '../http.ts';
import { checkRows, type OddRowSink } from '../odd-rows.ts';
import type { FearGreedSource } from '../source.ts';

const NAME = 'fear-greed';
/** Forty years of days. */
const MAX_DAYS = 15_000;
/** A span longer than this is asked for as the whole history, which is one answer too. */
const MAX_TAIL_DAYS = 60;
const RATE_LIMITS = [{ requests: 30, perMs: MINUTE_MS, burst: 5 }];

const whole = z.union([z.string().regex(/^\d{1,12}$/), z.int().nonnegative()]).transform(Number);
const row = z.object({ value: whole.pipe(z.number().max(100)), timestamp: whole });
const answer = z.object({ data: z.array(z.unknown()).max(MAX_DAYS) });
const time = z.object({ timestamp: whole }).transform(({ timestamp }) => timestamp * 1000);
const timeOf = (raw: unknown) => time.safeParse(raw).data ?? null;

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

  async function fetchDays(fromMs: number, signal: AbortSignal, odd: OddRowSink) {
    const span = Math.ceil((now() - fromMs) / DAY_MS) + 1;
    const limit = span > MAX_TAIL_DAYS ? 0 : Math.max(1, span);
    const { data } = await http.getJson({ path: '/fng/', query: { limit }, schema: answer, signal });
    const check = checkRows(NAME, odd);
    // The provider documents times within the day too: they stand for the day.
    const days = check.parse(data, row, timeOf).map(({ value, timestamp }) => ({
      timeMs: Math.floor((timestamp * 1000) / DAY_MS) * DAY_MS,
      value,
    }));
    const byDay = new Map<number, number>();
    const contradicted = new Set<number>();
    const times = days.map(({ timeMs }) => (timeMs <= now() + MINUTE_MS ? timeMs : null));
    for (const [index, { timeMs, value }] of days.entries()) {
      const known = byDay.get(timeMs);
      if (times[index] === null) check.odd('for a day in the future', index, times);
      else if (known === undefined) byDay.set(timeMs, value);
      else if (known === value) check.leaveOut('that occurs twice');
      else {
        check.odd('that contradicts another of the same day', index, times);
        contradicted.add(timeMs);
      }
    }
    for (const timeMs of contradicted) byDay.delete(timeMs);
    check.finish(byDay.size, byDay.size > 0 ? Math.max(...byDay.keys()) : null);
    return [...byDay]
      .map(([timeMs, value]) => ({ timeMs, value }))
      .filter(({ timeMs }) => timeMs >= fromMs)
      .sort((a, b) => a.timeMs - b.timeMs);
  }

  return {
    name: NAME,
    fetchDays: (fromMs, signal) => monitored.callUnlessBlocked((odd) => fetchDays(fromMs, signal, odd)),
    health: () => monitored.health(),
  };
}
