import { z } from 'zod';
import type { Observation, ObservationMetric } from '../../core/market.ts';
import { DAY_MS, HOUR_MS } from '../../core/time.ts';
import { createHttpClient, type ProviderOptions } from '../http.ts';
import { checkRows } from '../odd-rows.ts';
import type { ObservationSource } from '../source.ts';
import { unknownMarket } from '../source-error.ts';
import { dailyObservations } from './daily-observations.ts';

const NAME = 'blockchain-info';
/** The charts are redrawn once a day, some time after midnight. */
const PUBLISHED_AFTER_MS = 12 * HOUR_MS;
const RATE_LIMITS = [{ requests: 1, perMs: 1000, burst: 3 }];

const CHARTS = [
  ['activeAddresses', 'n-unique-addresses'],
  ['transactions', 'n-transactions'],
] as const satisfies readonly (readonly [ObservationMetric, string])[];

const answer = z.object({
  status: z.literal('ok'),
  values: z.array(z.unknown()).max(20_000),
});
/** A day without a number has null. */
const dayRow = z.object({ x: z.int(), y: z.number().nullable() });

const time = z.object({ x: z.int() }).transform(({ x }) => x * 1000);
const timeOf = (row: unknown) => time.safeParse(row).data ?? null;

/** Bitcoin's daily active addresses and transactions; throws `CC_SOURCE_UNKNOWN_MARKET` for every other coin. */
export function createBlockchainInfoSource(options: ProviderOptions): ObservationSource {
  const http = createHttpClient({ rateLimits: RATE_LIMITS, ...options, source: NAME });
  return {
    name: NAME,
    metrics: CHARTS.map(([metric]) => metric),
    async fetchObservations(request) {
      const { symbol, fromMs, signal } = request;
      if (symbol !== 'BTC') throw unknownMarket(NAME, symbol);
      const nowMs = options.now();
      const days = Math.max(1, Math.ceil((nowMs - fromMs) / DAY_MS) + 1);
      const all: Observation[] = [];
      for (const [metric, chart] of CHARTS) {
        const { values } = await http.getJson({
          path: `/charts/${chart}`,
          query: { timespan: `${days}days`, format: 'json', sampled: 'false' },
          schema: answer,
          ...(signal ? { signal } : {}),
        });
        const check = checkRows(NAME, request.odd);
        const daily = check.parse(values, dayRow, timeOf).flatMap(({ x, y }) => {
          if (y !== null) return [{ timeMs: x * 1000, value: y }];
          check.leaveOut('without a value');
          return [];
        });
        const about = { source: NAME, symbol, metric, publishedAfterMs: PUBLISHED_AFTER_MS, nowMs };
        all.push(...dailyObservations(daily, about, request, check));
      }
      return all;
    },
  };
}
